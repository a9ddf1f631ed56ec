// What a server sends on a stream: heads, bodies, ends, and what must not come.

import GateCore
import GateEngine
import GateHTTP
import GateHTTP2

extension HTTP2ServerStream {
    /// Informational heads before the final one. A server that sends more means no good.
    private static let informationalMax = 1000

    // MARK: Heads

    /// A head is in the worker's workspace.
    func receivedHead(isEnd: Bool) {
        guard state == .active, let exchange else { return }
        exchange.response.reset()
        swap(&exchange.response, &worker.http2Workspace.head)
        isPeerDone = isEnd
        connection.touch(self)
        if exchange.response.status < 200 { informationalHead(exchange) } else { finalHead(exchange) }
    }

    private func informationalHead(_ exchange: Exchange) {
        if exchange.rival != nil { _ = settleHedge(exchange, finalHead: false) }
        exchange.informationalCount += 1
        guard exchange.informationalCount <= Self.informationalMax else { return fail(.badResponse) }
        _ = HopByHop.strip(&exchange.response)
        exchange.response.remove(.contentLength)
        exchange.informational()
        // It lives: from here on it is the time between two frames that counts.
        if state == .active && (isRequestSent || exchange.expectsContinue) {
            setDeadline(isRequestSent ? timeouts.readMs : 0)
        }
    }

    private func finalHead(_ exchange: Exchange) {
        if exchange.upgradeField != nil && (200...299).contains(exchange.response.status) {
            return beginTunnel(exchange)
        }
        guard let framing = framing(exchange) else { return fail(.badResponse) }
        let rejoins = exchange.rival != nil && !settleHedge(exchange, finalHead: true)
        connection.server.noteAnswer(exchange.response.status, exchange)
        guard !HopByHop.strip(&exchange.response).contains(.malformed) else { return fail(.badResponse) }
        if exchange.response.status == 204 { exchange.response.remove(.contentLength) }
        part = .body
        setDeadline(timeouts.readMs)
        if rejoins {
            discard()
            exchange.server = nil
            return exchange.focusOnRival()
        }
        let lowestStatus = connection.server.upstreamPlan.retries.lowestStatus
        if exchange.response.status >= lowestStatus, let next = exchange.serverInsteadOfAnswer() {
            discard()
            return exchange.retryInsteadOfAnswer(at: next)
        }
        exchange.responseHead(framing: framing)
        guard isStill(exchange) else { return }
        if !exchange.takesResponse { pause() } else if isPeerDone { finish(exchange) }
    }

    /// Nobody wants the rest.
    private func discard() {
        borrowedExchange = nil
        leave()
    }

    /// How the response goes on towards the client; nil when its length makes no sense.
    private func framing(_ exchange: Exchange) -> BodyFraming? {
        guard case .body(let declared) = MessageFraming.response(exchange.response, to: exchange.request.method) else {
            return nil
        }
        guard declared == .untilClose else { return declared }
        return isPeerDone ? .length(0) : .chunked
    }

    /// The first to answer wins, unless its answer is one after which others are asked: then the other goes on.
    private func settleHedge(_ exchange: Exchange, finalHead: Bool) -> Bool {
        exchange.focus(on: self)
        let statuses = connection.server.upstreamPlan.retries.statuses
        if finalHead, statuses.contains(exchange.response.status) { return false }
        exchange.settleHedge()
        return true
    }

    /// RFC 8441 §5: what is a 101 elsewhere is any success here.
    private func beginTunnel(_ exchange: Exchange) {
        becomeTunnel()
        exchange.response.remove(.contentLength)
        exchange.response.status = 101
        exchange.response.reasonRange = 0..<0
        answerKey(exchange)
        exchange.beginTunnel()
        if isStill(exchange), isPeerDone { endTunnelFromServer(exchange) }
    }

    /// The server has seen no key (RFC 8441 §5), so the answer to it is ours to make.
    private func answerKey(_ exchange: Exchange) {
        guard let index = exchange.request.first(.secWebSocketKey) else { return }
        let value = exchange.requestValue(index)
        let accept = WebSocketKey.accept(for: (0..<value.count).map { value[$0] })
        exchange.response.set(.secWebSocketAccept, accept.span)
    }

