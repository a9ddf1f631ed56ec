// One request on a client's HTTP/2 connection: its exchange's client side. Requests are here, responses in +Response, tunnels
// in +Tunnel.

import GateCore
import GateEngine
import GateHTTP
import GateHTTP2

/// One stream. The worker keeps it for ever and gives it to one request after another.
final class HTTP2ClientStream: ClientStream {
    let worker: Worker
    /// In the loop's slots to the end of the round in which it closes; its streams are over before.
    private(set) var borrowedConnection: Borrowed<HTTP2ClientConnection>!
    /// The same, counted: for what is not hot.
    var connection: HTTP2ClientConnection { borrowedConnection.object }
    var index = HTTP2StreamIndex(slot: 0)
    var facts = HTTP2HeadFacts()
    /// The worker keeps its exchanges for ever.
    var borrowedExchange: Borrowed<Exchange>?
    var exchange: Exchange? { borrowedExchange?.object }

    // The request.
    /// All of it is here; it may still wait in `bodyIn`.
    var isRequestWhole = false
    /// The exchange has it all.
    var isRequestPassed = false
    /// It came as early data and waits for the handshake's end.
    var isUnconfirmed = false
    /// The exchange takes body again: the connection is to call `resume`.
    var isResumable = false
    /// The exchange takes no body at the moment.
    private var isPaused = true
    /// Bytes that were passed on while the server was behind: the client gets credit for them when it is not any more.
    private var owedCredit = 0
    /// Body that the exchange does not take yet; bounded by the stream's window. Owns no storage while empty.
    private var bodyIn: ByteBuffer {
        unsafeAddress { unsafe bodyInPin.reading }
        unsafeMutableAddress { unsafe bodyInPin.address }
    }

    // The response.
    /// Body that no window lets pass yet. Owns no storage while empty.
    var bodyOut: ByteBuffer {
        unsafeAddress { unsafe bodyOutPin.reading }
        unsafeMutableAddress { unsafe bodyOutPin.address }
    }
    /// Bytes of the body that are still to come from the exchange, when its length was said; else `.max`.
    var lengthLeft = Int.max
    var isResponseOver = false
    /// END_STREAM has been written.
    var isEndSent = false
    /// The exchange was told `.full` and waits for `clientDrained`.
    var owesDrained = false
    var isTunnel = false
    var isTunnelWriteOver = false

    // Deadlines in milliseconds of the loop's clock.
    var bodyDueMs = UInt64.max
    var writeDueMs = UInt64.max
    var tunnelDueMs = UInt64.max
    private var inputRate = RateMeter()
    var outputRate = RateMeter()

    // What is hot and changed by other modules has an address of its own: see `Pinned`.
    private let bodyInPin = Pinned<ByteBuffer>(ByteBuffer())
    private let bodyOutPin = Pinned<ByteBuffer>(ByteBuffer())

    init(_ worker: Worker) { self.worker = worker }

    deinit {
        bodyInPin.free()
        bodyOutPin.free()
    }

    func begin(_ connection: HTTP2ClientConnection, _ index: HTTP2StreamIndex, _ exchange: Exchange) {
        borrowedConnection = Borrowed(connection)
        self.index = index
        borrowedExchange = Borrowed(exchange)
        isRequestWhole = false
        isRequestPassed = false
        isUnconfirmed = false
        isResumable = false
        isPaused = true
        owedCredit = 0
        lengthLeft = .max
        isResponseOver = false
        isEndSent = false
        owesDrained = false
        isTunnel = false
        isTunnelWriteOver = false
        bodyDueMs = .max
        writeDueMs = .max
        tunnelDueMs = .max
        inputRate = RateMeter()
        outputRate = RateMeter()
    }

    private var isExtendedConnect: Bool { !facts.protocolRange.isEmpty }

    // MARK: The head

    /// What concerns this version alone is settled here; the rest is the exchange's.
    func settle() {
        guard let exchange = borrowedExchange else { return }
        exchange.with { settle($0) }
    }

    private func settle(_ exchange: Exchange) {
        // RFC 9110 §7.4: what is asked for by https must have come by it.
        if facts.scheme == .https && !exchange.facts.isSecure && !exchange.facts.isPeerTrusted {
            return exchange.fail(.misdirected)
        }
        if exchange.request.method == .connect && !isExtendedConnect { return exchange.fail(.methodRefused) }
        switch MessageFraming.request(exchange.request) {
        case .violation(let violation): return exchange.fail(RequestRules.reason(for: violation))
        case .body(let framing): exchange.requestFraming = decide(framing, exchange.request.method)
        }
        exchange.acceptsTrailers = HopByHop.strip(&exchange.request).contains(.trailers)
        exchange.request.remove(.contentLength)
        if !allowsUnderscores { RequestRules.dropAmbiguousNames(&exchange.request) }
        if isExtendedConnect && !settleTunnel(exchange) { return exchange.fail(.methodRefused) }
        if exchange.request.mayHave(.expect), let failure = RequestRules.settleExpectation(exchange) {
            return exchange.fail(failure)
        }
        isRequestPassed = hasNoBody && !exchange.isExtendedConnect
        exchange.begin()
        if borrowedExchange != nil, exchange.requestDueMs != .max { connection.noteDue(exchange.requestDueMs) }
    }

