// Certificates for tests, made on the spot, so that none lies in the repository and none expires there.

import Crypto
import FoundationEssentials
import GateCore
import SwiftASN1
public import X509

/// A certificate authority: a root, if asked for an intermediate below it, and what they issue.
///
/// Its own keys are ECDSA with P-256. Safe to use from any thread.
public final class TestAuthority: Sendable {
    /// The self-signed root, which clients trust.
    public let root: Certificate
    /// What signs leaves when there is one.
    public let intermediate: Certificate?
    let issuer: Issuer

    /// Who signs: a name and a key.
    struct Issuer: Sendable {
        var name: DistinguishedName
        var key: P256.Signing.PrivateKey
        var certificate: Certificate
    }

    /// Makes the root, and an intermediate if wanted.
    /// - Parameters:
    ///   - name: stands in the authority's names, so that several differ.
    ///   - validUntil: seconds from now at which the root expires. Default in ten years.
    public init(
        _ name: String = "Test", intermediate hasIntermediate: Bool = false, validUntil: Double = 3650 * 86_400
    ) throws {
        let rootName = try DistinguishedName { CommonName("\(name) Root") }
        let root = try Self.authority(rootName, from: nil, validUntil: validUntil)
        self.root = root.certificate
        guard hasIntermediate else {
            (intermediate, issuer) = (nil, root)
            return
        }
        issuer = try Self.authority(try DistinguishedName { CommonName("\(name) Intermediate") }, from: root)
        intermediate = issuer.certificate
    }

    /// The root as PEM.
    public var rootPEM: String { root.pemText }
    /// The certificate that signs leaves, as PEM.
    public var issuerPEM: String { issuer.certificate.pemText }
    /// The key that signs leaves, as PEM (PKCS #8): for an OCSP responder.
    public var issuerKeyPEM: String { issuer.key.pemRepresentation + "\n" }

    private static func authority(
        _ name: DistinguishedName, from parent: Issuer?, validUntil: Double = 3650 * 86_400
    ) throws -> Issuer {
        let key = P256.Signing.PrivateKey()
        let publicKey = Certificate.PublicKey(key.publicKey)
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: publicKey,
            notValidBefore: Date.now - 86_400, notValidAfter: Date.now + validUntil,
            issuer: parent?.name ?? name, subject: name,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(digitalSignature: true, keyCertSign: true, cRLSign: true))
                SubjectKeyIdentifier(hash: publicKey)
                AuthorityKeyIdentifier(keyIdentifier: identifier(of: parent?.key ?? key))
            }, issuerPrivateKey: Certificate.PrivateKey(parent?.key ?? key))
        return Issuer(name: name, key: key, certificate: certificate)
    }

    private static func identifier(of key: P256.Signing.PrivateKey) -> ArraySlice<UInt8> {
        SubjectKeyIdentifier(hash: Certificate.PublicKey(key.publicKey)).keyIdentifier
    }

    /// What a leaf is to be; the defaults are those of a server's valid certificate.
    public struct Leaf: Sendable {
        /// DNS names and addresses for the subject alternative names.
        public var names: [String]
        /// The subject's common name; nil: the first name.
        public var subject: String?
        /// The key.
        public var key = TestKeyKind.ecdsa
        /// Seconds from now at which it becomes valid. Default an hour ago.
        public var validFrom: Double = -3600
        /// Seconds from now at which it expires. Default in 90 days.
        public var validUntil: Double = 90 * 86_400
        /// For clients in place of servers.
        public var isClient = false
        /// For signing OCSP answers in the authority's place (RFC 6960 §4.2.2.2), and for nothing else.
        public var isResponder = false
        /// The OCSP responder's URL that stands in it.
        public var responder: String?
        /// The serial number; nil: a random one.
        public var serial: [UInt8]?

        /// A server's certificate.
        public init(_ names: String...) { self.names = names }
        /// A server's certificate.
        public init(names: [String]) { self.names = names }
    }

    /// A server's certificate for some names and addresses.
    public func server(_ names: String..., key: TestKeyKind = .ecdsa) throws -> TestCertificate {
        var leaf = Leaf(names: names)
        leaf.key = key
        return try issue(leaf)
    }

    /// A client's certificate.
    public func client(_ subject: String, key: TestKeyKind = .ecdsa) throws -> TestCertificate {
        var leaf = Leaf(names: [])
        (leaf.subject, leaf.key, leaf.isClient) = (subject, key, true)
        return try issue(leaf)
    }

    /// A certificate that has expired an hour ago.
    public func expired(_ names: String...) throws -> TestCertificate {
        var leaf = Leaf(names: names)
        (leaf.validFrom, leaf.validUntil) = (-90 * 86_400, -3600)
        return try issue(leaf)
    }

    /// A certificate that becomes valid in an hour.
    public func notYetValid(_ names: String...) throws -> TestCertificate {
        var leaf = Leaf(names: names)
        leaf.validFrom = 3600
        return try issue(leaf)
    }

    /// Issues a leaf.
    public func issue(_ leaf: Leaf) throws -> TestCertificate {
        let key = try TestKey(leaf.key)
        let subject = leaf.subject ?? leaf.names.first ?? "nobody"
        let certificate = try Certificate(
            version: .v3, serialNumber: leaf.serial.map { Certificate.SerialNumber(bytes: $0) } ?? .init(),
            publicKey: key.key.publicKey,
            notValidBefore: Date.now + leaf.validFrom, notValidAfter: Date.now + leaf.validUntil,
            issuer: issuer.name, subject: try DistinguishedName { CommonName(subject) },
            extensions: try extensions(of: leaf, key.key.publicKey),
            issuerPrivateKey: Certificate.PrivateKey(issuer.key))
        return TestCertificate(
            leaf: certificate, intermediates: intermediate.map { [$0] } ?? [], keyPEM: key.pem)
    }

    private func extensions(of leaf: Leaf, _ key: Certificate.PublicKey) throws -> Certificate.Extensions {
        try Certificate.Extensions {
            Critical(BasicConstraints.notCertificateAuthority)
            Critical(KeyUsage(digitalSignature: true))
            try ExtendedKeyUsage([leaf.isResponder ? .ocspSigning : leaf.isClient ? .clientAuth : .serverAuth])
            SubjectKeyIdentifier(hash: key)
            AuthorityKeyIdentifier(keyIdentifier: Self.identifier(of: issuer.key))
            if !leaf.names.isEmpty { SubjectAlternativeNames(leaf.names.map(Self.generalName)) }
            if let responder = leaf.responder {
                AuthorityInformationAccess([
                    .init(method: .ocspServer, location: .uniformResourceIdentifier(responder))
                ])
            }
        }
    }

    private static func generalName(_ name: String) -> GeneralName {
        guard let address = IPAddress(name) else { return .dnsName(name) }
        return .ipAddress(ASN1OctetString(contentBytes: bytes(of: address)[...]))
    }

    /// In network order, as a certificate holds them.
    private static func bytes(of address: IPAddress) -> [UInt8] {
        let count = address.isIPv4 ? 4 : 16
        return (0..<count).map { UInt8(truncatingIfNeeded: address.bits >> UInt128(8 * (count - 1 - $0))) }
    }
}
