// The certificate of TLS-ALPN-01: self-signed, for one name, with the hash of the key authorisation in it (RFC 8737 §3).

import Crypto
import FoundationEssentials
import SwiftASN1
import X509

extension ChallengeCertificate {
    /// id-pe-acmeIdentifier.
    private static let acmeIdentifier: ASN1ObjectIdentifier = [1, 3, 6, 1, 5, 5, 7, 1, 31]
    /// A challenge is over long before.
    private static let lifeSeconds = 86_400.0

    init(_ task: ChallengeTask, now: Date) throws {
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let name = try DistinguishedName { CommonName("ACME challenge") }
        // RFC 8737 §3: critical, and an OCTET STRING within the extension's own.
        let hash = Certificate.Extension(
            oid: Self.acmeIdentifier, critical: true, value: ([0x04, UInt8(task.digest.count)] + task.digest)[...])
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: key.publicKey,
            notValidBefore: now.addingTimeInterval(-3600), notValidAfter: now.addingTimeInterval(Self.lifeSeconds),
            issuer: name, subject: name,
            extensions: try Certificate.Extensions {
                SubjectAlternativeNames([task.identifier.generalName])
                hash
            }, issuerPrivateKey: key)
        self.init(
            serverName: task.identifier.serverName, certificatePEM: try certificate.serializeAsPEM().pemString,
            keyPEM: try key.serializeAsPEM().pemString)
    }
}
