import SwiftASN1
import X509

/// A certificate with its key as one text: the private key first, then the leaf, then its issuers, all in PEM.
enum CertificateBundle {
    static func text(_ certificate: ManagedCertificate) -> String { certificate.keyPEM + certificate.chainPEM }

    /// Nil for a text that is no such thing, or whose parts do not fit together.
    static func parse(_ text: String) -> ManagedCertificate? {
        guard let documents = try? PEMDocument.parseMultiple(pemString: text), documents.count >= 2 else { return nil }
        let keyPEM = documents[0].pemString + "\n"
        let text = documents.dropFirst().map { $0.pemString + "\n" }.joined()
        guard let facts = try? CertificateFacts(chainPEM: text), let chainPEM = try? facts.chainPEM(),
            let kind = facts.keyKind,
            (try? facts.fits(keyPEM: keyPEM)) == true
        else { return nil }
        return ManagedCertificate(
            names: facts.identifiers.map { "\($0)" }, chainPEM: chainPEM, keyPEM: keyPEM, notBefore: facts.notBefore,
            notAfter: facts.notAfter,
            issuer: facts.issuer, keyKind: kind)
    }
}
