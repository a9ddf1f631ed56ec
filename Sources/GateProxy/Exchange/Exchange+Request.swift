// The request's way: checks, route, filters, server.

import GateCore
import GateEngine
import GateHTTP

extension Exchange {
    /// The head is there, its framing is decided and its hop-by-hop fields are gone: go.
    func begin() {
        guard findRoute() else { return }
        borrowedRoute?.with { if admit($0) { runRequestFilters($0, from: 0) } }
    }

    /// Reads what is asked for and gives it its route; false when that was the end of it.
    func findRoute() -> Bool {
        stage = .requestFilters
        startNs = worker.loop.nowNs
        isRequestBodyDone = requestFraming == .none || requestFraming == .length(0)
        return worker.borrowedRouter.with { findRoute(by: $0) }
    }

    private func findRoute(by router: Router) -> Bool {
        hold(router)
        if let failure = readTarget() { return refuse(failure) }
        if worker.hasChallenges, let answer = worker.material.answer(to: self) {
            self.answer(answer, reason: .answered)
            return false
        }
        if let tls = facts.tls, !tls.with({ $0.serves(host) }) { return refuse(.misdirected) }
        return router.route(self) || refuse(router.failure)
    }

    /// What a route says before its filters do; false when that was the end of it.
    func admit(_ route: RouteRuntime) -> Bool {
        use(route)
        // What would be left of it is no request that the client made.
        if isExtendedConnect && upgradeField == nil { return refuse(.upgradeRefused) }
        if let failure = checkEncodings(route) { return refuse(failure) }
        if request.mayHave(.maxForwards), let answer = MaxForwards.settle(&request) {
            self.answer(answer, reason: .answered)
            return false
        }
        return true
    }

    private func refuse(_ reason: EndReason) -> Bool {
        fail(reason)
        return false
    }

    private func use(_ route: RouteRuntime) {
        bodyBytesMax = route.bodyBytesMax
        let limitMs = route.requestMs
        if limitMs > 0 { requestDueMs = worker.loop.nowMs + UInt64(limitMs) }
        if request.mayHave(.contentType) { boundByGRPCTimeout() }
        if upgradeField != nil && !route.allowsUpgrade(self) { upgradeField = nil }
    }

    /// Splits the target, finds the host and writes both in normal form. RFC 9112 §3.2, RFC 9110 §7.2.
    private func readTarget() -> EndReason? {
        switch RequestTarget.parse(requestTarget, method: request.method) {
        case .invalid: return .malformedRequest
        case .target(let parts): targetParts = parts
        }
        if targetParts.form == .authority { return .methodRefused }
        // RFC 9110 §7.4: what is asked for by https must have come by it.
        if targetParts.isSecure && !facts.isSecure && !facts.isPeerTrusted { return .misdirected }
        if request.method == .connect { return .methodRefused }
        if let failure = readHost() { return failure }
        return normalizePath()
    }

    private func readHost() -> EndReason? {
        if let first = request.first(.host) {
            if request.first(.host, from: first + 1) != nil { return .malformedRequest }
            guard let rules = HostRules.parse(requestValue(first)) else { return .malformedRequest }
            if targetParts.form != .absolute { rules.appendRoutingForm(of: requestValue(first), to: &normalized) }
        } else if request.version != .http10 {
            return .malformedRequest
        }
        if targetParts.form == .absolute {
            // RFC 9112 §3.2.2: the target's authority replaces the Host field.
            let authority = requestTarget.extracting(targetParts.authority)
            guard let rules = HostRules.parse(authority) else { return .malformedRequest }
            rules.appendRoutingForm(of: authority, to: &normalized)
        }
        hostCount = normalized.count
        if targetParts.form == .absolute { replaceHost() }
        return nil
    }

    /// Host is made anew from an absolute target.
    private func replaceHost() {
        var authority = worker.pool.take()
        authority.append(requestTarget.extracting(targetParts.authority))
        request.set(.host, authority.span)
        worker.pool.give(authority)
    }

