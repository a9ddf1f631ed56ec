public import GateConfig
public import GateCore

extension Shape where Value == String {
    /// The name of an upstream; or the URL of a server, which stands for an upstream of its own.
    static var proxyTarget: Shape<String> {
        .scalarOr(nameOrURL, Target.definition.shape.converted { target, _, _ in target.to })
    }

    /// The kind under which names of upstreams are declared.
    static var upstreamKind: String { "upstream" }

    private static var nameOrURL: Shape<String> {
        let url = Shape<ServiceURL>.serverURL.converted { url, _, _ in
            Configuration.Upstream.anonymousName(url.address, isSecure: url.scheme == .https)
        }
        return .either(url, where: { ServiceURL.looksLikeURL($0.scalar?.text ?? "") }, .reference(to: upstreamKind))
    }

    private struct Target: Sendable {
        var to: String

        static let definition = StructDefinition<Self>(
            "proxy", title: "proxy", doc: "Where requests are forwarded to.", make: { Self(to: "") },
            keys: {
                Key(
                    "to", nameOrURL, \.to, required: true, example: "app",
                    "The name of an upstream, or the URL of a server.")
            })
    }
}

extension Configuration.Upstream {
    /// Makes the upstream that a bare URL stands for: one server, every setting at its default.
    public init(server address: ServerAddress, isSecure: Bool = false, origin: Origin = Origin()) {
        self.init(
            name: Self.anonymousName(address, isSecure: isSecure),
            servers: [Configuration.Server(address: address, isSecure: isSecure, origin: origin)],
            isAnonymous: true, origin: origin)
    }

    /// The name of such an upstream, which no upstream with a name of its own can have.
    public static func anonymousName(_ address: ServerAddress, isSecure: Bool = false) -> String {
        switch address {
        case .socket(.unix), .service: "\(address)"
        case .socket(.ip), .name: "\(isSecure ? "https" : "http")://\(address)"
        }
    }
}

extension Configuration {
    /// Adds an upstream for each distinct URL that a route or a rule of passthrough names.
    mutating func addAnonymousUpstreams() {
        var known = Set(upstreams.map(\.name))
        let routes = sites.flatMap(\.routes).flatMap(\.withNested).map { ($0.upstreamNames, $0.origin) }
        let rules = listeners.compactMap(\.tls).flatMap(\.passthrough).map { ([$0.upstream], $0.origin) }
        for (names, origin) in routes + rules {
            for name in names where ServiceURL.looksLikeURL(name) {
                guard known.insert(name).inserted, let url = try? ServiceURL(name) else { continue }
                upstreams.append(
                    Upstream(server: url.address, isSecure: url.scheme == .https, origin: origin))
            }
        }
    }
}
