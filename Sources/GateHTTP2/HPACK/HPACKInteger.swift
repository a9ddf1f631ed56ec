import GateCore

/// Integers with a prefix. RFC 7541 §5.1.
enum HPACKInteger {
    /// The largest value taken: far above every size that a block may have here.
    static let valueMax = 1 << 28

    /// Reads an integer whose first byte stands at `at` and whose prefix is the low `prefixBits` (1...8) of it.
    /// `at` is then behind it.
    @inline(__always)
    static func read(_ block: Span<UInt8>, at: inout Int, prefixBits: Int) throws(HPACKFailure) -> Int {
        let prefixMax = (1 &<< prefixBits) &- 1
        let value = Int(block[at]) & prefixMax
        at &+= 1
        if value < prefixMax { return value }
        return try readRest(block, at: &at, value)
    }

    /// Four bytes at most, of seven bits each: zeros in front of nothing would otherwise be free for the sender.
    private static func readRest(
        _ block: Span<UInt8>, at: inout Int, _ prefix: Int
    ) throws(HPACKFailure) -> Int {
        var value = prefix
        var shift = 0
        while at < block.count {
            let byte = block[at]
            at &+= 1
            value &+= Int(byte & 0x7F) &<< shift
            if byte & 0x80 == 0 {
                guard value <= valueMax else { throw .integerTooLarge }
                return value
            }
            shift &+= 7
            if shift > 21 { throw .integerTooLarge }
        }
        throw .truncated
    }

    /// Appends `value`, which is not negative, with `flags` in the bits above the prefix.
    @inline(__always)
    static func append(_ value: Int, prefixBits: Int, flags: UInt8, into out: inout ByteBuffer) {
        let prefixMax = (1 &<< prefixBits) &- 1
        if value < prefixMax {
            out.append(byte: flags | UInt8(truncatingIfNeeded: value))
        } else {
            out.append(byte: flags | UInt8(truncatingIfNeeded: prefixMax))
            appendRest(value &- prefixMax, into: &out)
        }
    }

    private static func appendRest(_ value: Int, into out: inout ByteBuffer) {
        precondition(value >= 0)
        var rest = value
        while rest >= 0x80 {
            out.append(byte: UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        out.append(byte: UInt8(truncatingIfNeeded: rest))
    }
}
