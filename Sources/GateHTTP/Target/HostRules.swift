// A host with its port, as Host fields, absolute targets and CONNECT carry it.

public import GateCore

/// A valid `uri-host [ ":" port ]` (RFC 9110 §7.2). Ranges are indices of the value that was parsed.
public struct HostRules: Equatable, Sendable {
    /// The longest host accepted: what DNS can carry, with a trailing dot.
    public static let hostBytesMax = 254

    /// The host without its port, an IPv6 address with its brackets. Never empty.
    public var host: Range<Int>
    /// nil when there is none, or nothing behind the colon (RFC 3986 §3.2.3).
    public var port: UInt16?
    /// Whether the host is a bracketed IPv6 address.
    public var isIPv6: Bool

    /// Reads a Host value or an authority; nil when it breaks a rule (`HTTPViolation.badHost`).
    ///
    /// Names are letters, digits, `-`, `.`, `_` and `~` in labels that are not empty; one dot may trail. RFC 3986 §3.2.2
    /// would allow percent triplets and `!$&'()*+,;=` too: no name that DNS resolves has them, and what two programs
    /// may read differently (a comma joins two Hosts, `@` ends user information) has no place in a router.
    /// An empty Host, which RFC 9110 allows for targets without an authority, is refused: a proxy of `http` has none.
    public static func parse(_ value: Span<UInt8>) -> HostRules? {
        guard value.count > 0 else { return nil }
        let isIPv6 = value[0] == UInt8(ascii: "[")
        guard let end = isIPv6 ? endOfIPv6(value) : endOfName(value) else { return nil }
        var port: UInt16?
        if end < value.count {
            guard value[end] == ASCII.colon, value.count - end <= 6 else { return nil }
            if end + 1 < value.count {
                guard let number = ASCII.decimal(value.extracting((end + 1)..<value.count)) else { return nil }
                guard let exact = UInt16(exactly: number) else { return nil }
                port = exact
            }
        }
        return HostRules(host: 0..<end, port: port, isIPv6: isIPv6)
    }

    /// The index after `]`. Zones (RFC 6874) and future address versions are refused.
    private static func endOfIPv6(_ value: Span<UInt8>) -> Int? {
        let close = ASCII.index(of: UInt8(ascii: "]"), in: value, from: 0)
        guard close < value.count else { return nil }
        let inside = value.extracting(1..<close)
        guard ASCII.index(of: ASCII.colon, in: inside, from: 0) < inside.count else { return nil }
        return IPAddress(parsing: inside) == nil ? nil : close + 1
    }

    /// The index after a name of labels; nil for an empty label anywhere but at the end.
    private static func endOfName(_ value: Span<UInt8>) -> Int? {
        var labelBytes = 0
        var i = 0
        while i < value.count && isNameByte(value[i]) {
            if value[i] == UInt8(ascii: ".") {
                guard labelBytes > 0 else { return nil }
                labelBytes = 0
            } else {
                labelBytes += 1
            }
            i += 1
        }
        return i > 0 && i <= hostBytesMax ? i : nil
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        // Letters, digits, `-`, `.`, `_` and `~`: a bit for each of the 128 characters, 64 in a word.
        let word: UInt64 = byte & 0x40 == 0 ? 0x03FF_6000_0000_0000 : 0x47FF_FFFE_87FF_FFFE
        return byte < 0x80 && (word >> UInt64(byte & 0x3F)) & 1 == 1
    }

    /// Appends the host of `value` as routing compares it: in lower case, without a trailing dot, without the port.
    public func appendRoutingForm(of value: Span<UInt8>, to buffer: inout ByteBuffer) {
        let end = value[host.upperBound - 1] == UInt8(ascii: ".") ? host.upperBound - 1 : host.upperBound
        let count = end - host.lowerBound
        buffer.reserve(count)
        _ = buffer.withFreeRoom { room in
            // Safe: `count` bytes were reserved.
            for i in 0..<count { unsafe room[i] = ASCII.lowercased(value[host.lowerBound + i]) }
            return count
        }
    }
}
