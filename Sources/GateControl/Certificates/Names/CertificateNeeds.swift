internal import GateCertificates

/// The certificates that somebody has to get or to make, since no file has them.
struct CertificateNeeds: Equatable, Sendable {
    /// From a public authority.
    var publicly: [WantedCertificate] = []
    /// From the internal one.
    var internally: [WantedCertificate] = []

    /// What the sites need besides the certificates of listeners. Nothing while no listener speaks TLS.
    /// - Parameter listed: the certificates of each listener that speaks TLS.
    init(_ configuration: Configuration, listed: [CertificateIndex]) {
        guard configuration.listeners.contains(where: { $0.tls != nil }) else { return }
        for site in configuration.sites { add(site, listed) }
    }

    private mutating func add(_ site: Configuration.Site, _ listed: [CertificateIndex]) {
        let hosts = site.certificateHosts
        switch site.tls.source {
        case .files, .off: return
        case .internal: want(hosts, \.internally)
        case .automatic: share(hosts)
        case nil: share(hosts.filter { host in listed.contains { $0.covering(host).isEmpty } })
        }
    }

    private mutating func share(_ hosts: [String]) {
        want(hosts.filter(PublicNames.contains), \.publicly)
        want(hosts.filter { !PublicNames.contains($0) }, \.internally)
    }

    /// A certificate has a bounded number of names; a site with more has several.
    private mutating func want(_ hosts: [String], _ list: WritableKeyPath<Self, [WantedCertificate]>) {
        var rest = hosts[...]
        while !rest.isEmpty {
            self[keyPath: list].append(WantedCertificate(names: Array(rest.prefix(WantedCertificate.namesMax))))
            rest = rest.dropFirst(WantedCertificate.namesMax)
        }
    }
}
