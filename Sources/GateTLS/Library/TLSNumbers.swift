// Versions and groups as people write them, and their numbers on the wire.

import CNIOBoringSSL

/// A version of TLS that Gatehouse speaks.
public enum TLSVersion: UInt16, Sendable, Comparable, CaseIterable {
    /// RFC 5246, with suites of RFC 5288, 5289 and 7905 only.
    case tls12 = 0x0303
    /// RFC 8446.
    case tls13 = 0x0304

    public static func < (a: TLSVersion, b: TLSVersion) -> Bool { a.rawValue < b.rawValue }

    /// As logs show it: `TLSv1.3`.
    public var name: StaticString { self == .tls12 ? "TLSv1.2" : "TLSv1.3" }
}

/// A group for the key exchange (RFC 8446 §4.2.7).
public enum TLSGroup: UInt16, Sendable, CaseIterable {
    /// Hybrid of ML-KEM-768 and X25519: safe against who records now and computes later.
    case x25519MLKEM768 = 0x11EC
    case x25519 = 0x001D
    case p256 = 0x0017
    case p384 = 0x0018

    /// As configurations name it.
    public var name: String {
        switch self {
        case .x25519MLKEM768: "X25519MLKEM768"
        case .x25519: "X25519"
        case .p256: "P-256"
        case .p384: "P-384"
        }
    }

    /// What is offered and accepted unless somebody says otherwise, the most wanted first.
    public static let standard: [TLSGroup] = [.x25519MLKEM768, .x25519, .p256]
}

enum TLSNumbers {
    /// Forward secrecy and authenticated encryption only (RFC 9325 §4.2). In brackets: the client's preference among equals
    /// counts, since it knows whether it has AES in hardware. TLS 1.3 has no others.
    static let cipherSuites =
        "[ECDHE-ECDSA-AES128-GCM-SHA256|ECDHE-ECDSA-CHACHA20-POLY1305|ECDHE-RSA-AES128-GCM-SHA256|"
        + "ECDHE-RSA-CHACHA20-POLY1305]:[ECDHE-ECDSA-AES256-GCM-SHA384|ECDHE-RSA-AES256-GCM-SHA384]"
}
