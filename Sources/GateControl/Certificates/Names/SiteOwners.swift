internal import GateProxy
internal import GateTLS

/// Sites that want something of their own of TLS and whose names are not all known before somebody asks for them.
struct SiteOwners: NameOwners {
    private let finder: SiteFinder
    /// By the site's index.
    private let tables: [Int: NameTable]

    init(_ sites: [Configuration.Site], _ tables: [Int: NameTable]) {
        finder = SiteFinder(sites.map { $0.hosts.map(PlanBuilder.host) })
        self.tables = tables
    }

    func table(for name: String) -> NameTable? { finder.site(of: name).flatMap { tables[$0] } }
}

extension Configuration.Site {
    /// Whether each of its names has to be asked about.
    var ownsNames: Bool { tls != Configuration.SiteTLS() && !hasOnlyNames }

    private var hasOnlyNames: Bool {
        !hosts.isEmpty
            && hosts.allSatisfy { host in
                if case .exact = host { true } else { false }
            }
    }
}
