// Addresses written into buffers, for fields and log lines: no array, no allocation beyond the buffer's own.

extension ByteBuffer {
    /// Appends an address as RFC 5952 writes it: `192.0.2.1`, `2001:db8::1`.
    public mutating func append(address: IPAddress) {
        if address.isIPv4 { appendIPv4(address.v4) } else { appendIPv6(address) }
    }

    private mutating func appendIPv4(_ bits: UInt32) {
        reserve(16)
        _ = withFreeRoom { room in
            // Safe: four numbers of three digits and their dots are 16 bytes.
            var at = unsafe room.baseAddress!.assumingMemoryBound(to: UInt8.self)
            let start = at
            var rest = bits
            for _ in 0..<4 {
                unsafe at = Self.write(rest >> 24, to: at)
                rest <<= 8
            }
            return unsafe at - start - 1
        }
    }

    /// Writes a number of 0...255 and a dot; answers where the next may go.
    @inline(__always)
    private static func write(_ value: UInt32, to start: UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8> {
        var at = start
        if value >= 100 {
            unsafe at.pointee = 0x30 + UInt8(truncatingIfNeeded: value / 100)
            unsafe at += 1
        }
        if value >= 10 {
            unsafe at.pointee = 0x30 + UInt8(truncatingIfNeeded: value / 10 % 10)
            unsafe at += 1
        }
        unsafe at.pointee = 0x30 + UInt8(truncatingIfNeeded: value % 10)
        unsafe at[1] = 0x2E
        return unsafe at + 2
    }

    private mutating func appendIPv6(_ address: IPAddress) {
        let gap = address.longestRunOfZeroGroups
        var index = 0
        while index < 8 {
            if index == gap.lowerBound && !gap.isEmpty {
                append("::")
                index = gap.upperBound
                continue
            }
            if index > 0 && (gap.isEmpty || index != gap.upperBound) { append(byte: ASCII.colon) }
            append(hex: address.groupOf16(index))
            index += 1
        }
    }
}

extension IPAddress {
    /// The 16-bit group at 0...7.
    fileprivate func groupOf16(_ index: Int) -> Int {
        let half = index < 4 ? high : low
        return Int(half >> UInt64(48 - 16 * (index & 3)) & 0xFFFF)
    }

    /// The first of the longest runs of two or more zero groups; empty when there is none.
    fileprivate var longestRunOfZeroGroups: Range<Int> {
        var best = 0..<0
        var start = 0
        for index in 0..<8 {
            if groupOf16(index) != 0 {
                start = index + 1
            } else if index + 1 - start > max(best.count, 1) {
                best = start..<(index + 1)
            }
        }
        return best
    }
}
