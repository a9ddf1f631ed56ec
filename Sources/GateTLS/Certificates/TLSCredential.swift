import CNIOBoringSSL

/// A certificate with its chain and its private key, ready to be shown to clients or servers. Immutable; one value serves
/// all workers.
public final class TLSCredential: Sendable {
    /// The kind of the certificate's key.
    public enum KeyKind: Equatable, Sendable {
        case ecdsa(bits: Int)
        case rsa(bits: Int)
        case ed25519
    }

    // Safe: the library counts references atomically, and neither value is changed once made.
    nonisolated(unsafe) let pointer: OpaquePointer
    nonisolated(unsafe) private let leaf: OpaquePointer
    /// The DER of the certificates, the leaf first.
    public let chain: [[UInt8]]
    public let keyKind: KeyKind
    /// Seconds since 1970 from which on it is valid.
    public let notBefore: Int64
    /// Seconds since 1970 up to which it is valid.
    public let notAfter: Int64
    /// The stapled answer of the issuer's OCSP responder, in DER (RFC 6960), if there is one.
    public let staple: [UInt8]?
    private let keyPEM: [UInt8]
    private let chainPEM: [UInt8]

    /// - Parameters:
    ///   - chainPEM: the leaf first, each certificate issued by the one behind it. The root may be missing.
    ///   - keyPEM: the leaf's private key: PKCS #8, PKCS #1 or SEC 1, not encrypted.
    ///   - staple: an OCSP response in DER to send to clients that ask for it (RFC 6066 §8).
    /// - Throws: when a part cannot be read or they do not fit together.
    public init(chainPEM: [UInt8], keyPEM: [UInt8], staple: [UInt8]? = nil) throws(CertificateError) {
        let certificates = try PEMReader.certificates(chainPEM)
        defer { for certificate in certificates { X509_free(certificate) } }
        let key = try PEMReader.privateKey(keyPEM)
        defer { EVP_PKEY_free(key) }
        guard X509_check_private_key(certificates[0], key) == 1 else {
            LibraryError.clear()
            throw .keyMismatch
        }
        keyKind = try Self.kind(of: key)
        chain = certificates.map(Self.der)
        notBefore = Self.seconds(X509_get0_notBefore(certificates[0]))
        notAfter = Self.seconds(X509_get0_notAfter(certificates[0]))
        self.staple = staple
        self.chainPEM = chainPEM
        self.keyPEM = keyPEM
        pointer = try Self.make(chain: chain, key: key, staple: staple)
        X509_up_ref(certificates[0])
        leaf = certificates[0]
    }

    deinit {
        SSL_CREDENTIAL_free(pointer)
        X509_free(leaf)
    }

    /// The same with another staple, or none.
    public func stapling(_ staple: [UInt8]?) throws(CertificateError) -> TLSCredential {
        try TLSCredential(chainPEM: chainPEM, keyPEM: keyPEM, staple: staple)
    }

    /// Whether the certificate is good for a host's name, by its subject alternative names alone (RFC 9525 §6.3).
    /// Wildcards stand for one label, the first. Addresses count as addresses.
    public func covers(_ host: String) -> Bool {
        var host = host
        let flags = UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT)
        if X509_check_ip_asc(leaf, host, 0) == 1 { return true }
        let isCovered = host.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) {
                X509_check_host(leaf, $0.baseAddress, $0.count, flags, nil) == 1
            }
        }
        LibraryError.clear()
        return isCovered
    }

    // MARK: Making it

    private static func make(
        chain: [[UInt8]], key: OpaquePointer, staple: [UInt8]?
    ) throws(CertificateError) -> OpaquePointer {
        guard let credential = SSL_CREDENTIAL_new_x509() else { throw .library("no memory") }
        let buffers = chain.map { Optional(CRYPTO_BUFFER_new($0, $0.count, nil)!) }
        defer { for buffer in buffers { CRYPTO_BUFFER_free(buffer) } }
        let isComplete =
            SSL_CREDENTIAL_set1_cert_chain(credential, buffers, buffers.count) == 1
            && SSL_CREDENTIAL_set1_private_key(credential, key) == 1
            && setStaple(staple, of: credential)
        guard isComplete else {
            SSL_CREDENTIAL_free(credential)
            throw .library(LibraryError.take()?.text ?? "refused")
        }
        return credential
    }

    private static func setStaple(_ staple: [UInt8]?, of credential: OpaquePointer) -> Bool {
        guard let staple else { return true }
        guard let buffer = CRYPTO_BUFFER_new(staple, staple.count, nil) else { return false }
        defer { CRYPTO_BUFFER_free(buffer) }
        return SSL_CREDENTIAL_set1_ocsp_response(credential, buffer) == 1
    }

    private static func kind(of key: OpaquePointer) throws(CertificateError) -> KeyKind {
        let bits = Int(EVP_PKEY_bits(key))
        switch EVP_PKEY_id(key) {
        case EVP_PKEY_EC where bits == 256 || bits == 384 || bits == 521: return .ecdsa(bits: bits)
        case EVP_PKEY_RSA where bits >= 2048: return .rsa(bits: bits)
        case EVP_PKEY_RSA:
            throw .unsuitableKey("an RSA key of \(bits) bits is too short; use ECDSA P-256, or RSA with 2048 or more")
        case EVP_PKEY_ED25519: return .ed25519
        default: throw .unsuitableKey("its kind of key is not supported; use ECDSA P-256 or RSA")
        }
    }

    static func der(_ certificate: OpaquePointer) -> [UInt8] {
        var bytes: UnsafeMutablePointer<UInt8>?
        let count = Int(i2d_X509(certificate, &bytes))
        defer { OPENSSL_free(bytes) }
        guard count > 0, let bytes else { return [] }
        return Array(UnsafeBufferPointer(start: bytes, count: count))
    }

    static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64 {
        var seconds: Int64 = 0
        _ = ASN1_TIME_to_posix(time, &seconds)
        return seconds
    }
}
