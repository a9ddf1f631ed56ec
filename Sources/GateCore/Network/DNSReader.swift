// The parts of a DNS message as bytes (RFC 1035 §4). They come from the network: every length is checked.

/// Reads a message from front to back; nil is for what does not fit.
package struct DNSReader {
    private let bytes: [UInt8]
    /// How many bytes were read.
    package private(set) var at = 0

    /// Reads a whole message: names in it may point back to its beginning.
    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// 16 bits, the highest first.
    package mutating func number16() -> UInt16? {
        guard at + 2 <= bytes.count else { return nil }
        defer { at += 2 }
        return UInt16(bytes[at]) << 8 | UInt16(bytes[at + 1])
    }

    /// 32 bits, the highest first.
    package mutating func number32() -> UInt32? {
        guard let high = number16(), let low = number16() else { return nil }
        return UInt32(high) << 16 | UInt32(low)
    }

    /// 48 bits, the highest first, as TSIG has times (RFC 8945 §4.2).
    package mutating func number48() -> UInt64? {
        guard let high = number16(), let low = number32() else { return nil }
        return UInt64(high) << 32 | UInt64(low)
    }

    /// As many bytes as they are.
    package mutating func take(_ count: Int) -> [UInt8]? {
        guard count >= 0, at + count <= bytes.count else { return nil }
        defer { at += count }
        return Array(bytes[at..<(at + count)])
    }

    /// Goes on reading there, where a record ends: not behind the message's end.
    package mutating func skip(to end: Int) { at = min(max(end, at), bytes.count) }

    /// Bytes of the message.
    package var count: Int { bytes.count }

    /// A name in lower case. RFC 1035 §4.1.4: the rest of a name may stand earlier; each pointer leads further back than all before,
    /// so there is an end.
    package mutating func name() -> String? {
        var labels: [String] = []
        var length = 0
        var here = at
        var behind: Int?
        var earliest = at
        while here < bytes.count {
            let first = Int(bytes[here])
            if first & 0xC0 == 0xC0 {
                guard here + 1 < bytes.count else { return nil }
                let target = (first & 0x3F) << 8 | Int(bytes[here + 1])
                behind = behind ?? here + 2
                guard target < earliest else { return nil }
                (here, earliest) = (target, target)
                continue
            }
            guard first <= 63, here + 1 + first <= bytes.count else { return nil }
            if first == 0 {
                at = behind ?? here + 1
                return labels.joined(separator: ".")
            }
            length += first + 1
            guard length <= 254 else { return nil }
            labels.append(String(decoding: bytes[(here + 1)...(here + first)], as: UTF8.self).lowercased())
            here += first + 1
        }
        return nil
    }
}
