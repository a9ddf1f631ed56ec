import Crypto
import FoundationEssentials
import SwiftASN1
import X509

/// A certificate that may sign others, with its key.
struct InternalIssuer: Sendable {
    let certificate: Certificate
    let key: P256.Signing.PrivateKey

    /// Its subject's common name.
    var name: String { Self.commonName(certificate.subject) }

    /// The certificate as PEM.
    var certificatePEM: String {
        get throws { try certificate.serializeAsPEM().pemString + "\n" }
    }

    // MARK: Making

    /// Makes one: below `parent`, or a root that signs itself.
    /// - Parameter below: authorities that may follow below it (RFC 5280 §4.2.1.9).
    static func make(
        _ name: String, by parent: InternalIssuer?, below: Int, from: Date, until: Date
    ) throws -> InternalIssuer {
        let key = P256.Signing.PrivateKey()
        let publicKey = Certificate.PublicKey(key.publicKey)
        let subject = try DistinguishedName {
            OrganizationName("Gatehouse")
            CommonName(name)
        }
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: publicKey, notValidBefore: from,
            notValidAfter: until, issuer: parent?.certificate.subject ?? subject, subject: subject,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: below))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                SubjectKeyIdentifier(hash: publicKey)
                AuthorityKeyIdentifier(keyIdentifier: identifier(of: parent?.key ?? key))
            }, issuerPrivateKey: Certificate.PrivateKey(parent?.key ?? key))
        return InternalIssuer(certificate: certificate, key: key)
    }

    /// A certificate for servers, with a key of its own.
    func issue(_ identifiers: [Identifier], from: Date, until: Date) throws -> (
        certificate: Certificate, keyPEM: String
    ) {
        let key = P256.Signing.PrivateKey()
        let publicKey = Certificate.PublicKey(key.publicKey)
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: publicKey, notValidBefore: from,
            notValidAfter: until, issuer: self.certificate.subject, subject: DistinguishedName(),
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.serverAuth])
                // Critical, as the subject is empty (RFC 5280 §4.2.1.6).
                Critical(SubjectAlternativeNames(identifiers.map(\.generalName)))
                SubjectKeyIdentifier(hash: publicKey)
                AuthorityKeyIdentifier(keyIdentifier: Self.identifier(of: self.key))
            }, issuerPrivateKey: Certificate.PrivateKey(self.key))
        return (certificate, key.pemRepresentation + "\n")
    }

    private static func identifier(of key: P256.Signing.PrivateKey) -> ArraySlice<UInt8> {
        SubjectKeyIdentifier(hash: Certificate.PublicKey(key.publicKey)).keyIdentifier
    }

    private static func commonName(_ name: DistinguishedName) -> String {
        for part in name {
            for attribute in part where attribute.type == .RDNAttributeType.commonName {
                return String(describing: attribute.value)
            }
        }
        return "\(name)"
    }

    // MARK: Keeping

    /// Key and certificate as one text, so that they are stored together or not at all.
    var text: String {
        get throws { key.pemRepresentation + "\n" + (try certificatePEM) }
    }

    /// Nil for a text that is no such thing, or whose parts do not fit together.
    init?(text: String) {
        guard let documents = try? PEMDocument.parseMultiple(pemString: text), documents.count == 2,
            let key = try? P256.Signing.PrivateKey(pemRepresentation: documents[0].pemString),
            let certificate = try? Certificate(pemDocument: documents[1]),
            certificate.publicKey == Certificate.PublicKey(key.publicKey)
        else { return nil }
        (self.certificate, self.key) = (certificate, key)
    }

    private init(certificate: Certificate, key: P256.Signing.PrivateKey) {
        self.certificate = certificate
        self.key = key
    }
}