    // MARK: Bodies

    func receivedData(_ bytes: Span<UInt8>) {
        guard let borrowedExchange else { return }
        connection.touch(self)
        if isPaused || !received.isEmpty { return keep(bytes) }
        let flow = borrowedExchange.with { pass(bytes, to: $0) }
        guard state == .active || state == .tunnel else { return }
        connection.core.consumed(index, bytes.count, into: &connection.out.buffer)
        if flow == .full { pause() } else if state == .active { setDeadline(timeouts.readMs) }
    }

    private func pass(_ bytes: Span<UInt8>, to exchange: Exchange) -> Flow {
        state == .tunnel ? exchange.tunnelFromServer(bytes) : exchange.responseBody(bytes)
    }

    private func keep(_ bytes: Span<UInt8>) {
        if received.capacity == 0 { received = worker.pool.take() }
        received.append(bytes)
    }

    private func pause() {
        isPaused = true
        clearDeadline()
    }

    /// The exchange takes bytes again.
    func deliver() {
        isResuming = false
        guard isPaused, state == .active || state == .tunnel, let exchange else { return }
        isPaused = false
        connection.touch(self)
        if !received.isEmpty {
            var waiting = received.takeOut()
            let count = waiting.count
            let flow = pass(waiting.span, to: exchange)
            worker.pool.give(waiting.takeOut())
            guard isStill(exchange) else { return }
            connection.out.prepare(worker.pool)
            connection.core.consumed(index, count, into: &connection.out.buffer)
            connection.writeLater()
            if flow == .full { return pause() }
        }
        if isPeerDone { return ended(exchange) }
        if state == .active { setDeadline(timeouts.readMs) }
    }

    func receivedTrailers() {
        guard state == .active, let exchange else { return receivedEnd() }
        exchange.hasTrailers = true
        exchange.responseTrailers.reset()
        swap(&exchange.responseTrailers, &worker.http2Workspace.head)
        receivedEnd()
    }

    func receivedEnd() {
        guard let exchange else { return }
        isPeerDone = true
        connection.touch(self)
        if !isPaused && received.isEmpty { ended(exchange) }
    }

    private func ended(_ exchange: Exchange) {
        if state == .tunnel { endTunnelFromServer(exchange) } else { finish(exchange) }
    }

    private func endTunnelFromServer(_ exchange: Exchange) { exchange.tunnelServerEnded() }

    /// The response is whole. The exchange may go on with the client alone.
    private func finish(_ exchange: Exchange) {
        part = .done
        exchange.server = nil
        exchange.attemptEnded()
        borrowedExchange = nil
        connection.answered()
        leave()
        exchange.responseEnd()
        exchange.flushResponse()
    }

    /// What was handed on shall leave now.
    func flushResponse() {
        isTouched = false
        borrowedExchange?.with { $0.flushResponse() }
    }

    /// Whether the exchange is still here, after a call into it.
    private func isStill(_ exchange: Exchange) -> Bool {
        (state == .active || state == .tunnel) && borrowedExchange?.with { $0 === exchange } == true
    }

    // MARK: Resets

    /// The server wants no more of the stream, or never began with it.
    func receivedReset(_ code: HTTP2ErrorCode) {
        // RFC 9113 §8.1: the response is whole, and only the request's rest is not wanted.
        if isPeerDone && part != .nothing && exchange != nil && state == .active { return }
        switch code {
        case .refusedStream where part == .nothing: refused()
        case .http11Required where part == .nothing && !connection.pool.isOnlyProtocol:
            exchange?.needsHTTP1 = true
            fail(.streamRefused, sent: .nothing, wasReused: true)
        default:
            guard state == .tunnel else { return fail(.serverReset, sent: sent, wasReused: false) }
            // It had said all before, and wants to hear no more.
            fail(isPeerDone || code == .noError ? .tunnelClosed : .serverClosed)
        }
    }

    /// RFC 9113 §8.7: nothing was done, so the request may go elsewhere whatever it is.
    private func refused() {
        connection.refusedStream()
        fail(.streamRefused, sent: .nothing, wasReused: true)
    }
}
