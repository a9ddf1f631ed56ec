// From what the user said to what the data plane needs: inheritance resolved, names resolved, formats compiled.

import GateCertificates
import GateCore
import GateHTTP
public import GateProxy

/// Builds plans from configurations.
public struct PlanBuilder: Sendable {
    /// What a name stands for at the moment; nil when that is not known.
    public typealias Names = @Sendable (ServiceName) -> NameAnswer?

    let names: Names
    /// Filters that an embedding program adds to every route.
    private let filters: [any FilterFactory]

    public init(filters: [any FilterFactory] = [], names: @escaping Names = NameLookup.once) {
        self.filters = filters
        self.names = names
    }

    /// A plan, and what an operator should know of it: names that do not resolve, say.
    public func build(_ configuration: Configuration, accessLog: AccessLogPlan?) -> (plan: Plan, notes: [String]) {
        var notes: [String] = []
        let upstreams = upstreams(configuration, &notes)
        let indices = Dictionary(
            configuration.upstreams.enumerated().map { ($0.element.name, $0.offset) },
            uniquingKeysWith: { first, _ in first })
        let plan = Plan(
            listeners: configuration.listeners.map { listener($0, configuration) }, upstreams: upstreams,
            sites: configuration.sites.map { site($0, configuration, indices) },
            trustedProxies: configuration.trustedProxies, accessLog: accessLog, filters: filters)
        return (plan, notes)
    }

    // MARK: Listeners

    private func listener(_ listener: Configuration.Listener, _ configuration: Configuration) -> ListenerPlan {
        let limits = configuration.clientLimits(listener)
        var plan = ListenerPlan(name: listener.label, address: listener.address)
        plan.backlog = listener.backlog
        plan.unixMode = listener.unixMode
        plan.proxyProtocolFrom = listener.proxyProtocol?.from
        plan.allowsUnderscores = listener.underscoreFields == .allow
        plan.redirectsToHTTPS = listener.redirectToHTTPS
        plan.keepAliveSeconds = (listener.tcpKeepaliveMs + 999) / 1000
        plan.headLimits = HeadLimits(
            startLineBytes: limits.requestLineBytesMax, headBytes: limits.headBytesMax, fields: limits.fieldsMax)
        plan.connectionsMax = min(configuration.limits.connectionsMax, limits.connectionsMax)
        plan.connectionsPerClientMax = min(configuration.limits.connectionsPerClientMax, limits.connectionsPerClientMax)
        plan.requestsPerConnectionMax = limits.requestsPerConnectionMax
        plan.timeouts = clientTimeouts(configuration.clientTimeouts(listener))
        plan.rates = rates(limits)
        plan.tls = listener.tls.map {
            listenerTLS(
                $0, limits, protocols: listener.spokenProtocols, asksForNames: configuration.acme.onDemand != nil)
        }
        plan.protocols = []
        if listener.spokenProtocols.contains(.h1) { plan.protocols.insert(.http1) }
        if listener.spokenProtocols.contains(.h2) { plan.protocols.insert(.http2) }
        plan.http2 = http2(listener.http2)
        return plan
    }

    private func clientTimeouts(_ timeouts: Configuration.Timeouts) -> ClientTimeouts {
        var result = ClientTimeouts()
        result.handshakeMs = timeouts.handshakeMs
        result.headMs = timeouts.headMs
        result.bodyMs = timeouts.bodyMs
        result.idleMs = timeouts.idleMs
        result.writeMs = timeouts.writeMs
        result.lingerMs = timeouts.lingerMs
        return result
    }

    private func rates(_ limits: Configuration.Limits) -> RateFloor {
        var result = RateFloor()
        result.requestBytesPerSecond = limits.requestRateMin
        result.responseBytesPerSecond = limits.responseRateMin
        result.graceMs = limits.rateGraceMs
        return result
    }

    // MARK: Upstreams

    /// The upstreams alone, with what their names stand for now.
    public func upstreams(_ configuration: Configuration) -> [UpstreamPlan] {
        var notes: [String] = []
        return upstreams(configuration, &notes)
    }

    private func upstreams(_ configuration: Configuration, _ notes: inout [String]) -> [UpstreamPlan] {
        configuration.upstreams.map { upstream($0, configuration, &notes) }
    }

