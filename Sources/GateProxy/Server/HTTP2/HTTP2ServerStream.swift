// One exchange on an HTTP/2 connection to a server. What it sends is here, what comes back in +Response, the request's head
// in HTTP2RequestHead.

import GateCore
import GateEngine
import GateHTTP
import GateHTTP2

/// A stream to a server. The worker keeps it for ever and uses it again.
final class HTTP2ServerStream: ServerStream {
    enum State: UInt8 {
        case free
        /// A connection is on its way.
        case waiting
        /// The connection is there; whether it takes upgrades is not known yet.
        case parked
        /// A request goes out, a response is awaited or comes in.
        case active
        case tunnel
    }

    /// What of the response has come.
    enum ResponsePart: UInt8 { case nothing, body, done }

    let worker: Worker
    var state = State.free
    // Whoever carries a stream lives in the loop's slots until the stream is told that it is over.
    unowned(unsafe) var connection: HTTP2ServerConnection!
    private unowned(unsafe) var dial: ServerDial?
    var index = HTTP2StreamIndex(slot: 0)
    /// The worker keeps its exchanges for ever.
    var borrowedExchange: Borrowed<Exchange>?
    var exchange: Exchange? { borrowedExchange?.object }
    var timeouts = ServerTimeouts()
    /// In milliseconds of the loop's clock; the connection looks at it.
    private(set) var dueMs = UInt64.max

    var part = ResponsePart.nothing
    var wasReused = false
    /// The exchange has got something and was not told to send it on.
    var isTouched = false
    /// The exchange takes nothing of the response.
    var isPaused = false
    /// The connection will call `deliver`.
    var isResuming = false
    /// The server has ended its side; what came before may still wait here.
    var isPeerDone = false
    /// The exchange has said all.
    private(set) var isRequestSent = false
    /// It asks for a tunnel.
    private var isUpgrade = false
    /// The end, or the trailers, have been handed to the connection.
    private(set) var isEndSent = false
    private var isAwaitingFirstByte = false
    /// The exchange was told `.full` and waits for `serverDrained`.
    private var owesDrained = false
    /// Where the request's head stands among all bytes of the connection.
    private var headOffset = 0

    /// Response bytes that the exchange did not take. Owns no storage while there are none.
    var received: ByteBuffer {
        unsafeAddress { unsafe receivedPin.reading }
        unsafeMutableAddress { unsafe receivedPin.address }
    }
    /// Request bytes for which there was no window. Owns no storage while there are none.
    var unsent: ByteBuffer {
        unsafeAddress { unsafe unsentPin.reading }
        unsafeMutableAddress { unsafe unsentPin.address }
    }
    // What is hot and changed by other modules has an address of its own: see `Pinned`.
    private let receivedPin = Pinned<ByteBuffer>(ByteBuffer())
    private let unsentPin = Pinned<ByteBuffer>(ByteBuffer())

    init(_ worker: Worker) { self.worker = worker }

    deinit {
        receivedPin.free()
        unsentPin.free()
    }

    // MARK: Before the connection

    func wait(on dial: ServerDial, _ exchange: Exchange) {
        self.dial = dial
        adopt(exchange, .waiting)
    }

    func park(on connection: HTTP2ServerConnection, _ exchange: Exchange) {
        self.connection = connection
        adopt(exchange, .parked)
        setDeadline(timeouts.connectMs)
    }

    private func adopt(_ exchange: Exchange, _ state: State) {
        self.state = state
        borrowedExchange = Borrowed(exchange)
        exchange.server = self
        timeouts = exchange.borrowedRoute?.with { $0.serverTimeouts } ?? ServerTimeouts()
    }

    /// The wait is over; nil when the exchange has gone.
    func stopWaiting() -> Exchange? {
        let exchange = exchange
        borrowedExchange = nil
        state = .free
        dueMs = .max
        return exchange
    }

    // MARK: The request