    private var allowsUnderscores: Bool { borrowedConnection.with { $0.listener.plan.allowsUnderscores } }

    /// A request that was held back may be whole by now, with a body.
    private var hasNoBody: Bool {
        isRequestWhole && bodyIn.isEmpty && borrowedExchange?.with { $0.hasTrailers } == false
    }

    /// HTTP/2 has no other framing than its own: what servers get is a length where one was said, chunks otherwise.
    private func decide(_ declared: BodyFraming, _ method: Method) -> BodyFraming {
        if isExtendedConnect { return .none }
        guard declared == .none else { return declared }
        if !hasNoBody { return .chunked }
        // RFC 9110 §8.6: a method that has a use for content says that there is none.
        switch method {
        case .post, .put, .patch: return .length(0)
        case .get, .head, .delete, .connect, .options, .trace, .other: return .none
        }
    }

    // MARK: The body

    /// A piece of body, or of what goes through the tunnel.
    func take(_ bytes: Span<UInt8>) {
        noteInput(bytes.count)
        guard let exchange = borrowedExchange else { return }
        if bodyIn.isEmpty && mayPass(exchange) { return pass(bytes, exchange) }
        // Nobody will want it: an answer is on its way.
        if exchange.with({ $0.isResponseHeadSent && $0.server == nil }) { return }
        if bodyIn.capacity == 0 { bodyIn = worker.pool.take() }
        bodyIn.append(bytes)
    }

    private func mayPass(_ exchange: Borrowed<Exchange>) -> Bool {
        guard !isUnconfirmed else { return false }
        return isTunnel ? !isPaused : exchange.with { $0.takesRequestBody && !$0.isExtendedConnect }
    }

    /// Gives the exchange a piece; the client may send as much again when the server keeps up.
    private func pass(_ bytes: Span<UInt8>, _ exchange: Borrowed<Exchange>) {
        owedCredit += bytes.count
        let goesOn = exchange.with { exchange in
            if isTunnel { return passTunnel(bytes, exchange) }
            exchange.requestBody(bytes)
            return exchange.takesRequestBody
        }
        guard borrowedExchange != nil else { return }
        if goesOn { giveCredit() } else { pause() }
    }

    private func giveCredit() {
        guard owedCredit > 0 else { return }
        connection.prepareOut()
        connection.core.consumed(index, owedCredit, into: &connection.out)
        owedCredit = 0
        connection.later()
    }

    /// The request has come to its end, trailers taken.
    func requestIsWhole() {
        isRequestWhole = true
        bodyDueMs = .max
        endRequest()
    }

    /// Tells the exchange of the end, unless something waits before it.
    private func endRequest() {
        guard isRequestWhole, !isRequestPassed, bodyIn.isEmpty, !isUnconfirmed, let exchange else { return }
        if isTunnel {
            isRequestPassed = true
            exchange.tunnelClientEnded()
            return tunnelMaybeOver()
        }
        guard !exchange.isExtendedConnect, mayEnd(exchange) else { return }
        isRequestPassed = true
        exchange.requestEnd()
        if borrowedExchange != nil { exchange.flushRequest() }
    }

    /// While a server is looked for it is the server's coming that brings the end, too.
    private func mayEnd(_ exchange: Exchange) -> Bool {
        switch exchange.stage {
        case .forwarding, .responseFilters, .responding: exchange.server != nil
        case .free, .requestFilters, .connecting, .tunnel, .ended: false
        }
    }

    /// The workspace holds what came behind the body.
    func takeTrailers() {
        guard let exchange, !isTunnel else { return requestIsWhole() }
        exchange.hasTrailers = true
        swap(&exchange.requestTrailers, &worker.http2Workspace.head)
        RequestRules.dropUntrusted(
            &exchange.requestTrailers, allowsUnderscores: allowsUnderscores,
            isPeerTrusted: exchange.facts.isPeerTrusted)
        requestIsWhole()
    }

    func flushRequest() {
        guard let exchange = borrowedExchange else { return }
        exchange.with { $0.flushRequest() }
    }

    // MARK: Back-pressure

    /// The server is behind: the client waits, and is not to blame.
    private func pause() {
        isPaused = true
        bodyDueMs = .max
        inputRate.pause(worker.loop.nowMs)
    }

    func resumeRequestBody() {
        guard let exchange, !isRequestPassed else { return }
        isPaused = false
        if !isTunnel && !isRequestWhole && !exchange.awaitsContinue { awaitBody() }
        // Not from inside the server's call.
        isResumable = true
        connection.resumeLater(self)
    }

