// Which certificate answers to which name, for each listener: certificates of the listener, of the sites, and those that
// were got or made, with the demands that sites and listeners have.

internal import GateProxy
internal import GateTLS

/// Puts the tables of names together that workers look handshakes up in.
struct NameTables {
    private let configuration: Configuration
    private let shelf: CertificateShelf
    /// Got or made, for any listener.
    private let managed: CertificateIndex
    private let challenges: [String: TLSCredential]
    /// Staples by certificate.
    private let staples: [ObjectIdentifier: TLSCredential]
    private var identities: [IdentityKey: ServerIdentity] = [:]

    /// Names with equal keys have one identity.
    private struct IdentityKey: Hashable {
        var credentials: [ObjectIdentifier]
        var demand: Configuration.ClientCertificates?
        var minVersion: Configuration.TLSVersion?
    }

    /// - Parameters:
    ///   - challenges: certificates for `acme-tls/1`, by name in lower case.
    ///   - staples: credentials with a staple, in the place of those without.
    init(
        _ configuration: Configuration, _ shelf: CertificateShelf, managed: [ServedCertificate],
        challenges: [String: TLSCredential], staples: [ObjectIdentifier: TLSCredential]
    ) {
        self.configuration = configuration
        self.shelf = shelf
        self.managed = CertificateIndex(managed)
        self.challenges = challenges
        self.staples = staples
    }

    /// The tables by `ListenerPlan.key`, one for each listener that speaks TLS.
    mutating func build() -> [String: ServerNames] {
        var tables: [String: ServerNames] = [:]
        for listener in configuration.listeners {
            guard let tls = listener.tls else { continue }
            tables[ListenerPlan(name: listener.label, address: listener.address).key] = table(tls)
        }
        return tables
    }

    private mutating func table(_ tls: Configuration.ListenerTLS) -> ServerNames {
        let listed = CertificateIndex(shelf.served(tls.certificates))
        var names: [String: ServerIdentity] = [:]
        for name in Set(listed.names).union(managed.names) {
            names[name] = identity(candidates(name, listed), nil, tls)
        }
        for site in configuration.sites { add(site, listed, tls, &names) }
        return ServerNames(
            identities: names, fallback: fallback(listed.certificates, tls, names), challenges: challenges)
    }

    /// A listener's own certificates come before those that were got for the name.
    private func candidates(_ name: String, _ listed: CertificateIndex) -> [ServedCertificate] {
        let own = listed.covering(name)
        return own.isEmpty ? managed.covering(name) : own
    }

    private mutating func add(
        _ site: Configuration.Site, _ listed: CertificateIndex, _ tls: Configuration.ListenerTLS,
        _ names: inout [String: ServerIdentity]
    ) {
        for host in site.certificateHosts {
            let certificates =
                switch site.tls.source {
                case .off: [ServedCertificate]()
                case .files(let files): shelf.served(files).filter { $0.covers(host) }
                case .automatic, .internal: managed.covering(host)
                case nil: candidates(host, listed)
                }
            names[host] = identity(certificates, site.tls, tls)
        }
    }

    /// Nil without certificates.
    private mutating func identity(
        _ certificates: [ServedCertificate], _ site: Configuration.SiteTLS?, _ tls: Configuration.ListenerTLS
    ) -> ServerIdentity? {
        guard !certificates.isEmpty else { return nil }
        let credentials = certificates.sorted(by: ServedCertificate.isPreferred).map(\.credential)
            .map { staples[ObjectIdentifier($0)] ?? $0 }
        let key = IdentityKey(
            credentials: credentials.map { ObjectIdentifier($0) },
            demand: site?.clientCertificates ?? tls.clientCertificates, minVersion: site?.minVersion)
        if let known = identities[key] { return known }
        let demand = key.demand.flatMap { shelf.demands[$0] }
        let made = ServerIdentity(
            credentials: credentials, minVersion: key.minVersion.map { TLSVersion($0) },
            clientAuthentication: demand?.authentication, sessionScope: demand?.sessionScope ?? [])
        identities[key] = made
        return made
    }

    /// For clients that name nobody: the listener's first certificate, else that of the first site with an address, which
    /// clients cannot name, else that of the first site.
    private mutating func fallback(
        _ listed: [ServedCertificate], _ tls: Configuration.ListenerTLS, _ names: [String: ServerIdentity]
    ) -> ServerIdentity? {
        if let first = listed.first {
            return identity(listed.filter { Set($0.names) == Set(first.names) }, nil, tls)
        }
        let hosts = configuration.sites.flatMap(\.certificateHosts)
        let addresses = hosts.filter { $0.contains(":") || $0.last?.isNumber == true }
        return (addresses + hosts).lazy.compactMap { names[$0] }.first
    }
}

extension CertificateShelf {
    /// The certificates of these files, in their order, as far as they are there.
    func served(_ files: [Configuration.CertificateFiles]) -> [ServedCertificate] {
        files.compactMap { certificates[$0] }.map { ServedCertificate(credential: $0.credential, names: $0.names) }
    }
}

extension TLSVersion {
    /// As the configuration names it.
    init(_ version: Configuration.TLSVersion) {
        switch version {
        case .tls12: self = .tls12
        case .tls13: self = .tls13
        }
    }
}
