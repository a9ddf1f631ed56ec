import FoundationEssentials

/// Where certificates come from: authorities, and scripts in tests.
protocol CertificateSource: Sendable {
    /// Gets a certificate.
    /// - Throws: `IssuanceFailure`, `CancellationError`.
    func issue(_ request: IssuanceRequest) async throws -> IssuedCertificate

    /// When a certificate is to be renewed; nil when the authority that issued it does not say.
    func renewalInfo(of chainPEM: String, authority: String?) async throws -> RenewalInfo?

    /// Frees what it holds. Nothing may be asked afterwards.
    func close() async
}

/// What is asked for.
struct IssuanceRequest: Sendable {
    var wanted: WantedCertificate
    var place: CertificatePlace
    /// Attempts that failed before.
    var failures: Int
    /// Authorities that do not want to be asked before a time.
    var blockedUntil: [String: Date]
    /// The chain that the new certificate is to replace.
    var formerChainPEM: String?
}

/// A certificate, and the directory of the authority that it is from.
struct IssuedCertificate: Sendable {
    var certificate: ManagedCertificate
    var authority: String
}

/// Why no authority gave a certificate.
struct IssuanceFailure: Error, Sendable, CustomStringConvertible {
    var description: String
    /// Authorities that do not want to be asked before a time.
    var blockedUntil: [String: Date]
    /// When all of them are blocked, until when.
    var retryAfter: Date?
}
