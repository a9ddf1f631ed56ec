// From a host and a path to a route: tables, built once for each plan and worker.

import GateCore
import GateEngine
import GateHTTP
import Synchronization

/// A plan's routes with the filters of one worker.
final class Router {
    private let hosts: HostTable
    private let sites: [SiteRuntime]
    private let borrowedSites: [Borrowed<SiteRuntime>]
    /// Sub-requests use upstreams that no route does.
    private let upstreams: [UpstreamRuntime]
    /// Exchanges that go by these routes.
    var users = 0
    /// A later plan's routes have taken the place of these.
    var isRetired = false
    let bench = Bench()
    private var complaints: PatternComplaints
    /// Why the last request had no route.
    private(set) var failure = EndReason.noRoute

    init(plan: Plan, upstreams: [UpstreamRuntime], reporter: any Reporter) {
        self.upstreams = upstreams
        hosts = HostTable(plan.sites.map(\.hosts))
        sites = plan.sites.map { SiteRuntime($0, plan: plan, upstreams: upstreams) }
        borrowedSites = sites.map { Borrowed($0) }
        complaints = PatternComplaints(reporter)
    }

    /// Gives the exchange the first route that takes it; false leaves the reason in `failure`.
    func route(_ exchange: Exchange) -> Bool {
        if exchange.facts.redirectsToHTTPS && !exchange.isSecure {
            exchange.route = exchange.listener.redirectRoute
            return true
        }
        switch hosts.site(exchange.host, bench) {
        case .site(let index):
            exchange.borrowedSite = borrowedSites[index]
            return borrowedSites[index].with { admits(exchange, to: $0) && route(exchange, in: $0) }
        case .undecided(let index): return undecided(exchange, "a host of site \(sites[index].plan.name)")
        case .none:
            failure = .noRoute
            return false
        }
    }

    /// Whatever led a request to the site, its connection must have proved what the site demands (RFC 9110 §15.5.20).
    @inline(__always)
    private func admits(_ exchange: Exchange, to site: SiteRuntime) -> Bool {
        if site.admits(exchange) { return true }
        failure = .misdirected
        return false
    }

    private func route(_ exchange: Exchange, in site: SiteRuntime) -> Bool {
        switch site.find(exchange, bench) {
        case .route(let index):
            exchange.borrowedRoute = site.borrowedRoutes[index]
            if site.hasSplits, let split = site.routes[index].split { exchange.route = split.branch(exchange) }
            return true
        case .undecided(let index):
            let plan = site.routes[index].plan
            return undecided(exchange, "route \(plan.name) (\(plan.origin))")
        case .none:
            failure = .noRoute
            return false
        }
    }

    private func undecided(_ exchange: Exchange, _ what: String) -> Bool {
        failure = .patternLimit
        complaints.note(what, nowMs: exchange.worker.loop.nowMs)
        return false
    }
}

/// Tells the operator of patterns that take too long, now and then: clients decide how often it happens.
private struct PatternComplaints {
    private static let intervalMs: UInt64 = 10_000

    private let reporter: any Reporter
    private var nextMs: UInt64 = 0
    private var unreported = 0

    init(_ reporter: any Reporter) { self.reporter = reporter }

    mutating func note(_ what: String, nowMs: UInt64) {
        unreported += 1
        guard nowMs >= nextMs else { return }
        nextMs = nowMs + Self.intervalMs
        reporter.report(
            .warning,
            "a regex of \(what) took too long to match, and the request got 500 (\(unreported) since the last such "
                + "message); make it simpler: no repetition within a repetition")
        unreported = 0
    }
}

/// A site's routes with the filters of one worker.
final class SiteRuntime {
    /// What a request leads to.
    enum Found: Equatable {
        case route(Int)
        case none
        /// A pattern of this route took too long to tell.
        case undecided(Int)
    }

