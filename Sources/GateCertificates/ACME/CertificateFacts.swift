// What a certificate in PEM says about itself.

import Crypto
import CryptoExtras
import FoundationEssentials
import SwiftASN1
import X509

/// A leaf and its issuers, read from PEM.
struct CertificateFacts: Sendable {
    /// The leaf first.
    private let chain: [Certificate]

    /// Certificates of a chain at most.
    private static let chainMax = 16

    /// - Throws: when this is no chain of certificates in PEM.
    init(chainPEM: String) throws {
        let documents = try PEMDocument.parseMultiple(pemString: chainPEM)
        guard (1...Self.chainMax).contains(documents.count) else {
            throw ACMEFailure(.unreachable, "there are \(documents.count) certificates in the chain")
        }
        chain = try documents.map { try Certificate(pemDocument: $0) }
    }

    private var leaf: Certificate { chain[0] }

    /// The chain in one form, whatever stood between the certificates before.
    func chainPEM() throws -> String { try chain.map { try $0.serializeAsPEM().pemString + "\n" }.joined() }

    var notBefore: Date { leaf.notValidBefore }
    var notAfter: Date { leaf.notValidAfter }

    /// The common name of the issuer, or all of its name where it has none.
    var issuer: String {
        for part in leaf.issuer {
            for attribute in part where attribute.type == .RDNAttributeType.commonName {
                return String(describing: attribute.value)
            }
        }
        return String(describing: leaf.issuer)
    }

    /// Names and addresses that the leaf is for; others than those are passed over.
    var identifiers: [Identifier] {
        let names = try? leaf.extensions.subjectAlternativeNames
        return names.map { $0.compactMap(Identifier.init) } ?? []
    }

    /// What kind of key the leaf has; nil for one that is never asked for.
    var keyKind: CertificateKeyKind? {
        if P256.Signing.PublicKey(leaf.publicKey) != nil { return .ecdsaP256 }
        if P384.Signing.PublicKey(leaf.publicKey) != nil { return .ecdsaP384 }
        switch _RSA.Signing.PublicKey(leaf.publicKey)?.keySizeInBits {
        case 2048: return .rsa2048
        case 3072: return .rsa3072
        case 4096: return .rsa4096
        default: return nil
        }
    }

    /// Whether this is the leaf's private key.
    func fits(keyPEM: String) throws -> Bool {
        try Certificate.PrivateKey(pemEncoded: keyPEM).publicKey == leaf.publicKey
    }

    /// The certificate's name for renewal times (RFC 9773 §4.1); nil when it lacks what that is made of.
    func renewalIdentifier() throws -> String? {
        guard let issuerKey = try leaf.extensions.authorityKeyIdentifier?.keyIdentifier else { return nil }
        // As in DER: the shortest form, with a zero in front where the first bit would be taken for a sign.
        var serial = Array(leaf.serialNumber.bytes.drop { $0 == 0 })
        if serial.first.map({ $0 & 0x80 != 0 }) ?? true { serial.insert(0, at: 0) }
        return "\(Base64URL.encode(issuerKey)).\(Base64URL.encode(serial))"
    }
}
