// Messages of the DNS as bytes (RFC 1035 §4), as far as DNS-01 needs them. What comes from the network is read with bounds.

/// Kinds of records and classes, by their numbers.
enum DNSNumber {
    static let a: UInt16 = 1
    static let ns: UInt16 = 2
    static let cname: UInt16 = 5
    static let soa: UInt16 = 6
    static let txt: UInt16 = 16
    static let aaaa: UInt16 = 28
    static let tsig: UInt16 = 250
    static let internet: UInt16 = 1
    static let none: UInt16 = 254
    static let any: UInt16 = 255
}

/// Writes a message.
struct DNSWriter {
    private(set) var bytes: [UInt8] = []

    mutating func number16(_ number: UInt16) { bytes += [UInt8(number >> 8), UInt8(number & 0xFF)] }

    mutating func number32(_ number: UInt32) {
        number16(UInt16(number >> 16))
        number16(UInt16(number & 0xFFFF))
    }

    /// 48 bits, as TSIG has times (RFC 8945 §4.2).
    mutating func number48(_ number: UInt64) {
        number16(UInt16(truncatingIfNeeded: number >> 32))
        number32(UInt32(truncatingIfNeeded: number))
    }

    mutating func append(_ more: [UInt8]) { bytes += more }

    /// With its length in front.
    mutating func counted(_ more: [UInt8]) {
        precondition(more.count <= 0xFFFF)
        number16(UInt16(more.count))
        bytes += more
    }

    /// A name, uncompressed and in lower case (RFC 4034 §6.2).
    /// - Throws: `DNSFailure` for one that is none.
    mutating func name(_ name: String) throws { bytes += try Self.encoded(name) }

    static func encoded(_ name: String) throws -> [UInt8] {
        let bare = (name.hasSuffix(".") ? String(name.dropLast()) : name).lowercased()
        var bytes: [UInt8] = []
        for label in bare.split(separator: ".", omittingEmptySubsequences: false) {
            guard (1...63).contains(label.utf8.count) else { throw DNSFailure("\(name) is no name") }
            bytes.append(UInt8(label.utf8.count))
            bytes += Array(label.utf8)
        }
        guard bytes.count <= 254 else { throw DNSFailure("\(name) is too long for a name") }
        return bytes + [0]
    }
}

/// Reads a message from front to back; nil is for what does not fit.
struct DNSReader {
    private let bytes: [UInt8]
    private(set) var at = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func number16() -> UInt16? {
        guard at + 2 <= bytes.count else { return nil }
        defer { at += 2 }
        return UInt16(bytes[at]) << 8 | UInt16(bytes[at + 1])
    }

    mutating func number32() -> UInt32? {
        guard let high = number16(), let low = number16() else { return nil }
        return UInt32(high) << 16 | UInt32(low)
    }

    mutating func number48() -> UInt64? {
        guard let high = number16(), let low = number32() else { return nil }
        return UInt64(high) << 32 | UInt64(low)
    }

    mutating func take(_ count: Int) -> [UInt8]? {
        guard count >= 0, at + count <= bytes.count else { return nil }
        defer { at += count }
        return Array(bytes[at..<(at + count)])
    }

    /// In lower case. RFC 1035 §4.1.4: the rest of a name may stand earlier; each pointer leads further back than all before,
    /// so there is an end.
    mutating func name() -> String? {
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

/// What the DNS did not do, in words for operators.
struct DNSFailure: Error, CustomStringConvertible, Sendable {
    let description: String

    init(_ description: String) { self.description = description }
}