    let plan: SitePlan
    /// No other site of any plan has the same.
    let serial: UInt64
    /// It is not served in clear text, where clients cannot show certificates.
    private let needsTLS: Bool
    private let isOffTLS: Bool
    let name: [UInt8]
    let errorPages: ErrorPages?
    /// The value of Strict-Transport-Security; empty where it is not asked for.
    let transportSecurity: [UInt8]
    let hasTransportSecurity: Bool
    let routes: [RouteRuntime]
    /// The same, uncounted.
    let borrowedRoutes: [Borrowed<RouteRuntime>]
    let hasSplits: Bool
    private let table: PathTable

    init(_ site: SitePlan, plan: Plan, upstreams: [UpstreamRuntime]) {
        self.plan = site
        serial = Self.serials.add(1, ordering: .relaxed).newValue
        needsTLS = site.tls.clients?.mode == .required
        isOffTLS = site.tls.isOff
        name = Array(site.name.utf8)
        errorPages = site.errorPages
        transportSecurity = Array((site.transportSecurity?.value ?? "").utf8)
        hasTransportSecurity = site.transportSecurity != nil
        table = PathTable(site.routes.map(\.paths), site.routes.map(\.conditions))
        routes = site.routes.map { RouteRuntime($0, site: site, plan: plan, upstreams: upstreams) }
        borrowedRoutes = routes.map { Borrowed($0) }
        hasSplits = routes.contains { $0.split != nil }
    }

    private static let serials = Atomic<UInt64>(0)

    /// Whether the exchange's connection has proved what is demanded here.
    @inline(__always)
    func admits(_ exchange: Exchange) -> Bool {
        if let tls = exchange.facts.tls { return tls.with { $0.meets(self) } }
        guard needsTLS || isOffTLS else { return true }
        // A request that is only explained has no connection.
        return exchange.facts.isSecure ? !isOffTLS : !needsTLS
    }

    /// The first route in file order whose path and conditions fit.
    func find(_ exchange: Exchange, _ bench: Bench) -> Found {
        var isUndecided = false
        let found = table.first(exchange.path, exchange, bench) { index in
            switch borrowedRoutes[index].with({ $0.judge(exchange, bench) }) {
            case .taken: return true
            case .refused: return false
            case .undecided:
                isUndecided = true
                return true
            }
        }
        guard let found else { return .none }
        return isUndecided ? .undecided(found) : .route(found)
    }
}

/// A route with the filters of one worker, sorted by what they want to hear of.
final class RouteRuntime {
    let plan: RoutePlan
    // What every request asks for stands by itself: reading it out of the plan would copy or count.
    let bodyBytesMax: Int
    let requestMs: Int
    let bodyMs: Int?
    let writeMs: Int?
    let name: [UInt8]
    /// Protocols that may take over the connection, in lower case.
    let upgrades: [[UInt8]]
    let upstream: UpstreamRuntime?
    /// The same, uncounted.
    let borrowedUpstream: Borrowed<UpstreamRuntime>?
    let sendsVia: Bool
    let serverTimeouts: ServerTimeouts
    let rates: RateFloor?
    let errorPages: ErrorPages?
    /// For answers of our own; those of servers go through a filter.
    let responseEdits: [FieldEdits]
    private let host: HostField
    let changesHost: Bool
    let requestHeadFilters: FilterChain
    let requestBodyFilters: FilterChain
    let responseHeadFilters: FilterChain
    let responseBodyFilters: FilterChain
    let endFilters: FilterChain
    /// What must hold besides the path by which the route was found.
    let program: RouteProgram
    /// Nothing must hold besides.
    let takesAll: Bool
    let capturing: CapturingPatterns
    /// The routes that share this one's requests.
    let split: SplitRuntime?

