import FoundationEssentials

/// How a certificate fares: what must outlast a restart besides the certificate itself.
struct CertificateRecord: Codable, Sendable, Equatable {
    var names: [String]
    var isOnDemand = false
    /// The directory of the authority that issued the certificate.
    var authority: String?
    /// When it did.
    var issuedAt: Date?
    /// Attempts that failed in a row.
    var failures = 0
    var lastError: String?
    /// Before this time nothing is tried.
    var retryAt: Date?
    /// Authorities that do not want to be asked before a time.
    var blockedUntil: [String: Date] = [:]
    /// When the certificate is to be renewed, chosen once for each window.
    var renewAt: Date?
    /// What the authority suggested.
    var window: RenewalWindow?
    /// When to ask the authority again for a window.
    var askAgain: Date?
}
