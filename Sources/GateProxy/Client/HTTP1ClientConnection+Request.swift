// What a client sends: heads, bodies, and what comes when nothing should.

import GateCore
import GateEngine
import GateHTTP
import GateHTTP1

extension HTTP1ClientConnection {
    /// Whether bytes would be taken.
    private var wantsInput: Bool {
        switch state {
        case .idle, .head, .lingering, .discarding: true
        // While another server is being tried nobody takes body: what is sent now would come before the head.
        case .exchange: !isBodyDone && !isBodyPaused && borrowedExchange?.with { $0.stage } != .connecting
        case .tunnel: !isBodyPaused && !isTunnelReadOver
        case .closed: false
        }
    }

    func readInput() {
        guard drainPipe() else { return }
        input.readAll(from: socket, worker, while: { wantsInput }, use: { process($0) }, read: { readOnce() })
        borrowedExchange?.with { $0.flushRequest() }
    }

    /// False when there is nothing more to read now.
    private func readOnce() -> Bool {
        if input.isEmpty, let goesOn = spliceBody() { return goesOn }
        let result = input.read(from: socket, worker) { note($1) ? process($0) : $0.count }
        switch result {
        case .bytes: return true
        case .wouldBlock: return handshakeConfirmed()
        case .end:
            ended()
            return false
        case .failed:
            closeNow(.clientClosed)
            return false
        }
    }

    /// Bytes have come: deadlines move, rates are measured. False when the client is too slow and has been told.
    private func note(_ count: Int) -> Bool {
        guard state == .exchange, !isBodyDone else { return true }
        bodyDueMs = nextBodyDueMs
        armDeadline()
        let rates = rates
        inputRate.add(count)
        if inputRate.isTooSlow(worker.loop.nowMs, floor: rates.requestBytesPerSecond, windowMs: rates.graceMs) {
            isPersistent = false
            exchange?.fail(.bodyTooSlow)
            return false
        }
        return true
    }

    /// Uses what it can of the bytes and says how many.
    private func process(_ bytes: Span<UInt8>) -> Int {
        var at = 0
        while at < bytes.count {
            let next: Int?
            switch state {
            case .closed, .lingering: return discard(bytes.count - at, bytes.count)
            case .idle, .head: next = takeHead(bytes, at)
            case .exchange: next = wantsInput ? takeBody(bytes, at) : nil
            case .tunnel: next = takeTunnel(bytes, at)
            case .discarding: next = discardBody(bytes, at)
            }
            // What is left is of no use to a connection that ends.
            guard let next else { return state == .closed || state == .lingering ? bytes.count : at }
            at = next
        }
        return at
    }

    private func discard(_ count: Int, _ total: Int) -> Int {
        guard state == .lingering else { return total }
        lingerBytesLeft -= count
        if lingerBytesLeft <= 0 { close() }
        return total
    }

    /// Reads past the body of a request that was answered without it.
    private func discardBody(_ bytes: Span<UInt8>, _ at: Int) -> Int? {
        switch body.next(bytes, from: at) {
        case .data(let range):
            lingerBytesLeft -= range.count
            if body.isDone { discarded() } else if lingerBytesLeft < 0 { lingerOrClose() }
            return range.upperBound
        case .needMore: return bytes.count
        case .end(let next):
            discarded()
            return next
        case .trailers, .invalid:
            lingerOrClose()
            return nil
        }
    }

    private func lingerOrClose() {
        isBodyDone = false
        linger()
    }

    // MARK: Heads

    private func takeHead(_ bytes: Span<UInt8>, _ start: Int) -> Int? {
        var start = start
        if bytes[start] == ASCII.carriageReturn {
            start += RequestHeadParser.leadingEmptyLines(bytes.extracting(start..<bytes.count))
            if start == bytes.count { return start }
        }
        let rest = bytes.extracting(start..<bytes.count)
        if requestsServed == 0, tls == nil, listener.plan.protocols.contains(.http2), rest[0] == HTTP2Preface.firstByte
        {
            switch HTTP2Preface.compare(rest) {
            case .other: break
            case .partial:
                if state == .idle { beginHead() }
                return nil
            case .whole:
                becomeHTTP2(rest)
                return nil
            }
        }
        if state == .head && isHopeless(rest) { return nil }
        let exchange = newExchange()
        switch RequestHeadParser.parse(rest, limits: listener.plan.headLimits, into: &exchange.request) {
        case .needMore:
            if state == .idle { beginHead() }
            headBytesSeen = rest.count
            dropExchange(exchange)
            return nil
        case .invalid(let violation):
            beginExchange(exchange)
            // RFC 9110 §9.3.2: no body for HEAD, even when the rest of its head is wrong.
            if rest.count >= 5 && ASCII.spells(rest.extracting(0..<5), "HEAD ") { exchange.request.method = .head }
            refuse(exchange, violation)
            return nil
        case .complete(let count):
            if let tls, tls.mayBeReplayed, !RequestRules.mayBeEarly(exchange.request) {
                awaitHandshake()
                dropExchange(exchange)
                return nil
            }
            beginExchange(exchange)
            settle(exchange)
            return start + count
        }
    }

