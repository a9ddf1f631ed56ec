// A client's certificate as fields carry it to servers, and as logs show it.

import GateCore
import GateTLS

/// A client's verified certificate.
final class ClientCertificate {
    let subject: [UInt8]
    let issuer: [UInt8]
    let serial: [UInt8]
    let fingerprint: [UInt8]
    /// The value of Client-Cert (RFC 9440 §2.2): a byte sequence of RFC 8941.
    let field: [UInt8]
    /// The value of Client-Cert-Chain (RFC 9440 §2.3); nil when the client showed no further certificates.
    let chainField: [UInt8]?

    /// - Parameter chain: DER, the client's own certificate first; nil when there is none, or none that can be read.
    init?(_ chain: [[UInt8]]) {
        guard let leaf = chain.first, let facts = CertificateFacts(der: leaf) else { return nil }
        subject = Array(facts.subject.utf8)
        issuer = Array(facts.issuer.utf8)
        serial = Array(facts.serial.utf8)
        fingerprint = Array(facts.fingerprint.utf8)
        field = Self.byteSequence(leaf)
        let rest = chain.dropFirst().map(Self.byteSequence)
        chainField = rest.isEmpty ? nil : Array(rest.joined(separator: Array(", ".utf8)))
    }

    /// RFC 8941 §3.3.5.
    private static func byteSequence(_ bytes: [UInt8]) -> [UInt8] {
        let colon = UInt8(ascii: ":")
        return [colon] + Base64.encode(bytes) + [colon]
    }
}