    private func upstream(
        _ upstream: Configuration.Upstream, _ configuration: Configuration, _ notes: inout [String]
    ) -> UpstreamPlan {
        let limits = configuration.serverLimits(upstream)
        var plan = UpstreamPlan(
            name: upstream.name, servers: upstream.servers.flatMap { servers($0, upstream, &notes) })
        plan.balance = balance(upstream.balance)
        plan.tierHealthyMinPercent = upstream.tierHealthyMinPercent
        plan.slowStartMs = upstream.slowStartMs
        plan.queue = upstream.queue.map(queue)
        plan.sticky = upstream.sticky.map { sticky($0, upstream.name) }
        plan.idleConnectionsMax = upstream.idleConnectionsMax
        plan.idleTimeoutMs = upstream.idleTimeoutMs
        plan.connectionLifetimeMs = upstream.connectionLifetimeMs
        plan.requestsPerConnectionMax = upstream.requestsPerConnectionMax
        plan.host = upstream.host
        plan.sendsVia = upstream.sendsVia
        plan.responseHeadLimits = HeadLimits(
            startLineBytes: limits.requestLineBytesMax, headBytes: limits.responseHeadBytesMax,
            fields: max(limits.fieldsMax, 256))
        plan.timeouts = serverTimeouts(configuration.serverTimeouts(upstream))
        switch upstream.proxyProtocol {
        case .off: plan.proxyProtocol = nil
        case .v1: plan.proxyProtocol = .v1
        case .v2: plan.proxyProtocol = .v2
        }
        plan.tls = tls(upstream, &notes)
        plan.serverProtocol = serverProtocol(upstream)
        plan.http2 = http2(upstream.http2)
        plan.retries = retries(upstream)
        plan.ejection = upstream.passive.map(ejection)
        plan.check = upstream.health.map(check)
        plan.breaker = upstream.circuitBreaker.map(breaker)
        plan.adaptive = upstream.adaptiveConcurrency.map(adaptive)
        plan.panicPercent = upstream.panicPercent
        return plan
    }

    private func serverTimeouts(_ timeouts: Configuration.Timeouts) -> ServerTimeouts {
        var result = ServerTimeouts()
        result.connectMs = timeouts.connectMs
        result.firstByteMs = timeouts.firstByteMs
        result.readMs = timeouts.readMs
        result.writeMs = timeouts.writeMs
        result.tunnelMs = timeouts.tunnelMs
        result.requestMs = timeouts.requestMs
        return result
    }

    // MARK: Sites

    private func site(
        _ site: Configuration.Site, _ configuration: Configuration, _ indices: [String: Int]
    ) -> SitePlan {
        var plan = SitePlan(
            name: site.label, hosts: site.hosts.map(Self.host),
            routes: site.routes.enumerated().flatMap { index, outer in
                outer.flattened(number: "\(index)").compactMap { route($0, site, configuration, indices) }
            })
        plan.errorPages = errorPages(site.rewriting)
        plan.tls = siteTLS(site.tls)
        plan.transportSecurity = site.hsts.map(transportSecurity)
        return plan
    }

    private func route(
        _ flat: Configuration.FlatRoute, _ site: Configuration.Site, _ configuration: Configuration,
        _ indices: [String: Int]
    ) -> RoutePlan? {
        let route = flat.route
        func timeouts(_ index: Int) -> ServerTimeouts {
            serverTimeouts(configuration.serverTimeouts(configuration.upstreams[index], site, route))
        }
        guard let action = action(route.action, indices, timeouts) else { return nil }
        var plan = RoutePlan(
            name: route.name ?? "\(site.label)[\(flat.number)]", origin: "\(route.origin)", action: action)
        (plan.paths, plan.conditions) = Self.conditions(flat.matches)
        plan.clientTimeouts.bodyMs = route.timeouts.bodyMs ?? site.timeouts.bodyMs
        plan.clientTimeouts.writeMs = route.timeouts.writeMs ?? site.timeouts.writeMs
        let limits = configuration.limits.applying(site.limits).applying(route.limits)
        plan.bodyBytesMax = limits.bodyBytesMax
        if Self.setsRates(site.limits) || Self.setsRates(route.limits) { plan.rates = rates(limits) }
        if case .proxy(let index) = action { plan.serverTimeouts = timeouts(index) }
        plan.mirror = route.mirror.map { mirror($0, indices) }
        if let upgrades = route.upgrade { plan.upgrades = upgrades }
        plan.translatesGRPCWeb = route.translatesGRPCWeb ?? false
        plan.rewriting = rewriting(site.rewriting.applying(route.rewriting))
        for octet in route.encoded ?? [] { plan.allowedEncodings.insert(encoding(octet)) }
        return plan
    }

    private static func setsRates(_ limits: Configuration.LimitOverrides) -> Bool {
        limits.requestRateMin != nil || limits.responseRateMin != nil || limits.rateGraceMs != nil
    }

    private func action(
        _ action: Configuration.Action, _ indices: [String: Int], _ timeouts: (Int) -> ServerTimeouts
    ) -> RoutePlan.Action? {
        switch action {
        case .proxy(let name): .proxy(upstream: indices[name]!)
        case .split(let split): .split(self.split(split, indices, timeouts))
        case .redirect(let redirect): .answer(answer(redirect))
        case .respond(let response): .answer(answer(response))
        case .pass: nil
        }
    }

    private func encoding(_ octet: Configuration.EncodedOctet) -> AllowedEncodings {
        switch octet {
        case .slash: .slash
        case .backslash: .backslash
        case .nul: .null
        }
    }
}
