import FoundationEssentials

/// An order that is under way, as it is stored: with it a process that crashed goes on where it was, and a certificate that
/// was issued meanwhile is not lost with its key.
struct PendingOrder: Codable, Sendable, Equatable {
    /// Whose it is.
    var directory: String
    var url: String
    var names: [String]
    var keyKind: CertificateKeyKind
    var keyPEM: String

    func isFor(_ wanted: WantedCertificate, _ kind: CertificateKeyKind, _ authority: ACMEAuthority) -> Bool {
        Set(names) == Set(wanted.names) && keyKind == kind && directory == authority.directory
    }
}
