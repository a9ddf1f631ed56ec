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
        let stock = stock(of: tls)
        var names = identities(ofAllNames: nil, stock)
        var exceptions: [String: NameTable.Answer] = [:]
        for site in configuration.sites { add(site, stock, &names, &exceptions) }
        return ServerNames(
            identities: names, fallback: fallback(stock), unknown: identity(stock.defaults, nil, tls),
            exceptions: exceptions, owners: owners(stock), challenges: challenges)
    }

    /// What a listener has to choose from.
    private struct Stock {
        let tls: Configuration.ListenerTLS
        let listed: CertificateIndex
        /// For names that no certificate is for, and for clients that name nobody.
        var defaults: [ServedCertificate] = []
    }

    private func stock(of tls: Configuration.ListenerTLS) -> Stock {
        var stock = Stock(tls: tls, listed: CertificateIndex(shelf.served(tls.certificates)))
        stock.defaults = defaults(stock)
        return stock
    }

    private mutating func identities(
        ofAllNames site: Configuration.SiteTLS?, _ stock: Stock
    ) -> [String: ServerIdentity] {
        var names: [String: ServerIdentity] = [:]
        for name in Set(stock.listed.names).union(managed.names) {
            names[name] = identity(candidates(name, stock.listed), site, stock.tls)
        }
        return names
    }

    /// A listener's own certificates come before those that were got for the name.
    private func candidates(_ name: String, _ listed: CertificateIndex) -> [ServedCertificate] {
        let own = listed.covering(name)
        return own.isEmpty ? managed.covering(name) : own
    }

    private mutating func add(
        _ site: Configuration.Site, _ stock: Stock, _ names: inout [String: ServerIdentity],
        _ exceptions: inout [String: NameTable.Answer]
    ) {
        for host in site.certificateHosts {
            names[host] = identity(certificates(site, host, stock), site.tls, stock.tls)
            guard names[host] == nil, !host.hasPrefix("*.") else { continue }
            // A wildcard must not answer in its place.
            exceptions[host] =
                site.tls.source == .off
                ? .refused : .unknown(fallback: identity(stock.defaults, site.tls, stock.tls))
        }
    }

    /// Those of the site; as long as there are none, what the listener has, with the site's demands.
    private func certificates(_ site: Configuration.Site, _ host: String, _ stock: Stock) -> [ServedCertificate] {
        let own: [ServedCertificate]
        switch site.tls.source {
        case .off: return []
        case .files(let files): own = shelf.served(files).filter { $0.covers(host) }
        case .automatic, .internal: own = managed.covering(host)
        case nil: own = []
        }
        return own.isEmpty ? candidates(host, stock.listed) : own
    }

    // MARK: Sites whose names are not all known

    private mutating func owners(_ stock: Stock) -> SiteOwners? {
        var tables: [Int: NameTable] = [:]
        for (index, site) in configuration.sites.enumerated() where site.ownsNames {
            tables[index] = site.tls.source == .off ? .refusing : table(of: site, stock)
        }
        return tables.isEmpty ? nil : SiteOwners(configuration.sites, tables)
    }

    /// All certificates with the site's demands, its own first.
    private mutating func table(of site: Configuration.Site, _ stock: Stock) -> NameTable {
        var names = identities(ofAllNames: site.tls, stock)
        let own = CertificateIndex(files(of: site))
        for name in own.names { names[name] = identity(own.covering(name), site.tls, stock.tls) }
        for host in site.certificateHosts {
            names[host] = identity(certificates(site, host, stock), site.tls, stock.tls)
        }
        let defaults = own.certificates.isEmpty ? stock.defaults : firstOnes(own.certificates)
        return NameTable(identities: names, fallback: identity(defaults, site.tls, stock.tls))
    }

    private func files(of site: Configuration.Site) -> [ServedCertificate] {
        if case .files(let files) = site.tls.source { shelf.served(files) } else { [] }
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

    // MARK: Clients without a name

    /// The listener's first certificate, else that of the site without hosts, else that of the first site with an address,
    /// which clients cannot name, else that of the first site.
    private func defaults(_ stock: Stock) -> [ServedCertificate] {
        if !stock.listed.certificates.isEmpty { return firstOnes(stock.listed.certificates) }
        if let own = siteForAnyHost.map(files), !own.isEmpty { return firstOnes(own) }
        return firstSite(stock)?.certificates ?? []
    }

    /// Whoever names nobody is the guest of the site without hosts, and shows what that site demands.
    private mutating func fallback(_ stock: Stock) -> ServerIdentity? {
        if let site = siteForAnyHost, site.tls.source != .off { return identity(stock.defaults, site.tls, stock.tls) }
        let first = stock.listed.certificates.isEmpty ? firstSite(stock) : nil
        return identity(stock.defaults, first?.site.tls, stock.tls)
    }

    private var siteForAnyHost: Configuration.Site? { configuration.sites.first { $0.hosts.isEmpty } }

    private func firstSite(_ stock: Stock) -> (site: Configuration.Site, certificates: [ServedCertificate])? {
        let hosts = configuration.sites.flatMap { site in site.certificateHosts.map { (site, $0) } }
        let addresses = hosts.filter { $0.1.contains(":") || $0.1.last?.isNumber == true }
        for (site, host) in addresses + hosts {
            let certificates = certificates(site, host, stock)
            if !certificates.isEmpty { return (site, certificates) }
        }
        return nil
    }

    /// The first one, with those for the same names.
    private func firstOnes(_ certificates: [ServedCertificate]) -> [ServedCertificate] {
        guard let first = certificates.first else { return [] }
        return certificates.filter { Set($0.names) == Set(first.names) }
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
