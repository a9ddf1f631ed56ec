public import GateCertificates
public import GateConfig

/// What a configuration's files about TLS come to, before it is in service.
public struct CertificateOffer: Sendable {
    /// What it is an offer for.
    public let configuration: Configuration
    let wanted: CertificateShelf.Wanted
    let shelf: CertificateShelf
    let needs: CertificateNeeds
    /// About the TLS of servers, by path, as they are now.
    let serverFiles: [String: FileStamp?]
    /// What is wrong with the files, or may be.
    public let diagnostics: [Diagnostic]

    /// Names for which certificates are to be had from a public authority.
    public var wantedPublicly: [WantedCertificate] { needs.publicly }

    /// Reads the files of a configuration.
    /// - Parameters:
    ///   - shelf: what was read before; what has not changed since then is taken over.
    ///   - isCheck: certificates that are out of their time are errors, since something else should be deployed. Otherwise
    ///     they are warnings, since the rest can be served.
    init(_ configuration: Configuration, keeping shelf: CertificateShelf = CertificateShelf(), isCheck: Bool = false) {
        var filled = shelf
        let wanted = CertificateShelf.Wanted(configuration)
        let findings = filled.fill(wanted, now: CertificateTime.now, retriesBroken: true)
        self.configuration = configuration
        serverFiles = CertificateService.stamps(configuration.serverFiles.map(\.path))
        self.wanted = wanted
        self.shelf = filled
        let listed = configuration.listeners.compactMap(\.tls).map { CertificateIndex(filled.served($0.certificates)) }
        needs = CertificateNeeds(configuration, listed: listed)
        let others =
            ServerFileExamination.findings(configuration, now: CertificateTime.now)
            + (configuration.dnsHook.map(HookExamination.findings) ?? [])
        diagnostics = (findings + SiteCoverage(configuration, filled).findings + others).map {
            $0.diagnostic(isCheck: isCheck)
        }
    }
}

/// The check of a configuration's certificates, keys and lists, as `gatehouse check` does it.
public enum CertificateCheck {
    /// All that is wrong with the files, in the order of the configuration.
    /// - Parameter isLenient: certificates that are out of their time are warned of, as a start and a reload do.
    public static func diagnostics(of configuration: Configuration, isLenient: Bool = false) -> [Diagnostic] {
        CertificateOffer(configuration, isCheck: !isLenient).diagnostics.sorted { $0.location < $1.location }
    }
}
