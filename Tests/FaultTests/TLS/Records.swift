// Records of TLS written by hand, for clients that write them wrong.

import GateTesting

/// RFC 8446 §5.1.
enum Record {
    enum Kind: UInt8 {
        case changeCipherSpec = 20
        case alert, handshake, applicationData
    }

    static let headerCount = 5

    /// A record; `count` lies about its length.
    static func make(_ kind: Kind, _ payload: [UInt8], version: UInt16 = 0x0303, count: Int? = nil) -> [UInt8] {
        make(kind.rawValue, payload, version: version, count: count)
    }

    /// A record of a kind that there may not be.
    static func make(_ kind: UInt8, _ payload: [UInt8], version: UInt16 = 0x0303, count: Int? = nil) -> [UInt8] {
        let count = count ?? payload.count
        return [kind, UInt8(version >> 8), UInt8(version & 0xFF), UInt8(count >> 8), UInt8(count & 0xFF)] + payload
    }

    /// A message of the handshake; `count` lies about its length (RFC 8446 §4).
    static func message(_ type: UInt8, _ body: [UInt8] = [], count: Int? = nil) -> [UInt8] {
        let count = count ?? body.count
        return [type, UInt8(count >> 16 & 0xFF), UInt8(count >> 8 & 0xFF), UInt8(count & 0xFF)] + body
    }

    /// One handshake record cut into records of at most `size` bytes; anything else is left as it is.
    static func fragmented(_ record: [UInt8], into size: Int) -> [UInt8] {
        guard record.first == Kind.handshake.rawValue else { return record }
        let payload = Array(record.dropFirst(headerCount))
        return stride(from: 0, to: payload.count, by: size).flatMap {
            make(.handshake, Array(payload[$0..<min($0 + size, payload.count)]), version: 0x0301)
        }
    }

    /// The description of the alert in clear text that ends `bytes`; nil when there is none (RFC 8446 §6).
    static func alert(endOf bytes: [UInt8]) -> UInt8? {
        let tail = Array(bytes.suffix(headerCount + 2))
        guard tail.count == headerCount + 2, tail[0] == Kind.alert.rawValue, tail[3] == 0, tail[4] == 2 else {
            return nil
        }
        return tail[6]
    }
}

/// What tests call the alerts (RFC 8446 §6.2).
enum Alert {
    static let unexpectedMessage: UInt8 = 10
    static let badRecordMAC: UInt8 = 20
    static let recordOverflow: UInt8 = 22
    static let handshakeFailure: UInt8 = 40
    static let illegalParameter: UInt8 = 47
    static let decodeError: UInt8 = 50
    static let protocolVersion: UInt8 = 70
}

extension RawTLSOptions {
    /// A small hello: one classic group.
    static let small = RawTLSOptions().with { $0.groups = "X25519" }
}
