// `gatehouse explain`: a request goes through a worker's own router, filters and balancer, and stops where a connection
// would be made. Nothing is sent, nothing listens.

import GateCore
import GateEngine
import GateHTTP
import GateHTTP1
import GatePattern
import GateTLS

/// Why a request cannot be explained.
public enum ExplainFailure: Error, Sendable, CustomStringConvertible {
    /// There is no listener of this name.
    case noListener(String)
    /// The address is none.
    case noAddress(String)
    case system(String)

    /// What is wrong, for people.
    public var description: String {
        switch self {
        case .noListener(let name): "there is no listener named \(name)"
        case .noAddress(let text): "\(text) is no IP address"
        case .system(let reason): reason
        }
    }
}

/// Explains requests by a plan.
public enum Explainer {
    /// What would become of a request. Blocks no longer than serving it would, and sends nothing.
    public static func explain(_ request: ExplainedRequest, by plan: Plan) throws(ExplainFailure) -> Explanation {
        guard let listener = plan.listeners.first(where: { request.listener == nil || $0.name == request.listener })
        else { throw .noListener(request.listener ?? "") }
        guard let client = IPAddress(request.client) else { throw .noAddress(request.client) }
        let worker: Worker
        do throws(SystemError) {
            worker = try Worker(index: 0, limiter: ConnectionLimiter(), reporter: NoReporter(), sendsNothing: true)
        } catch {
            throw .system("\(error)")
        }
        worker.adopt(plan, listening: [], log: nil)
        defer { worker.discard() }
        return Explaining(request, client, ListenerRuntime(listener, worker: worker), plan).run()
    }
}

private struct NoReporter: Reporter {
    func report(_ level: ReportLevel, _ message: String) {}
}

/// One request on its way.
private final class Explaining {
    private let request: ExplainedRequest
    private let client: IPAddress
    private let listener: ListenerRuntime
    private let worker: Worker
    private let plan: Plan
    private let stream = AnswerCatcher()
    private var result: Explanation

    init(_ request: ExplainedRequest, _ client: IPAddress, _ listener: ListenerRuntime, _ plan: Plan) {
        self.request = request
        self.client = client
        self.listener = listener
        worker = listener.worker
        self.plan = plan
        result = Explanation(listener: listener.plan.name)
    }

    func run() -> Explanation {
        let exchange = worker.takeExchange()
        admit(exchange)
        if let failure = parse(into: exchange) { exchange.fail(failure) } else { pass(exchange) }
        describe(exchange)
        // It must not be logged or counted as one of a client.
        exchange.isSubrequest = true
        exchange.end()
        return result
    }

    private func admit(_ exchange: Exchange) {
        exchange.client = stream
        exchange.listener = listener
        exchange.stage = .requestFilters
        exchange.facts.peerAddress = client
        exchange.facts.clientAddress = client
        exchange.facts.localPort = UInt16(listener.plan.address.port ?? 0)
        exchange.facts.isSecure = request.isSecure
        exchange.facts.redirectsToHTTPS = listener.plan.redirectsToHTTPS
        exchange.facts.isPeerTrusted = worker.trustedProxies.contains(client)
        exchange.startNs = worker.loop.nowNs
    }

    /// As a connection does it: parse, settle framing and what belongs to one hop.
    private func parse(into exchange: Exchange) -> EndReason? {
        var text = "\(request.method) \(request.target) HTTP/1.1\r\n"
        if !request.fields.contains(where: { $0.name.lowercased() == "host" }) { text += "Host: \(request.host)\r\n" }
        for field in request.fields { text += "\(field.name): \(field.value)\r\n" }
        let bytes = Array((text + "\r\n").utf8)
        switch RequestHeadParser.parse(bytes.span, limits: listener.plan.headLimits, into: &exchange.request) {
        case .complete(bytes.count): break
        case .complete, .needMore: return .malformedRequest
        case .invalid(let violation): return RequestRules.reason(for: violation)
        }
        exchange.clientVersion = exchange.request.version
        guard case .body(let framing) = MessageFraming.request(exchange.request) else { return .malformedRequest }
        exchange.requestFraming = framing
        exchange.upgradeField = exchange.request.first(.upgrade)
        let signals = HopByHop.strip(&exchange.request)
        if signals.contains(.malformed) { return .malformedRequest }
        if !signals.contains(.upgrade) { exchange.upgradeField = nil }
        exchange.acceptsTrailers = signals.contains(.trailers)
        exchange.request.remove(.contentLength)
        if !listener.plan.allowsUnderscores { RequestRules.dropAmbiguousNames(&exchange.request) }
        return nil
    }

    private func pass(_ exchange: Exchange) {
        let isRouted = exchange.findRoute()
        // Before filters change what the routes were asked about.
        noteRouting(exchange)
        guard isRouted, let route = exchange.route, exchange.admit(route) else { return }
        guard exchange.passRequestFilters(route, from: 0), let upstream = route.upstream else { return }
        result.outcome = .forward(forwarding(exchange, upstream))
    }

    // MARK: What was found

    private func describe(_ exchange: Exchange) {
        result.host = exchange.host.text
        result.path = exchange.path.text
        result.clientAddress = "\(exchange.clientAddress)"
        result.bodyBytesMax = exchange.bodyBytesMax
        if let answer = stream.answer { result.outcome = .answer(answer) }
    }