    // MARK: Early data

    /// The request stays where it is, unread, until the handshake is over. Early data is bounded, so this is.
    private func awaitHandshake() {
        if state == .idle { beginHead() }
        awaitsHandshake = true
        // The same bytes are to be looked at again.
        headBytesSeen = 0
    }

    /// Whether a request that was held back may be answered now.
    private func handshakeConfirmed() -> Bool {
        guard awaitsHandshake, state == .head, tls?.mayBeReplayed == false else { return false }
        awaitsHandshake = false
        return true
    }

    /// A head that trickles in is parsed anew for each line, not for each byte.
    private func isHopeless(_ bytes: Span<UInt8>) -> Bool {
        bytes.count < listener.plan.headLimits.startLineBytes && headBytesSeen <= bytes.count
            && ASCII.index(of: ASCII.lineFeed, in: bytes, from: headBytesSeen) == bytes.count
    }

    /// The first byte of a head is there: from now on the whole head has a bounded time.
    private func beginHead() {
        state = .head
        headDueMs = worker.loop.due(listener.plan.timeouts.headMs)
        armDeadline()
    }

    private func newExchange() -> Exchange { worker.takeExchange() }

    /// A head that is not whole needs no exchange yet.
    private func dropExchange(_ exchange: Exchange) { worker.giveBack(exchange) }

    private func beginExchange(_ exchange: Exchange) {
        facts.isPeerTrusted = facts.isPeerKnown && worker.trustedProxies.contains(facts.peerAddress)
        facts.redirectsToHTTPS = listener.plan.redirectsToHTTPS
        if let tls { facts.isEarly = tls.mayBeReplayed }
        self.exchange = exchange
        state = .exchange
        exchange.client = self
        exchange.listener = listener
        exchange.stage = .requestFilters
        exchange.facts = facts
        exchange.clientVersion = exchange.request.version
        exchange.startNs = worker.loop.nowNs
        isResponseOver = false
        isBodyDone = true
        isBodyPaused = true
        owesDrained = false
        endsWithClose = false
        sendsChunks = false
        bodyDueMs = .max
        writeDueMs = .max
        socket.clearDeadline()
    }

    /// What concerns this connection alone is settled here; the rest is the exchange's.
    private func settle(_ exchange: Exchange) {
        switch MessageFraming.request(exchange.request) {
        case .violation(let violation): return refuse(exchange, violation)
        case .body(let framing): exchange.requestFraming = framing
        }
        if let violation = settleConnection(exchange) { return refuse(exchange, violation) }
        if !listener.plan.allowsUnderscores { RequestRules.dropAmbiguousNames(&exchange.request) }
        if exchange.request.mayHave(.expect), let failure = RequestRules.settleExpectation(exchange) {
            isPersistent = false
            isBodyDone = exchange.requestFraming == .none
            return exchange.fail(failure)
        }
        body = BodyReader(exchange.requestFraming)
        isBodyDone = body.isDone
        inputRate = RateMeter()
        exchange.begin()
        if state == .exchange { armDeadline() }
    }

    private func settleConnection(_ exchange: Exchange) -> HTTPViolation? {
        exchange.upgradeField = exchange.request.first(.upgrade)
        let signals = HopByHop.strip(&exchange.request)
        if signals.contains(.malformed) { return .badFieldValue }
        let isOld = exchange.request.version == .http10
        isPersistent = !signals.contains(.close) && (!isOld || signals.contains(.keepAlive))
        if requestsServed + 1 >= listener.plan.requestsPerConnectionMax { isPersistent = false }
        // RFC 9110 §7.8: an upgrade needs the connection option, HTTP/1.1, and here a request without a body.
        if !signals.contains(.upgrade) || isOld || !hasNoBody(exchange) { exchange.upgradeField = nil }
        exchange.acceptsTrailers = signals.contains(.trailers) && !isOld
        exchange.request.remove(.contentLength)
        return nil
    }

