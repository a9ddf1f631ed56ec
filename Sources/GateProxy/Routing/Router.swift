// From a host and a path to a route: tables, built once for each plan and worker.

import GateCore
import GateHTTP

/// A plan's routes with the filters of one worker.
final class Router {
    private let hosts: HostTable
    private let sites: [SiteRuntime]

    init(plan: Plan, upstreams: [UpstreamRuntime]) {
        hosts = HostTable(plan.sites.map(\.hosts))
        sites = plan.sites.map { SiteRuntime($0, plan: plan, upstreams: upstreams) }
    }

    /// The first route that takes the exchange's host and path.
    func route(_ exchange: Exchange) -> RouteRuntime? {
        if exchange.listener.plan.redirectsToHTTPS && !exchange.isSecure { return exchange.listener.redirectRoute }
        guard let index = hosts.site(exchange.host) else { return nil }
        let site = sites[index]
        exchange.site = site
        return site.route(exchange)
    }
}

/// A site's routes with the filters of one worker.
final class SiteRuntime {
    let name: [UInt8]
    private let table: PathTable
    private let routes: [RouteRuntime]

    init(_ site: SitePlan, plan: Plan, upstreams: [UpstreamRuntime]) {
        name = Array(site.name.utf8)
        table = PathTable(site.routes.map(\.paths))
        routes = site.routes.map { RouteRuntime($0, plan: plan, upstreams: upstreams) }
    }

    func route(_ exchange: Exchange) -> RouteRuntime? {
        table.first(exchange.path) { routes[$0].takesHost(exchange) }.map { routes[$0] }
    }
}

/// A route with the filters of one worker, sorted by what they want to hear of.
final class RouteRuntime {
    let plan: RoutePlan
    let name: [UInt8]
    /// Protocols that may take over the connection, in lower case.
    let upgrades: [[UInt8]]
    let upstream: UpstreamRuntime?
    let serverTimeouts: ServerTimeouts
    let rates: RateFloor?
    let requestHeadFilters: FilterChain
    let requestBodyFilters: FilterChain
    let responseHeadFilters: FilterChain
    let responseBodyFilters: FilterChain
    let endFilters: FilterChain

    init(_ route: RoutePlan, plan: Plan, upstreams: [UpstreamRuntime]) {
        self.plan = route
        name = Array(route.name.utf8)
        upgrades = route.upgrades.map { Array($0.utf8) }
        var factories: [any FilterFactory] = BuiltInFilters.all + plan.filters + route.filters
        switch route.action {
        case .proxy(let index): upstream = upstreams[index]
        case .answer(let answer):
            upstream = nil
            factories.append(FixedAnswerFilter.Factory(answer: answer))
        }
        serverTimeouts = route.serverTimeouts ?? upstream?.plan.timeouts ?? ServerTimeouts()
        rates = route.rates
        let filters = factories.map { $0.makeFilter() }.enumerated()
            .sorted { ($0.element.phase, $0.offset) < ($1.element.phase, $1.offset) }.map(\.element)
        func all(_ interest: FilterInterests) -> [any Filter] { filters.filter { $0.interests.contains(interest) } }
        requestHeadFilters = FilterChain(all(.requestHead))
        requestBodyFilters = FilterChain(all(.requestBody))
        responseHeadFilters = FilterChain(all(.responseHead))
        responseBodyFilters = FilterChain(all(.responseBody).reversed())
        endFilters = FilterChain(all(.end))
    }

    /// A route to an upstream that no filter looks at.
    init(plainFor upstream: UpstreamRuntime) {
        plan = RoutePlan(name: upstream.plan.name, origin: "", action: .proxy(upstream: 0))
        name = upstream.name
        upgrades = []
        self.upstream = nil
        serverTimeouts = upstream.plan.timeouts
        rates = nil
        requestHeadFilters = FilterChain([])
        requestBodyFilters = FilterChain([])
        responseHeadFilters = FilterChain([])
        responseBodyFilters = FilterChain([])
        endFilters = FilterChain([])
    }

    func takesHost(_ exchange: Exchange) -> Bool {
        plan.hosts.isEmpty || plan.hosts.contains { HostTable.matches($0, exchange.host) }
    }

    /// Whether the request's Upgrade field names a protocol that may pass; the first such one goes on (RFC 9110 §7.8).
    func allowsUpgrade(_ exchange: Exchange) -> Bool {
        guard let index = exchange.upgradeField, upstream != nil else { return false }
        var list = FieldList()
        while let range = list.next(in: exchange.requestValue(index)) {
            let token = exchange.requestValue(index).extracting(range)
            for allowed in upgrades where ASCII.equalsIgnoringCase(allowed.span, token) {
                exchange.upgradeToken = allowed
                return true
            }
        }
        return false
    }
}
