// What a raw TLS client offers and insists upon.

/// Versions of TLS, by the number that stands in their records.
public enum RawTLSVersion: UInt16, Sendable, Comparable {
    case v10 = 0x0301
    case v11 = 0x0302
    case v12 = 0x0303
    case v13 = 0x0304

    public static func < (a: RawTLSVersion, b: RawTLSVersion) -> Bool { a.rawValue < b.rawValue }
}

/// A session to resume, as `RawTLSConnection.sessions` brought it.
public struct RawTLSSession: Sendable {
    let bytes: [UInt8]
}

/// How one end of a raw TLS connection behaves. The defaults make a client that anybody takes and that verifies nothing.
public struct RawTLSOptions: Sendable {
    /// The end that accepts. It needs `chain` and `key`.
    public var isServer = false
    /// The name in the hello (RFC 6066 §3), and what the certificate must be for when there are `roots`; nil: none.
    public var serverName: String? = "a.example"
    /// Application protocols to offer, best first (RFC 7301); none: the extension is left out.
    public var protocols = ["http/1.1"]
    public var versions = RawTLSVersion.v12...RawTLSVersion.v13
    /// Cipher suites up to TLS 1.2 in OpenSSL's names, with `:` in between; nil: BoringSSL's.
    public var suites: String?
    /// Key exchange groups, as `X25519MLKEM768:X25519:P-256`; nil: BoringSSL's.
    public var groups: String?
    /// Signature algorithms, as `ECDSA+SHA256:RSA-PSS+SHA256`; nil: BoringSSL's.
    public var signatures: String?
    /// Resumes this session if the other side agrees.
    public var session: RawTLSSession?
    /// Sends what is written before the handshake's end as early data, where `session` allows it (RFC 8446 §2.3).
    public var usesEarlyData = false
    /// The own certificate, leaf first, and its key, in PEM.
    public var chain: String?
    public var key: String?
    /// Certificates in PEM by which the other side's is verified; nil: it is not.
    public var roots: String?
    /// 48 bytes that a server seals its tickets with, so that one connection's session is known to the next; nil: its own.
    public var ticketKey: [UInt8]?
    /// Brings the bytes of TLS to the wire; for tests that cut or hold them.
    public var wire: @Sendable (RawConnection, [UInt8]) throws -> Void = { try $0.send($1) }

    public init() {}

    /// The same with `change` made to it.
    public func with(_ change: (inout RawTLSOptions) -> Void) -> RawTLSOptions {
        var copy = self
        change(&copy)
        return copy
    }
}