    private func hasNoBody(_ exchange: Exchange) -> Bool {
        exchange.requestFraming == .none || exchange.requestFraming == .length(0)
    }

    // MARK: Refusals

    /// A head that breaks a rule: say so, and close.
    private func refuse(_ exchange: Exchange, _ violation: HTTPViolation) {
        isPersistent = false
        isBodyDone = false
        exchange.fail(RequestRules.reason(for: violation))
    }

    /// The head did not come in time: answer a request that was begun, close what was not.
    func refuse(_ reason: EndReason) {
        let exchange = newExchange()
        beginExchange(exchange)
        isPersistent = false
        isBodyDone = false
        exchange.fail(reason)
    }

    // MARK: Bodies

    private func takeBody(_ bytes: Span<UInt8>, _ at: Int) -> Int? {
        guard let exchange else { return bytes.count }
        switch body.next(bytes, from: at) {
        case .data(let range):
            exchange.requestBody(bytes.extracting(range))
            guard state == .exchange, self.exchange === exchange else { return range.upperBound }
            if body.isDone { bodyOver(exchange) } else if !exchange.takesRequestBody { pauseBody() }
            return range.upperBound
        case .needMore: return bytes.count
        case .end(let next):
            bodyOver(exchange)
            return next
        case .trailers(let next):
            // What stands before them is used up, whether they are whole or not.
            return next > at ? next : takeTrailers(bytes, next, exchange)
        case .invalid(let violation):
            refuse(exchange, violation)
            return nil
        }
    }

    private func takeTrailers(_ bytes: Span<UInt8>, _ at: Int, _ exchange: Exchange) -> Int? {
        let rest = bytes.extracting(at..<bytes.count)
        exchange.hasTrailers = true
        exchange.requestTrailers.reset()
        switch FieldLines.parse(rest, from: 0, limits: listener.plan.headLimits, into: &exchange.requestTrailers) {
        case .needMore: return nil
        case .invalid(let violation):
            refuse(exchange, violation == .headTooLarge ? .trailersTooLarge : violation)
            return nil
        case .complete(let count):
            exchange.requestTrailers.received.append(rest, 0..<count)
            RequestRules.dropUntrusted(
                &exchange.requestTrailers, allowsUnderscores: listener.plan.allowsUnderscores,
                isPeerTrusted: facts.isPeerTrusted)
            body.finish()
            bodyOver(exchange)
            return at + count
        }
    }

    func bodyOver(_ exchange: Exchange) {
        isBodyDone = true
        bodyDueMs = .max
        armDeadline()
        exchange.requestEnd()
        exchange.flushRequest()
    }

    /// The server is behind: the client waits, and is not to blame.
    func pauseBody() {
        isBodyPaused = true
        bodyDueMs = .max
        inputRate.pause(worker.loop.nowMs)
        armDeadline()
    }

    /// From now on the client's silence counts.
    func awaitBody() {
        guard state == .exchange, !isBodyDone, !isBodyPaused else { return }
        bodyDueMs = nextBodyDueMs
        inputRate.resume(worker.loop.nowMs)
        armDeadline()
    }

    func resumeRequestBody() {
        guard state == .exchange || state == .tunnel else { return }
        isBodyPaused = false
        if state == .exchange && !isBodyDone {
            if exchange?.awaitsContinue != true { awaitBody() }
        }
        socket.later()
    }

    // MARK: Ends

    /// Half a head, and nobody there to answer: it is counted and logged.
    private func closeUnfinished() {
        beginExchange(newExchange())
        closeNow(.clientClosed)
    }

    /// The client sends no more. A request that is whole is still answered (RFC 9112 §9.6).
    private func ended() {
        switch state {
        case .idle, .lingering, .discarding: close()
        case .head: closeUnfinished()
        case .exchange: if !isBodyDone { closeNow(.clientClosed) }
        case .tunnel:
            isTunnelReadOver = true
            exchange?.tunnelClientEnded()
            tunnelMaybeOver()
        case .closed: break
        }
    }
}