    private func normalizePath() -> EndReason? {
        // RFC 9112 §3.2.4: OPTIONS for an absolute target without path and query is for the server as a whole.
        let isWhole = request.method == .options && targetParts.path.isEmpty && targetParts.query.isEmpty
        guard targetParts.form != .asterisk && !isWhole else {
            normalized.append(byte: 0x2A)
            return nil
        }
        let path = requestTarget.extracting(targetParts.path)
        if path.isEmpty {
            normalized.append(byte: ASCII.slash)
            return nil
        }
        switch PathNormalizer.normalize(path, into: &normalized) {
        case .unchanged: normalized.append(path)
        case .written: break
        case .invalid(.forbiddenEncoding):
            normalized.dropLast(normalized.count - hostCount)
            pathIsNormal = false
            // Route as if all were allowed; the route then says whether they are.
            switch PathNormalizer.normalize(path, allowing: [.slash, .backslash, .null], into: &normalized) {
            case .unchanged: normalized.append(path)
            case .written: break
            case .invalid: return .malformedRequest
            }
        case .invalid: return .malformedRequest
        }
        return nil
    }

    private func checkEncodings(_ route: RouteRuntime) -> EndReason? {
        if pathIsNormal { return nil }
        pathIsNormal = true
        var unused = worker.pool.take()
        let path = requestTarget.extracting(targetParts.path)
        let outcome = PathNormalizer.normalize(path, allowing: route.plan.allowedEncodings, into: &unused)
        var climbs = EncodedSegments.climb(path)
        if !unused.isEmpty { climbs = EncodedSegments.climb(unused.span) || climbs }
        worker.pool.give(unused)
        if case .invalid = outcome { return .malformedRequest }
        if climbs { return .malformedRequest }
        return nil
    }

    // MARK: Filters

    func runRequestFilters(from start: Int) {
        guard let route else { return fail(.noRoute) }
        runRequestFilters(route, from: start)
    }

    private func runRequestFilters(_ route: RouteRuntime, from start: Int) {
        guard passRequestFilters(route, from: start) else { return }
        guard let upstream = route.borrowedUpstream else { return fail(.noRoute) }
        upstream.with { forward(to: $0) }
    }

    /// Whether all of them let the request go on, now.
    func passRequestFilters(_ route: RouteRuntime, from start: Int) -> Bool {
        var index = start
        while index < route.requestHeadFilters.count {
            switch route.requestHeadFilters.with(index, { $0.requestHead(self) }) {
            case .next: index += 1
            case .answer(let answer):
                self.answer(answer, reason: .answered)
                return false
            case .wait:
                waitingFilter = index + 1
                return false
            }
            if stage != .requestFilters { return false }
        }
        return true
    }

    // MARK: Server

    func forward(to upstream: UpstreamRuntime) {
        self.upstream = upstream
        if let admission = upstream.admission, !enter(admission) { return }
        upstream.noteRequest(worker.loop.nowMs)
        if upstream.plan.retries.hedgeAfterMs > 0 && !isPassthrough {
            armHedge(afterMs: upstream.plan.retries.hedgeAfterMs)
        }
        connect(by: upstream)
    }

    /// Finds a connection for the request, or says why there is none.
    func connect() {
        guard let upstream else { return fail(.noServer) }
        connect(by: upstream)
    }

    private func connect(by upstream: UpstreamRuntime) {
        // Nobody jumps the queue.
        if let queue = upstream.queue, !queue.isEmpty { return standInLine(upstream) }
        guard let target = upstream.pick(for: self) else { return waitForServer() }
        connect(to: target)
    }

    func connect(to target: ServerRuntime) {
        // Another worker may have been quicker.
        guard target.admit(self) else { return rival == nil ? connect() : focusOnRival() }
        connect(toAdmitted: target)
    }

