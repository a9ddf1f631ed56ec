// What a server sends: heads, bodies, ends, and what must not come.

import GateCore
import GateEngine
import GateHTTP
import GateHTTP1
import GateTLS

extension HTTP1ServerConnection {
    /// Whether bytes would be taken.
    private var wantsInput: Bool {
        switch state {
        case .active: !isPaused && part != .done
        case .discarding: part != .done
        case .tunnel: !isPaused && !isTunnelReadOver
        case .connecting, .handshake, .idle, .closed: false
        }
    }

    func readInput() {
        guard drainPipe() else { return }
        input.readAll(from: socket, worker, while: { wantsInput }, use: { process($0) }, read: { readOnce() })
        if state == .active && part == .body && !isPaused { setDeadline(timeouts.readMs) }
        borrowedExchange?.with { $0.flushResponse() }
    }

    private static let firstReadBytes = 16 << 10

    /// False when there is nothing more to read now.
    private func readOnce() -> Bool {
        if input.isEmpty, let goesOn = spliceBody() { return goesOn }
        // The head and a little more: the rest of a large body need not be copied.
        let max = part == .nothing ? Self.firstReadBytes : .max
        let result = input.read(from: socket, max: max, worker) { bytes, _ in process(bytes) }
        switch result {
        case .bytes: return true
        case .wouldBlock: return false
        case .end:
            ended()
            return false
        case .failed:
            failed()
            return false
        }
    }

    /// Uses what it can of the bytes and says how many.
    private func process(_ bytes: Span<UInt8>) -> Int {
        let used = take(bytes)
        // Bytes behind a whole response were not asked for.
        if state == .idle && used < bytes.count { close() }
        return state == .closed ? bytes.count : used
    }

    private func take(_ bytes: Span<UInt8>) -> Int {
        var at = 0
        while at < bytes.count && wantsInput {
            if state == .discarding { return discard(bytes, from: at) }
            guard let exchange = borrowedExchange else { return bytes.count }
            if state == .tunnel {
                let rest = bytes.extracting(at..<bytes.count)
                if exchange.with({ $0.tunnelFromServer(rest) }) == .full { isPaused = true }
                return bytes.count
            }
            let next = exchange.with { part == .body ? takeBody(bytes, at, $0) : takeHead(bytes, at, $0) }
            guard let next else { return at }
            at = next
        }
        return at
    }

    /// Informational heads before the final one. A server that sends more means no good.
    private static let informationalMax = 1000

    // MARK: Heads

    /// The index behind the head, or nil when more bytes are needed or the exchange is over.
    private func takeHead(_ bytes: Span<UInt8>, _ at: Int, _ exchange: Exchange) -> Int? {
        let limits = server.upstreamPlan.responseHeadLimits
        part = .head
        switch ResponseHeadParser.parse(bytes.extracting(at..<bytes.count), limits: limits, into: &exchange.response) {
        case .needMore:
            // A head that trickles in is bounded as a whole by the first-byte timeout, which is not moved.
            return nil
        case .invalid:
            fail(.badResponse)
            return nil
        case .complete(let count):
            let isFinal = exchange.response.status >= 200
            let isOver = isFinal ? finalHead(exchange) : informationalHead(exchange)
            // The exchange went elsewhere and left the body behind: the head is used up.
            let isLeft = state == .discarding || state == .idle
            return isOver && !isLeft ? nil : at + count
        }
    }

    /// True when the connection is of no more use to the caller.
    private func informationalHead(_ exchange: Exchange) -> Bool {
        if exchange.response.status == 101 { return switchProtocols(exchange) }
        if exchange.rival != nil { _ = settleHedge(exchange, finalHead: false) }
        exchange.informationalCount += 1
        guard exchange.informationalCount <= Self.informationalMax else {
            fail(.badResponse)
            return true
        }
        _ = HopByHop.strip(&exchange.response)
        exchange.response.remove(.contentLength)
        exchange.informational()
        part = .nothing
        // It lives: from here on it is the time between two reads that counts.
        if isRequestSent || exchange.expectsContinue { setDeadline(isRequestSent ? timeouts.readMs : 0) }
        return state == .closed
    }

    private func switchProtocols(_ exchange: Exchange) -> Bool {
        guard exchange.upgradeField != nil, exchange.isUpgradeConfirmed else {
            fail(.badResponse)
            return true
        }
        beginTunnel()
        exchange.beginTunnel()
        return state == .closed
    }

