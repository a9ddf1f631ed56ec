import Crypto
import CryptoExtras
import GateCore
import SwiftASN1
import X509

/// A new certificate's private key, and the request for it (RFC 2986, RFC 8555 §7.4).
struct CertificateRequest: Sendable {
    let keyPEM: String
    private let key: Certificate.PrivateKey

    /// A new key.
    init(kind: CertificateKeyKind) throws {
        key =
            switch kind {
            case .ecdsaP256: Certificate.PrivateKey(P256.Signing.PrivateKey())
            case .ecdsaP384: Certificate.PrivateKey(P384.Signing.PrivateKey())
            case .rsa2048: Certificate.PrivateKey(try _RSA.Signing.PrivateKey(keySize: .bits2048))
            case .rsa3072: Certificate.PrivateKey(try _RSA.Signing.PrivateKey(keySize: .bits3072))
            case .rsa4096: Certificate.PrivateKey(try _RSA.Signing.PrivateKey(keySize: .bits4096))
            }
        keyPEM = try key.serializeAsPEM().pemString + "\n"
    }

    /// A key from PEM.
    init(keyPEM: String) throws {
        key = try Certificate.PrivateKey(pemEncoded: keyPEM)
        self.keyPEM = keyPEM
    }

    /// The request in DER. It names nobody as the subject: names stand in the extension, where everybody looks.
    func der(for identifiers: [Identifier]) throws -> [UInt8] {
        let names = identifiers.map(\.generalName)
        let extensions = try Certificate.Extensions { SubjectAlternativeNames(names) }
        let attributes = try CertificateSigningRequest.Attributes([.init(ExtensionRequest(extensions: extensions))])
        let request = try CertificateSigningRequest(
            version: .v1, subject: DistinguishedName(), privateKey: key, attributes: attributes)
        var serializer = DER.Serializer()
        try serializer.serialize(request)
        return serializer.serializedBytes
    }
}

extension Identifier {
    /// Nil for names that are neither of a host nor an address.
    init?(_ name: GeneralName) {
        switch name {
        case .dnsName(let name): self = .dns(name.lowercased())
        case .ipAddress(let octets):
            guard let address = Self.address(Array(octets.bytes)) else { return nil }
            self = .address(address)
        default: return nil
        }
    }

    /// From 4 or 16 bytes.
    static func address(_ bytes: [UInt8]) -> IPAddress? {
        switch bytes.count {
        case 4: return IPAddress(bytes[0], bytes[1], bytes[2], bytes[3])
        case 16:
            let halves = [bytes[..<8], bytes[8...]].map { $0.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }
            return IPAddress(high: halves[0], low: halves[1])
        default: return nil
        }
    }

    /// As certificates name it (RFC 5280 §4.2.1.6).
    var generalName: GeneralName {
        switch self {
        case .dns(let name): .dnsName(name)
        case .address(let address): .ipAddress(ASN1OctetString(contentBytes: Self.bytes(of: address)[...]))
        }
    }
}
