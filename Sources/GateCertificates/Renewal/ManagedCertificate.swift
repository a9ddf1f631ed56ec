public import FoundationEssentials

/// A certificate that Gatehouse got and keeps: as it is given to the workers.
public struct ManagedCertificate: Sendable, Equatable {
    /// Names and addresses that it was ordered for, in lower case; wildcards as `*.example.com`.
    public let names: [String]
    /// The leaf first, then its issuers, in PEM.
    public let chainPEM: String
    /// The leaf's private key, in PEM (PKCS #8).
    public let keyPEM: String
    /// From when the leaf is valid.
    public let notBefore: Date
    /// Until when the leaf is valid.
    public let notAfter: Date
    /// Who signed it: the common name of the leaf's issuer.
    public let issuer: String
    /// What kind of key it has.
    public let keyKind: CertificateKeyKind

    /// Puts one together.
    public init(
        names: [String], chainPEM: String, keyPEM: String, notBefore: Date, notAfter: Date, issuer: String,
        keyKind: CertificateKeyKind
    ) {
        self.names = names
        self.chainPEM = chainPEM
        self.keyPEM = keyPEM
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.issuer = issuer
        self.keyKind = keyKind
    }
}

/// Kinds of keys for certificates; the raw values are the words of the configuration.
public enum CertificateKeyKind: String, Sendable, CaseIterable, Codable {
    /// ECDSA on the curve P-256: small and fast, and understood everywhere. The default.
    case ecdsaP256 = "ecdsa-p256"
    /// ECDSA on the curve P-384.
    case ecdsaP384 = "ecdsa-p384"
    /// RSA with 2048 bits, for clients that know nothing else.
    case rsa2048 = "rsa-2048"
    /// RSA with 3072 bits.
    case rsa3072 = "rsa-3072"
    /// RSA with 4096 bits.
    case rsa4096 = "rsa-4096"
}