    private func finalHead(_ exchange: Exchange) -> Bool {
        let framing: BodyFraming
        switch MessageFraming.response(exchange.response, to: exchange.request.method) {
        case .violation:
            fail(.badResponse)
            return true
        case .body(let decided): framing = decided
        }
        let rejoins = exchange.rival != nil && !settleHedge(exchange, finalHead: true)
        server.noteAnswer(exchange.response.status, exchange)
        let asked = exchange.response.status == 426 ? exchange.response.first(.upgrade) : nil
        let signals = HopByHop.strip(&exchange.response)
        guard !signals.contains(.malformed) else {
            fail(.badResponse)
            return true
        }
        // RFC 9110 §15.5.22: 426 says what to upgrade to.
        if let asked {
            exchange.response.add(.connection, "upgrade")
            exchange.response.add(.upgrade, exchange.responseValue(asked))
        }
        isPersistent = isPersistent && staysOpen(exchange.response.version, signals)
        let status = exchange.response.status
        if status == 204 { exchange.response.remove(.contentLength) }
        body = BodyReader(framing)
        part = body.isDone ? .done : .body
        setDeadline(timeouts.readMs)
        if rejoins {
            discard()
            exchange.server = nil
            exchange.focusOnRival()
            return true
        }
        if status >= server.upstreamPlan.retries.lowestStatus, let next = exchange.serverInsteadOfAnswer() {
            discard()
            exchange.retryInsteadOfAnswer(at: next)
            return true
        }
        exchange.responseHead(framing: framing)
        guard state != .closed, self.exchange === exchange else { return true }
        if !exchange.takesResponse { pause() } else if part == .done { finish(exchange) }
        return false
    }

    /// The first to answer wins, unless its answer is one after which others are asked: then the other goes on.
    private func settleHedge(_ exchange: Exchange, finalHead: Bool) -> Bool {
        exchange.focus(on: self)
        if finalHead, server.upstreamPlan.retries.statuses.contains(exchange.response.status) { return false }
        exchange.settleHedge()
        return true
    }

    private func staysOpen(_ version: HTTPVersion, _ signals: HopByHop.Signals) -> Bool {
        if signals.contains(.close) { return false }
        return version == .http10 ? signals.contains(.keepAlive) : true
    }

    // MARK: Bodies

    private func takeBody(_ bytes: Span<UInt8>, _ at: Int, _ exchange: Exchange) -> Int? {
        switch body.next(bytes, from: at) {
        case .data(let range):
            let flow = exchange.responseBody(bytes.extracting(range))
            guard state != .closed, self.exchange === exchange else { return nil }
            if flow == .full { pause() }
            if body.isDone { finish(exchange) }
            return range.upperBound
        case .needMore: return bytes.count
        case .end(let next):
            finish(exchange)
            return next
        case .trailers(let next):
            // What stands before them is used up, whether they are whole or not.
            return next > at ? next : takeTrailers(bytes, next, exchange)
        case .invalid:
            fail(.badResponse)
            return nil
        }
    }

    /// Trailers are parsed when they are whole; until then they wait with the other bytes.
    private func takeTrailers(_ bytes: Span<UInt8>, _ at: Int, _ exchange: Exchange) -> Int? {
        let limits = server.upstreamPlan.responseHeadLimits
        let rest = bytes.extracting(at..<bytes.count)
        exchange.hasTrailers = true
        exchange.responseTrailers.reset()
        switch FieldLines.parse(rest, from: 0, limits: limits, into: &exchange.responseTrailers) {
        case .needMore: return nil
        case .invalid:
            fail(.badResponse)
            return nil
        case .complete(let count):
            exchange.responseTrailers.received.append(rest, 0..<count)
            body.finish()
            finish(exchange)
            return at + count
        }
    }

    func pause() {
        isPaused = true
        socket.clearDeadline()
    }

    /// The response is whole. The exchange may go on with the client alone.
    func finish(_ exchange: Exchange) {
        part = .done
        exchange.server = nil
        exchange.attemptEnded()
        release()
        exchange.responseEnd()
        exchange.flushResponse()
    }

    // MARK: Ends

    func ended() {
        guard let exchange else { return close() }
        if state == .tunnel {
            isTunnelReadOver = true
            return exchange.tunnelServerEnded()
        }
        // RFC 9112 §9.8: over TLS only close_notify ends a body; without it somebody may have cut it.
        if part == .body && body.endsWithClose && tls?.hasPeerSaidGoodbye != false {
            isPersistent = false
            return finish(exchange)
        }
        fail(part == .nothing && input.isEmpty ? .serverClosed : .cutResponse)
    }

    func failed() {
        if let failure = tls?.failure { return failed(failure) }
        if state == .tunnel { return fail(.serverClosed) }
        fail(part == .nothing && input.isEmpty ? .serverClosed : .cutResponse)
    }
}
