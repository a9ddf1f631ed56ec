// Text to address. Strict, because access lists and X-Forwarded-For are read with it: what two programs read
// differently (`010.1.1.1`, `1.2.3`, `0x7f.1`) is no address here.

extension IPAddress {
    /// Reads `192.0.2.1`, `2001:db8::1` or `::ffff:192.0.2.1`; nil for anything else.
    ///
    /// No brackets, no zone, no spaces, no leading zeros in IPv4 octets, at most four digits in an IPv6 group.
    public init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        self.init(parsing: bytes.span)
    }

    /// Reads the same from bytes. Does not allocate. O(n), and no more than 45 bytes are looked at.
    public init?(parsing bytes: Span<UInt8>) {
        guard bytes.count >= 2, bytes.count <= IPAddress.textLengthMax else { return nil }
        for index in bytes.indices where bytes[index] == UInt8(ascii: ":") {
            self.init(parsingIPv6: bytes)
            return
        }
        guard let v4 = parseIPv4(bytes, from: 0) else { return nil }
        self.init(v4: v4)
    }

    /// The longest text form: six full groups and a dotted quad.
    public static let textLengthMax = 45

    private init?(parsingIPv6 bytes: Span<UInt8>) {
        var groups = IPv6Groups()
        var index = 0
        while index < bytes.count {
            guard groups.takeSeparator(bytes, &index) else { return nil }
            if index == bytes.count { break }
            guard groups.takeGroup(bytes, &index) else { return nil }
        }
        guard let bits = groups.bits else { return nil }
        self.init(high: UInt64(truncatingIfNeeded: bits >> 64), low: UInt64(truncatingIfNeeded: bits))
    }
}

/// Gathers the groups of an IPv6 address, remembering where `::` stood.
private struct IPv6Groups {
    private var value: UInt128 = 0
    private var count = 0
    private var gap: Int?

    /// Steps over `:` between groups or over one `::`; false where neither may stand.
    mutating func takeSeparator(_ bytes: Span<UInt8>, _ index: inout Int) -> Bool {
        let isDouble = index + 1 < bytes.count && isColon(bytes[index]) && isColon(bytes[index + 1])
        if isDouble {
            guard gap == nil else { return false }
            gap = count
            index += 2
            return true
        }
        if index == 0 { return !isColon(bytes[0]) }
        if gap == count { return !isColon(bytes[index]) }
        guard isColon(bytes[index]), index + 1 < bytes.count else { return false }
        index += 1
        return true
    }

    /// Reads one to four hex digits, or a dotted quad in the place of the last two groups.
    mutating func takeGroup(_ bytes: Span<UInt8>, _ index: inout Int) -> Bool {
        var group: UInt128 = 0
        var end = index
        while end < bytes.count, let digit = hexDigit(bytes[end]) {
            guard end - index < 4 else { return false }
            group = group << 4 | UInt128(digit)
            end += 1
        }
        if end < bytes.count, bytes[end] == UInt8(ascii: ".") {
            guard let quad = parseIPv4(bytes, from: index) else { return false }
            index = bytes.count
            return append(UInt128(quad), groups: 2)
        }
        guard end > index else { return false }
        index = end
        return append(group, groups: 1)
    }

    private mutating func append(_ bits: UInt128, groups added: Int) -> Bool {
        guard count + added <= 8 else { return false }
        value = value << UInt128(16 * added) | bits
        count += added
        return true
    }

    /// The 128 bits with the gap filled by zeros; nil unless there are eight groups, or fewer and a gap.
    var bits: UInt128? {
        guard let gap else { return count == 8 ? value : nil }
        guard count < 8 else { return nil }
        let after = UInt128(16 * (count - gap))
        let tail = value & ((UInt128(1) << after) - 1)
        let head = gap == 0 ? 0 : (value >> after) << UInt128(16 * (8 - gap))
        return head | tail
    }
}

private func isColon(_ byte: UInt8) -> Bool { byte == UInt8(ascii: ":") }

private func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}

/// Reads four decimal octets that end exactly at the end of `bytes`.
private func parseIPv4(_ bytes: Span<UInt8>, from start: Int) -> UInt32? {
    var value: UInt32 = 0
    var octet: UInt32 = 0
    var digits = 0
    var octets = 0
    for index in start..<bytes.count {
        let byte = bytes[index]
        if byte == UInt8(ascii: "."), digits > 0, octets < 3 {
            value = value << 8 | octet
            (octet, digits, octets) = (0, 0, octets + 1)
            continue
        }
        guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
        guard digits == 0 || octet > 0 else { return nil }  // A leading zero: octal to some, decimal to others.
        octet = octet * 10 + UInt32(byte - UInt8(ascii: "0"))
        digits += 1
        guard octet <= 255 else { return nil }
    }
    return octets == 3 && digits > 0 ? value << 8 | octet : nil
}