    /// Sends the request's head; the body may follow.
    func start(on connection: HTTP2ServerConnection, _ index: HTTP2StreamIndex, _ exchange: Exchange, wasReused: Bool) {
        self.connection = connection
        self.index = index
        adopt(exchange, .active)
        self.wasReused = wasReused
        part = .nothing
        isTouched = false
        isPaused = false
        isResuming = false
        isPeerDone = false
        isAwaitingFirstByte = false
        owesDrained = false
        dueMs = .max
        headOffset = connection.queuedBytes
        isUpgrade = exchange.upgradeField != nil
        isEndSent =
            exchange.isRequestBodyDone && exchange.replay.isEmpty && exchange.requestTrailers.fieldCount == 0
            && !isUpgrade
        isRequestSent = isEndSent
        guard HTTP2RequestHead.send(exchange, on: connection, index, isEnd: isEndSent) else {
            return refuseHead(exchange)
        }
        connection.writeLater()
        exchange.serverReady(self)
    }

    /// The server takes no head of this size. That is no fault of its own, and nothing was said to it.
    private func refuseHead(_ exchange: Exchange) {
        exchange.server = nil
        cancel()
        exchange.fail(.serverHeadLimit)
    }

    // MARK: ServerStream

    func sendBody(_ bytes: Span<UInt8>) -> Flow {
        guard state == .active, !isEndSent else { return .full }
        if isAwaitingFirstByte && !isRequestSent {
            isAwaitingFirstByte = false
            dueMs = .max
        }
        return send(bytes)
    }

    private func send(_ bytes: Span<UInt8>) -> Flow {
        var at = 0
        while unsent.isEmpty && at < bytes.count && !connection.isCongested {
            connection.out.prepare(worker.pool)
            let piece = bytes.extracting(at..<min(at + HTTP2Connection.dataFrameBytes, bytes.count))
            let count = connection.core.sendData(index, piece, isEnd: false, into: &connection.out.buffer)
            at += count
            connection.writeIfMuch()
            if count < piece.count { break }
        }
        if at < bytes.count { hold(bytes.extracting(at..<bytes.count)) }
        connection.writeLater()
        guard !unsent.isEmpty || connection.isCongested else { return .open }
        owesDrained = true
        connection.owesDrained = true
        setDeadline(timeouts.writeMs)
        return .full
    }

    private func hold(_ bytes: Span<UInt8>) {
        if unsent.capacity == 0 { unsent = worker.pool.take() }
        unsent.append(bytes)
        connection.core.wantsToSend(index, true)
    }

    /// It is this stream's turn: one frame.
    func sendMore() {
        let size = min(HTTP2Connection.dataFrameBytes, unsent.count)
        let isEnd = mayEnd && size == unsent.count && !hasTrailers
        let count = connection.core.sendData(
            index, unsent.span.extracting(0..<size), isEnd: isEnd, into: &connection.out.buffer)
        unsent.consume(count)
        if count > 0 && state == .active { setDeadline(timeouts.writeMs) }
        guard unsent.isEmpty else { return }
        connection.core.wantsToSend(index, false)
        worker.pool.give(unsent.takeOut())
        if isEnd { isEndSent = true } else if mayEnd { sendEndNow() }
        connection.owesDrained = true
        owesDrained = true
    }

    /// Whether nothing comes behind what waits. An upgrade's head is the whole request, and the tunnel comes behind it.
    private var mayEnd: Bool { isRequestSent && !isEndSent && !(isUpgrade && state == .active) }

    private var hasTrailers: Bool { borrowedExchange?.with { $0.requestTrailers.fieldCount > 0 } ?? false }

    func sendEnd(_ exchange: Exchange) {
        isRequestSent = true
        if unsent.isEmpty && mayEnd { sendEndNow() }
    }

    private func sendEndNow() {
        isEndSent = true
        connection.out.prepare(worker.pool)
        if state == .active && hasTrailers, let exchange {
            connection.core.sendTrailers(index, exchange.requestTrailers, into: &connection.out.buffer)
        } else {
            connection.core.sendEnd(index, into: &connection.out.buffer)
        }
        connection.writeLater()
    }

    func flush() {
        guard state == .active || state == .tunnel else { return }
        connection.writeLater()
        guard unsent.isEmpty else { return }
        if state == .tunnel {
            exchange?.serverSentAll()
            return
        }
        awaitFirstByte()
    }

    /// Who waits for 100 waits for the server, not for the client (RFC 9110 §10.1.1).
    private func awaitFirstByte() {
        guard part == .nothing, !isAwaitingFirstByte, isRequestSent || awaitsContinue else { return }
        isAwaitingFirstByte = true
        setDeadline(timeouts.perTryMs == 0 ? timeouts.firstByteMs : withinTry(timeouts.firstByteMs))
    }

