/// Why certificates or keys cannot be used. `description` says what is wrong, for a message that names the file.
public enum CertificateError: Error, Equatable, Sendable, CustomStringConvertible {
    /// No `-----BEGIN CERTIFICATE-----` in it.
    case noCertificate
    /// No private key in it.
    case noKey
    /// The key is encrypted, and nobody is there to be asked.
    case encryptedKey
    /// A part cannot be read; the library says why.
    case malformed(String)
    /// The key belongs to another certificate.
    case keyMismatch
    /// A kind or size of key that clients refuse.
    case unsuitableKey(String)
    /// The library has no memory left, or refuses for a reason of its own.
    case library(String)

    public var description: String {
        switch self {
        case .noCertificate: "it has no certificate (-----BEGIN CERTIFICATE-----)"
        case .noKey: "it has no private key (-----BEGIN PRIVATE KEY-----)"
        case .encryptedKey: "its key is encrypted; store it without a passphrase, readable by Gatehouse alone"
        case .malformed(let why): "it cannot be read: \(why)"
        case .keyMismatch: "the private key does not belong to the certificate"
        case .unsuitableKey(let why): why
        case .library(let why): why
        }
    }
}