    init(_ route: RoutePlan, site: SitePlan? = nil, plan: Plan, upstreams: [UpstreamRuntime]) {
        self.plan = route
        program = RouteProgram(route.remainingConditions)
        takesAll = program.isEmpty
        capturing = CapturingPatterns(
            siteHosts: site?.hosts ?? [], conditions: route.conditions, paths: route.paths)
        bodyBytesMax = route.bodyBytesMax
        bodyMs = route.clientTimeouts.bodyMs
        writeMs = route.clientTimeouts.writeMs
        name = Array(route.name.utf8)
        upgrades = route.upgrades.map { Array($0.utf8) }
        var factories: [any FilterFactory] = BuiltInFilters.all + plan.filters + route.filters
        factories += route.rewriting.factories
        if route.translatesGRPCWeb { factories.append(GRPCWebFilter.Factory()) }
        errorPages = route.rewriting.errorPages
        responseEdits = route.rewriting.responseFields
        switch route.action {
        case .proxy(let index):
            upstream = upstreams[index]
            split = nil
        case .split(let splitPlan):
            upstream = nil
            split = SplitRuntime(splitPlan) { choice in
                RouteRuntime(route.branch(choice, splitPlan), site: site, plan: plan, upstreams: upstreams)
            }
        case .answer(let answer):
            upstream = nil
            split = nil
            factories.append(FixedAnswerFilter.Factory(answer: answer))
        }
        borrowedUpstream = upstream.map { Borrowed($0) }
        sendsVia = upstream?.plan.sendsVia ?? true
        host = route.rewriting.host ?? upstream?.plan.host ?? .keep
        changesHost = host != .keep
        if upstream?.plan.sticky != nil { factories.append(StickyFilter.Factory()) }
        var timeouts = route.serverTimeouts ?? upstream?.plan.timeouts ?? ServerTimeouts()
        timeouts.perTryMs = upstream?.plan.retries.perTryMs ?? 0
        serverTimeouts = timeouts
        requestMs = timeouts.requestMs
        rates = route.rates
        var made = factories.map { $0.makeFilter() }
        if let mirror = route.mirror, upstream != nil {
            made.append(MirrorFilter(mirror, to: upstreams[mirror.upstream]))
        }
        let filters = made.enumerated()
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
        program = RouteProgram([])
        takesAll = true
        capturing = CapturingPatterns(siteHosts: [], conditions: [], paths: [])
        bodyBytesMax = plan.bodyBytesMax
        bodyMs = nil
        writeMs = nil
        split = nil
        name = upstream.name
        upgrades = []
        self.upstream = nil
        borrowedUpstream = nil
        sendsVia = false
        errorPages = nil
        responseEdits = []
        host = upstream.plan.host
        changesHost = host != .keep
        serverTimeouts = upstream.plan.timeouts
        requestMs = serverTimeouts.requestMs
        rates = nil
        requestHeadFilters = FilterChain([])
        requestBodyFilters = FilterChain([])
        responseHeadFilters = FilterChain([])
        responseBodyFilters = FilterChain([])
        endFilters = FilterChain([])
    }

    /// Whether the route takes the request that its path led to.
    @inline(__always)
    func judge(_ exchange: Exchange, _ bench: Bench) -> RouteProgram.Verdict {
        takesAll ? .taken : program.judge(exchange, bench)
    }

    /// The Host for a server when it is not the client's.
    func ownHost(for server: ServerPlan) -> String? {
        guard changesHost else { return nil }
        return switch host {
        case .keep: nil
        case .server: server.host
        case .fixed(let name): name
        }
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

extension RoutePlan {
    /// This route for those requests that go to one of its upstreams.
    fileprivate func branch(_ choice: SplitPlan.Choice, _ split: SplitPlan) -> RoutePlan {
        var branch = self
        branch.action = .proxy(upstream: choice.upstream)
        branch.serverTimeouts = choice.serverTimeouts
        if let cookie = split.cookie {
            branch.filters.append(SplitCookieFilter.Factory(name: cookie, mark: choice.mark))
        }
        return branch
    }

    /// Everything that it asks, for people.
    var allConditions: [RouteCondition] { paths.isEmpty ? conditions : [.path(paths)] + conditions }

    /// What the tables that find a route by its path leave open: globs and patterns, and whatever is no path.
    fileprivate var remainingConditions: [RouteCondition] {
        let isCertain = paths.allSatisfy { path in
            switch path {
            case .exact, .prefix, .any: true
            case .glob, .pattern: false
            }
        }
        return isCertain ? conditions : [.path(paths)] + conditions
    }
}