    private var awaitsContinue: Bool { borrowedExchange?.with { $0.awaitsContinue } ?? false }

    /// What is left of the time for one attempt, where that is less. Uploads take their time: with them it begins anew.
    private func withinTry(_ ms: Int) -> Int {
        guard let exchange else { return ms }
        let usedMs = exchange.requestFraming == .none ? Int((worker.loop.nowNs &- exchange.attemptNs) / 1_000_000) : 0
        let leftMs = max(1, timeouts.perTryMs - usedMs)
        return ms > 0 ? min(ms, leftMs) : leftMs
    }

    /// The connection has written what it had.
    func drained() {
        // Who has bytes waiting is told behind the last of them: the others need not be asked until then.
        guard owesDrained, unsent.isEmpty else { return }
        guard !connection.isCongested else {
            connection.owesDrained = true
            return
        }
        owesDrained = false
        if state == .active {
            if isRequestSent { awaitFirstByte() } else { dueMs = .max }
            if part == .body && !isPaused { setDeadline(timeouts.readMs) }
        }
        if state == .tunnel { exchange?.serverSentAll() }
        exchange?.serverDrained()
    }

    func resumeResponse() {
        guard isPaused, !isResuming else { return }
        isResuming = true
        connection.resumeLater(self)
    }

    // MARK: Nothing is spliced: bodies go in frames

    var spliceTarget: Socket? { nil }
    func spliced(_ count: Int) {}
    func writeFailed() {}
    func awaitWritable() {}

    // MARK: Tunnel

    /// The server has agreed: bytes go both ways until each side ends its own.
    func becomeTunnel() {
        state = .tunnel
        part = .body
        isRequestSent = false
        dueMs = .max
    }

    var hasUnsent: Bool { !unsent.isEmpty }

    func sendTunnel(_ bytes: Span<UInt8>) -> Flow {
        guard state == .tunnel, !isEndSent else { return .open }
        let flow = send(bytes)
        dueMs = .max
        return flow
    }

    func endTunnel() {
        guard state == .tunnel, !isRequestSent else { return }
        isRequestSent = true
        if unsent.isEmpty { sendEndNow() }
    }

    // MARK: Deadlines

    /// Milliseconds from now; 0 is never.
    func setDeadline(_ ms: Int) {
        dueMs = worker.loop.due(ms)
        connection.arm(dueMs)
    }

    func clearDeadline() { dueMs = .max }

    /// The time is up.
    func expired() {
        dueMs = .max
        switch state {
        case .free, .waiting: break
        case .parked: fail(.connectTimeout)
        case .tunnel: fail(.tunnelTimeout)
        case .active: fail(part == .nothing && isRequestSent ? .firstByteTimeout : .readTimeout)
        }
    }

    // MARK: Ends

    /// Whether the server can have seen anything of the request.
    var sent: SentState {
        if part != .nothing { return .someResponse }
        return state == .active && connection.writtenBytes > headOffset ? .noResponse : .nothing
    }

    func cancel() {
        borrowedExchange = nil
        leave()
    }

    /// The exchange hears of it.
    func fail(_ reason: EndReason) { fail(reason, sent: sent, wasReused: wasReused && part == .nothing) }

    func fail(_ reason: EndReason, sent: SentState, wasReused: Bool) {
        guard let exchange else { return leave() }
        exchange.focus(on: self)
        borrowedExchange = nil
        let wasTunnel = state == .tunnel
        leave()
        if wasTunnel { return exchange.tunnelEnded(reason) }
        exchange.serverFailed(reason, sent: sent, wasReused: wasReused)
    }

    /// Lets go of whatever carries the stream, and of its buffers.
    func leave() {
        let former = state
        state = .free
        dueMs = .max
        releaseBuffers()
        switch former {
        case .free: break
        case .waiting:
            dial?.leave(self)
            worker.giveBack(self)
        case .parked:
            connection.unpark(self)
            worker.giveBack(self)
            connection.settle()
        case .active, .tunnel: connection.over(self)
        }
    }

    private func releaseBuffers() {
        if received.capacity > 0 { worker.pool.give(received.takeOut()) }
        if unsent.capacity > 0 { worker.pool.give(unsent.takeOut()) }
    }
}
