// Address to text, RFC 5952: lower case, no leading zeros, the longest run of zero groups as `::`.

extension IPAddress: CustomStringConvertible {
    /// `192.0.2.1` or `2001:db8::1`.
    public var description: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(IPAddress.textLengthMax)
        write(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends the text form. Allocates only when `bytes` has no room left.
    public func write(to bytes: inout [UInt8]) {
        if isIPv4 { writeIPv4(to: &bytes) } else { writeIPv6(to: &bytes) }
    }

    private func writeIPv4(to bytes: inout [UInt8]) {
        for shift in stride(from: 24, through: 0, by: -8) {
            appendDecimal(UInt64(v4 >> UInt32(shift) & 0xff), to: &bytes)
            if shift > 0 { bytes.append(UInt8(ascii: ".")) }
        }
    }

    private func writeIPv6(to bytes: inout [UInt8]) {
        let gap = longestZeroRun
        var index = 0
        while index < 8 {
            if index == gap.lowerBound, !gap.isEmpty {
                bytes.append(UInt8(ascii: ":"))
                bytes.append(UInt8(ascii: ":"))
                index = gap.upperBound
                continue
            }
            if index > 0, index != gap.upperBound || gap.isEmpty { bytes.append(UInt8(ascii: ":")) }
            appendHexadecimal(group(index), to: &bytes)
            index += 1
        }
    }

    /// The 16-bit group at 0...7.
    private func group(_ index: Int) -> UInt16 {
        let half = index < 4 ? high : low
        return UInt16(truncatingIfNeeded: half >> UInt64(48 - 16 * (index & 3)))
    }

    /// The first of the longest runs of two or more zero groups; empty when there is none.
    private var longestZeroRun: Range<Int> {
        var best = 0..<0
        var start = 0
        for index in 0..<8 {
            if group(index) != 0 {
                start = index + 1
            } else if index + 1 - start > max(best.count, 1) {
                best = start..<(index + 1)
            }
        }
        return best
    }
}

private func appendHexadecimal(_ group: UInt16, to bytes: inout [UInt8]) {
    var isLeading = true
    for shift in stride(from: 12, through: 0, by: -4) {
        let digit = UInt8(group >> UInt16(shift) & 0xf)
        if digit == 0, isLeading, shift > 0 { continue }
        isLeading = false
        bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
    }
}

private func appendDecimal(_ number: UInt64, to bytes: inout [UInt8]) {
    if number >= 10 { appendDecimal(number / 10, to: &bytes) }
    bytes.append(UInt8(ascii: "0") + UInt8(number % 10))
}