    private func noteRouting(_ exchange: Exchange) {
        if let site = exchange.site {
            result.site = site.plan.name
            result.siteHosts = site.plan.hosts.map(\.description)
            result.refusals = site.refusals(exchange, worker.router.bench)
        }
        if let route = exchange.route {
            result.route = route.plan.name
            result.routeOrigin = route.plan.origin
            result.routeConditions = route.plan.allConditions.map(\.description)
        }
        noteCaptures(exchange)
    }

    private func noteCaptures(_ exchange: Exchange) {
        guard let captures = exchange.captures, let pattern = captures.pathPattern else { return }
        let names = Dictionary(pattern.groupNames.map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        for number in 1..<(pattern.groupCount + 1) {
            guard let range = captures.path(.number(number)) else { continue }
            result.captures.append((names[number] ?? "\(number)", exchange.path.extracting(range).text))
        }
    }

    // MARK: Forwarding

    private func forwarding(_ exchange: Exchange, _ upstream: UpstreamRuntime) -> Explanation.Forwarding {
        exchange.upstream = upstream
        let server = upstream.pick(for: exchange)
        exchange.target = server
        let route = exchange.route
        return Explanation.Forwarding(
            head: head(exchange, server ?? upstream.servers.first), upstream: upstream.plan.name,
            candidates: upstream.servers.map(candidate),
            serverProtocol: (server ?? upstream.servers.first)?.spokenProtocol ?? upstream.plan.serverProtocol,
            server: server?.plan.name,
            rule: server == nil ? "no server may take it" : "\(exchange.pickReason.name)",
            timeouts: route?.serverTimeouts ?? ServerTimeouts(), retries: upstream.plan.retries,
            breaker: upstream.plan.breaker,
            split: split(exchange),
            mirror: route?.plan.mirror.map { (plan.upstreams[$0.upstream].name, $0.sharePercent) },
            responseChanges: ResponseSample.changes(exchange, server))
    }

    /// The upstreams among which the route divides its requests.
    private func split(_ exchange: Exchange) -> [(upstream: String, weight: Int)] {
        let parent = exchange.site?.routes.first { $0.split?.has(exchange.route) == true }
        guard case .split(let split) = parent?.plan.action else { return [] }
        return split.choices.map { (plan.upstreams[$0.upstream].name, $0.weight) }
    }

    private func candidate(_ server: ServerRuntime) -> Explanation.Candidate {
        let plan = server.plan
        var excluded: String?
        if plan.weight == 0 { excluded = "weight is 0" }
        if plan.drain != .off { excluded = "drains" }
        if plan.address == nil { excluded = "its name does not resolve" }
        return Explanation.Candidate(
            name: plan.name, weight: plan.weight, tier: plan.tier, tlsName: plan.tlsName.map { "\($0)" },
            isVerified: server.upstreamPlan.tls?.settings.trust != nil, excluded: excluded)
    }

    private func head(_ exchange: Exchange, _ server: ServerRuntime?) -> [String] {
        guard let server else { return [] }
        if server.spokenProtocol == .http2 { return HTTP2HeadSample.lines(exchange, server) }
        var out = ByteBuffer()
        RequestWriter.write(
            exchange, host: exchange.route?.ownHost(for: server.plan), fallbackHost: server.plan.host, into: &out)
        return out.span.text.split(separator: "\r\n").map(String.init)
    }
}

extension SiteRuntime {
    /// Why the routes before the exchange's own did not take it: all of the site's when none did.
    fileprivate func refusals(_ exchange: Exchange, _ bench: Bench) -> [Explanation.Refusal] {
        let end = routes.firstIndex { $0 === exchange.route || $0.split?.has(exchange.route) == true } ?? routes.count
        return routes[..<end].compactMap { $0.refusal(exchange, bench) }
    }
}

extension RouteRuntime {
    /// Asks again, this time with words.
    fileprivate func refusal(_ exchange: Exchange, _ bench: Bench) -> Explanation.Refusal? {
        let paths = RouteProgram(plan.paths.isEmpty ? [] : [.path(plan.paths)])
        var refusal = Explanation.Refusal(route: plan.name, origin: plan.origin, why: "", isPathTaken: true)
        if let why = paths.objection(exchange, bench) {
            refusal.isPathTaken = false
            refusal.why = why
        } else {
            guard let why = RouteProgram(plan.conditions).objection(exchange, bench) else { return nil }
            refusal.why = why
        }
        return refusal
    }
}

/// Takes what Gatehouse would answer itself.
private final class AnswerCatcher: InternalClientStream {
    private(set) var answer: Explanation.OwnAnswer?

    func sendHead(_ exchange: Exchange, framing: BodyFraming) {
        answer = Explanation.OwnAnswer(
            status: exchange.response.status, fields: exchange.response.fieldLines(), reason: "\(exchange.reason.name)")
    }

    func sendBody(_ bytes: Span<UInt8>) -> Flow { .open }
    func sendEnd(_ exchange: Exchange) {}
    func flush() {}
    func abort() {}
    func resumeRequestBody() {}
}

extension MessageHead {
    /// The fields that are there, as `Name: value`. For people.
    borrowing func fieldLines() -> [String] {
        (0..<fieldCount).filter { !field($0).isRemoved }.map { "\(name($0).text): \(value($0).text)" }
    }
}
