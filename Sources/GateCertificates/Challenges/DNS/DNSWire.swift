// Messages of the DNS as bytes (RFC 1035 §4), as far as DNS-01 needs them. What comes from the network is read by `DNSReader`.

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

/// What the DNS did not do, in words for operators.
struct DNSFailure: Error, CustomStringConvertible, Sendable {
    let description: String

    init(_ description: String) { self.description = description }
}