    /// The end of the round: what waited goes on.
    func resume() {
        isResumable = false
        guard let exchange = borrowedExchange else { return }
        if !bodyIn.isEmpty && mayPass(exchange) {
            var waiting = bodyIn.takeOut()
            pass(waiting.span, exchange)
            waiting.removeAll()
            worker.pool.give(waiting)
        }
        guard borrowedExchange != nil else { return }
        if bodyIn.isEmpty && mayPass(exchange) { giveCredit() }
        endRequest()
        flushRequest()
    }

    /// From now on the client's silence counts.
    func awaitBody() {
        guard !isRequestWhole, !isPaused else { return }
        bodyDueMs = nextBodyDueMs
        inputRate.resume(worker.loop.nowMs)
        connection.noteDue(nextDueMs)
    }

    /// Bytes have come: deadlines move, rates are measured.
    private func noteInput(_ count: Int) {
        guard bodyDueMs != .max else { return }
        bodyDueMs = nextBodyDueMs
        inputRate.add(count)
    }

    // MARK: Deadlines

    /// More of the body must be there by then.
    private var nextBodyDueMs: UInt64 {
        let ms = exchange?.route?.bodyMs ?? connection.listener.plan.timeouts.bodyMs
        return worker.loop.due(ms)
    }

    /// The client must have taken something by then.
    var nextWriteDueMs: UInt64 {
        let ms = exchange?.route?.writeMs ?? connection.listener.plan.timeouts.writeMs
        return worker.loop.due(ms)
    }

    var rates: RateFloor { exchange?.route?.rates ?? connection.listener.plan.rates }

    /// When the stream has to be looked at next.
    var nextDueMs: UInt64 {
        let requestDueMs = borrowedExchange?.with { $0.requestDueMs } ?? .max
        return min(min(bodyDueMs, writeDueMs), min(min(tunnelDueMs, requestDueMs), rateDueMs))
    }

    private var rateDueMs: UInt64 {
        var due = UInt64.max
        let rates = rates
        if inputRate.isWaiting && rates.requestBytesPerSecond > 0 { due = inputRate.dueMs(windowMs: rates.graceMs) }
        if outputRate.isWaiting && rates.responseBytesPerSecond > 0 {
            due = min(due, outputRate.dueMs(windowMs: rates.graceMs))
        }
        return due
    }

    func checkDeadlines(_ nowMs: UInt64) {
        guard let exchange else { return }
        let rates = rates
        if tunnelDueMs <= nowMs { return exchange.tunnelTimedOut() }
        if writeDueMs <= nowMs { return writeDeadlinePassed(exchange) }
        if outputRate.isTooSlow(nowMs, floor: rates.responseBytesPerSecond, windowMs: rates.graceMs) {
            return endForClient(exchange, .clientTooSlow)
        }
        if inputRate.isTooSlow(nowMs, floor: rates.requestBytesPerSecond, windowMs: rates.graceMs) {
            return exchange.fail(.bodyTooSlow)
        }
        if bodyDueMs <= nowMs {
            bodyDueMs = .max
            return exchange.fail(.bodyTimeout)
        }
        if exchange.requestDueMs <= nowMs {
            exchange.requestDueMs = .max
            exchange.fail(.requestTimeout)
        }
    }

    private func writeDeadlinePassed(_ exchange: Exchange) {
        // Others come first, or the connection as a whole waits: that is no fault of this stream.
        guard isWindowShut else {
            writeDueMs = nextWriteDueMs
            return
        }
        endForClient(exchange, .clientWriteTimeout)
    }

    // MARK: Ends

    /// The client takes nothing: its stream is reset.
    func endForClient(_ exchange: Exchange, _ reason: EndReason) {
        reset(.cancel)
        clientGone(reason)
    }

    /// The client reset the stream.
    func wasReset(_ code: HTTP2ErrorCode) { clientGone(.clientReset) }

    /// The client broke a rule of the stream, which has been reset.
    func failed(_ failure: HTTP2Failure) {
        worker.counters.http2Failures[Int(failure.rawValue)] += 1
        clientGone(.clientProtocolError)
    }

    /// Nobody is there any more to be answered.
    func clientGone(_ reason: EndReason) {
        guard let exchange else { return }
        borrowedExchange = nil
        exchange.clientGone(reason)
        release()
    }

    func reset(_ code: HTTP2ErrorCode) {
        guard !connection.isBroken, !connection.isClosing else { return }
        connection.prepareOut()
        connection.core.reset(index, code, into: &connection.out)
        connection.later()
    }

    /// Others may have the object.
    func release() {
        if bodyIn.capacity > 0 { worker.pool.give(bodyIn.takeOut()) }
        if !bodyOut.isEmpty { connection.waitingCount -= 1 }
        if bodyOut.capacity > 0 { worker.pool.give(bodyOut.takeOut()) }
        borrowedConnection.with { $0.release(self) }
    }
}
