import GateCore
import GateProxy

extension PlanBuilder {
    /// The names that a configuration's servers have.
    public static func names(in configuration: Configuration) -> Set<ServiceName> {
        Set(
            configuration.upstreams.flatMap(\.servers).compactMap { server in
                switch server.address {
                case .socket: nil
                case .name(let name, _): .host(name)
                case .service(let name): .service(name)
                }
            })
    }

    /// A literal address is one server; a name, or a service, is as many as its answer says.
    func servers(
        _ server: Configuration.Server, _ upstream: Configuration.Upstream, _ notes: inout [String]
    ) -> [ServerPlan] {
        let plan = plan(server, upstream)
        switch server.address {
        case .socket(let address): return [placed(plan, at: address)]
        case .name(let name, let port):
            if case .addresses(let addresses)? = names(.host(name)) { return servers(plan, addresses, port) }
        case .service(let name):
            if case .services(let places)? = names(.service(name)) { return servers(plan, places) }
        }
        notes.append(
            "upstream \(upstream.name): \(server.address) does not resolve; its servers are not used until it does")
        return [plan]
    }

    private func plan(_ server: Configuration.Server, _ upstream: Configuration.Upstream) -> ServerPlan {
        var plan = ServerPlan(
            name: "\(server.address)", address: nil, host: Self.host(server.address, isSecure: server.isSecure),
            weight: server.weight)
        if server.isSecure { plan.tlsName = tlsName(server.address, upstream.tls) }
        plan.tier = server.tier
        plan.drain = drain(server.drain)
        plan.requestsMax = server.requestsMax
        plan.connectionsMax = server.connectionsMax
        return plan
    }

    private func placed(_ plan: ServerPlan, at address: SocketAddress) -> ServerPlan {
        var plan = plan
        plan.address = address
        return plan
    }

    /// A server for each address. One IPv4 and one IPv6 address are one server with two; of more nobody knows which belong
    /// together, so those of IPv4 count, or of IPv6 where there are no others.
    private func servers(_ plan: ServerPlan, _ addresses: [IPAddress], _ port: UInt16) -> [ServerPlan] {
        let (v4, v6) = (addresses.filter(\.isIPv4), addresses.filter { !$0.isIPv4 })
        if v4.count == 1, v6.count == 1 {
            var both = placed(plan, at: .ip(v4[0], port: port))
            both.alternatives = [.ip(v6[0], port: port)]
            return [both]
        }
        return (v4.isEmpty ? v6 : v4).map { placed(plan, at: .ip($0, port: port)) }
    }

    /// RFC 2782: places of a lower priority are asked first, those of the same by weight.
    private func servers(_ plan: ServerPlan, _ places: [ServicePlace]) -> [ServerPlan] {
        let priorities = Set(places.map(\.priority)).sorted()
        let heaviest = places.map(\.weight).max() ?? 0
        return places.flatMap { place in
            var own = plan
            own.name = "\(place.host):\(place.port)"
            own.host = Self.host(.name(place.host, port: place.port))
            own.tier = plan.tier + (priorities.firstIndex(of: place.priority) ?? 0)
            own.weight = plan.weight * Self.weight(place.weight, heaviest: heaviest)
            return servers(own, place.addresses, place.port)
        }
    }

    /// 1...256; a weight of 0 is "hardly ever".
    private static func weight(_ weight: UInt16, heaviest: UInt16) -> Int {
        if heaviest <= 256 { return max(Int(weight), 1) }
        return max(Int(weight) * 256 / Int(heaviest), 1)
    }

    private static func host(_ address: ServerAddress, isSecure: Bool = false) -> String {
        let usualPort: UInt16 = isSecure ? 443 : 80
        return switch address {
        case .socket(.unix): "localhost"
        case .socket(.ip(let ip, usualPort)): ip.isIPv4 ? "\(ip)" : "[\(ip)]"
        case .name(let name, usualPort), .service(let name): name
        case .socket(.ip), .name: "\(address)"
        }
    }

    /// A PROXY header makes a connection one client's own, so that there is nothing to share.
    func serverProtocol(_ upstream: Configuration.Upstream) -> ServerProtocolPlan {
        switch upstream.serverProtocol {
        case .h1: .http1
        case .h2: .http2
        case .auto, nil: upstream.proxyProtocol == .off ? .negotiated : .http1
        }
    }

    func http2(_ settings: Configuration.ServerHTTP2) -> ServerHTTP2Plan {
        var plan = ServerHTTP2Plan()
        plan.streamsMax = settings.streamsMax
        plan.pingAfterMs = settings.pingAfterMs
        plan.pingTimeoutMs = settings.pingTimeoutMs
        return plan
    }

    /// How names are looked up.
    public static func resolver(_ resolver: Configuration.Resolver) -> ResolverPlan {
        var plan = ResolverPlan()
        plan.servers = resolver.servers
        plan.timeoutMs = resolver.timeoutMs
        plan.attempts = resolver.attempts
        plan.holdMsMin = resolver.ttlMsMin
        plan.holdMsMax = resolver.ttlMsMax
        return plan
    }
}
