import Crypto
import CryptoExtras
import X509

/// What a certificate's key is.
public enum TestKeyKind: Sendable, CaseIterable {
    /// ECDSA with P-256; each certificate has one of its own.
    case ecdsa
    /// RSA with 2048 bits. Making one is slow, so that all certificates of a process share it.
    case rsa
    /// RSA with 1024 bits, which nobody should accept. Shared, too.
    case weakRSA
}

/// A private key with its PEM text (PKCS #8).
struct TestKey: Sendable {
    let key: Certificate.PrivateKey
    let pem: String

    init(_ kind: TestKeyKind) throws {
        switch kind {
        case .ecdsa: self.init(P256.Signing.PrivateKey())
        case .rsa: self = try Self.rsa.get()
        case .weakRSA: self = try Self.weakRSA.get()
        }
    }

    private static let rsa = Result { TestKey(try _RSA.Signing.PrivateKey(keySize: .bits2048)) }
    private static let weakRSA = Result {
        TestKey(try _RSA.Signing.PrivateKey(unsafeKeySize: .init(bitCount: 1024)))
    }

    private init(_ ecdsa: P256.Signing.PrivateKey) {
        key = Certificate.PrivateKey(ecdsa)
        pem = ecdsa.pemRepresentation + "\n"
    }

    private init(_ rsa: _RSA.Signing.PrivateKey) {
        key = Certificate.PrivateKey(rsa)
        pem = rsa.pkcs8PEMRepresentation + "\n"
    }
}