    func connect(toAdmitted target: ServerRuntime) {
        stage = .connecting
        attempts += 1
        attemptNs = worker.loop.nowNs
        attemptBegan(at: target)
        target.open(for: self)
    }

    /// The request's head went out; the body may follow.
    func serverReady(_ server: any ServerStream) {
        stage = .forwarding
        isServerFull = false
        if connectNs == 0 { connectNs = worker.loop.nowNs }
        if attempts > 1 && replay.count > 0 { sendReplay(server) }
        // Each step may fail and find another server in the meantime.
        guard self.server === server else { return }
        if isRequestBodyDone {
            server.sendEnd(self)
            server.flush()
        } else {
            server.flush()
            guard self.server === server else { return }
            client?.resumeRequestBody()
        }
    }

    private func sendReplay(_ server: any ServerStream) {
        // Not from the buffer in place: a failure on the way empties it.
        var copy = worker.pool.take()
        copy.append(replay.span)
        _ = server.sendBody(copy.span)
        worker.pool.give(copy)
    }

    /// Whether the client's side should read body now.
    var takesRequestBody: Bool {
        !isServerFull && server != nil && (stage == .forwarding || stage == .responseFilters || stage == .responding)
    }

    /// A piece of the request's body, borrowed.
    func requestBody(_ bytes: Span<UInt8>) {
        requestBodyBytes &+= bytes.count
        if requestBodyBytes > bodyBytesMax { return fail(.bodyTooLarge) }
        let before = server
        if passRequestBody(bytes, from: 0) == .full, server === before { isServerFull = true }
    }

    func passRequestBody(_ bytes: Span<UInt8>, from index: Int) -> Flow {
        if let route = borrowedRoute, let flow = route.with({ filterRequestBody($0, bytes, from: index) }) {
            return flow
        }
        guard let server else { return .full }
        keepForReplay(bytes)
        return server.sendBody(bytes)
    }

    private func filterRequestBody(_ route: RouteRuntime, _ bytes: Span<UInt8>, from index: Int) -> Flow? {
        guard index < route.requestBodyFilters.count else { return nil }
        let next = BodyOutput(exchange: self, direction: .request, index: index + 1)
        return route.requestBodyFilters.with(index) { $0.requestBody(self, bytes, next) }
    }

    /// Small bodies are kept until the response begins, so that they can be sent again.
    private func keepForReplay(_ bytes: Span<UInt8>) {
        guard isReplayable, !isResponseHeadSent, stage == .forwarding else { return }
        guard mayReplayMethod, replay.count + bytes.count <= Worker.replayBytesMax else {
            isReplayable = false
            return releaseReplay()
        }
        if replay.capacity == 0 { replay = worker.pool.take() }
        replay.append(bytes)
    }

    /// Idempotent requests may be sent again; and every other one to a server that says of a stream that it did nothing for
    /// it, which HTTP/2 alone can (RFC 9113 §8.7).
    var mayReplayMethod: Bool {
        request.method.isIdempotent || (borrowedUpstream?.with { $0.plan.serverProtocol != .http1 } ?? false)
    }

    func releaseReplay() {
        guard replay.capacity > 0 else { return }
        worker.pool.give(replay.takeOut())
    }

    /// The request's body is over; `requestTrailers` is filled.
    func requestEnd() {
        isRequestBodyDone = true
        if let route = borrowedRoute, route.with({ !$0.requestBodyFilters.isEmpty }) {
            let route = route.object
            for index in 0..<route.requestBodyFilters.count {
                let next = BodyOutput(exchange: self, direction: .request, index: index + 1)
                route.requestBodyFilters.with(index) { $0.requestEnd(self, next) }
            }
        }
        server?.sendEnd(self)
    }

    func flushRequest() { server?.flush() }

    /// The server takes more.
    func serverDrained() {
        guard isServerFull else { return }
        isServerFull = false
        client?.resumeRequestBody()
    }
}
