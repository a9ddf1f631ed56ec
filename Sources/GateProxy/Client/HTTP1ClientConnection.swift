// A client's connection that speaks HTTP/1: one exchange at a time, pipelined requests wait their turn.
// What it reads is in +Request, what it writes in +Response, tunnels in +Tunnel.

import CGateLinux
import GateCore
import GateEngine
import GateHTTP
import GateHTTP1
import GateTLS

/// One client's connection.
final class HTTP1ClientConnection: EventHandler, ClientStream, ListenedConnection {
    enum State: UInt8 {
        /// Nothing of a request is there. No buffer is held.
        case idle
        /// A part of a head is there.
        case head
        /// A request is being answered; its body may still come.
        case exchange
        case tunnel
        /// The answer is out; the rest of a small body is read past before the next request.
        case discarding
        /// All was said; what the client still sends is thrown away, so that it can read our last words.
        case lingering
        case closed
    }

    let worker: Worker
    let listener: ListenerRuntime
    var socket: Socket!
    var state = State.idle
    var isPersistent = true
    /// Close when the exchange is over: the listener goes away, or the process does.
    var isDraining = false
    /// A request that came as early data waits for the client to prove that it is there.
    var awaitsHandshake = false
    /// The exchange was told `.full` and waits for `clientDrained`.
    var owesDrained = false
    /// The exchange takes no body at the moment.
    var isBodyPaused = false
    var isBodyDone = true
    var isResponseOver = false
    var isTunnelReadOver = false
    var isTunnelWriteOver = false
    /// The response's body is framed by closing.
    var endsWithClose = false
    var sendsChunks = false
    /// A write failed: nothing can be said any more.
    var isBroken = false

    let seat: ClientSeat
    let tls: TLSFacts?
    var facts: ConnectionFacts
    var requestsServed = 0

    /// The worker keeps its exchanges for ever.
    var borrowedExchange: Borrowed<Exchange>?
    var exchange: Exchange? {
        get { borrowedExchange?.object }
        set { borrowedExchange = newValue.map { Borrowed($0) } }
    }
    let input = InputBuffer()
    var out: OutputQueue {
        unsafeAddress { unsafe outPin.reading }
        unsafeMutableAddress { unsafe outPin.address }
    }
    var body: BodyReader {
        unsafeAddress { unsafe bodyPin.reading }
        unsafeMutableAddress { unsafe bodyPin.address }
    }
    var pipe: SplicePipe?

    // Deadlines in milliseconds of the loop's clock; the socket's is the nearest.
    var headDueMs = UInt64.max
    var bodyDueMs = UInt64.max
    var writeDueMs = UInt64.max
    var lingerBytesLeft = 0
    /// Bytes of an unfinished head that were parsed in vain.
    var headBytesSeen = 0
    var inputRate = RateMeter()
    var outputRate = RateMeter()

    // What is hot and changed by other modules has an address of its own: see `Pinned`.
    private let outPin = Pinned<OutputQueue>(OutputQueue())
    private let bodyPin = Pinned<BodyReader>(BodyReader())

    deinit {
        input.free()
        outPin.free()
        bodyPin.free()
    }

    private init(listener: ListenerRuntime, facts: ConnectionFacts, seat: ClientSeat, tls: TLSFacts?) {
        worker = listener.worker
        self.listener = listener
        self.facts = facts
        self.seat = seat
        self.tls = tls
        super.init()
        self.facts.tls = tls.map { Borrowed($0) }
    }

    /// Takes an accepted descriptor over.
    static func open(_ descriptor: Int32, listener: ListenerRuntime, facts: ConnectionFacts, seat: ClientSeat) {
        let connection = HTTP1ClientConnection(listener: listener, facts: facts, seat: seat, tls: nil)
        guard let socket = try? listener.worker.loop.add(descriptor, watch: .stream, handler: connection) else {
            return seat.leave(listener.worker)
        }
        connection.socket = socket
        connection.awaitFirstRequest()
    }

    /// Takes a socket over from who has it. `pending`: what was read from it and not used.
    static func takeOver(
        _ socket: Socket, listener: ListenerRuntime, facts: ConnectionFacts, seat: ClientSeat, tls: TLSFacts?,
        pending: consuming ByteBuffer, isDraining: Bool
    ) {
        let connection = HTTP1ClientConnection(listener: listener, facts: facts, seat: seat, tls: tls)
        connection.socket = socket
        connection.input.adopt(pending)
        connection.isDraining = isDraining
        socket.handOver(to: connection)
        connection.awaitFirstRequest()
        connection.ready()
        if !connection.input.isEmpty { connection.readInput() }
    }

    /// A client that was welcomed before the listener went away has this long to begin its request.
    private static let firstRequestWhileDrainingMs = 1000

    private func awaitFirstRequest() {
        let ms = listener.plan.timeouts.headMs
        headDueMs = worker.loop.due(isDraining ? min(ms > 0 ? ms : .max, Self.firstRequestWhileDrainingMs) : ms)
        armDeadline()
    }

    // MARK: Events

    override func ready() {
        if state == .closed { return }
        if socket.isHungUp && state != .tunnel { return hungUp() }
        if socket.isWritable && (owesDrained || !out.isEmpty) { becameWritable() }
        if socket.isReadable { readInput() }
    }

    override func resumed() {
        if state == .closed { return }
        if isBroken { return closeNow(.clientClosed) }
        readInput()
    }

    private func becameWritable() {
        flush()
        guard state != .closed, out.isEmpty, owesDrained, socket.isWritable else { return }
        owesDrained = false
        writeDueMs = .max
        outputRate.pause(worker.loop.nowMs)
        armDeadline()
        exchange?.clientDrained()
    }

    /// The client reset the connection, or closed both directions: nobody is there to answer.
    private func hungUp() {
        closeNow(.clientClosed)
    }

    override func deadlinePassed() {
        let nowMs = worker.loop.nowMs
        switch state {
        case .closed: break
        case .lingering: close()
        case .idle, .discarding: close()
        case .head: headDueMs <= nowMs ? refuse(.headTimeout) : armDeadline()
        case .tunnel: exchange?.tunnelTimedOut()
        case .exchange: exchangeDeadlinePassed(nowMs)
        }
    }

    private func exchangeDeadlinePassed(_ nowMs: UInt64) {
        guard let exchange else { return close() }
        if writeDueMs <= nowMs { return closeNow(.clientWriteTimeout) }
        checkOutputRate(nowMs)
        guard state == .exchange else { return }
        if bodyDueMs <= nowMs {
            isPersistent = false
            bodyDueMs = .max
            return exchange.fail(.bodyTimeout)
        }
        if exchange.requestDueMs <= nowMs {
            exchange.requestDueMs = .max
            return exchange.fail(.requestTimeout)
        }
        armDeadline()
    }

    // MARK: Deadlines

    /// More of the body must be there by then.
    var nextBodyDueMs: UInt64 {
        let ms = exchange?.route?.bodyMs ?? listener.plan.timeouts.bodyMs
        return worker.loop.due(ms)
    }

    /// The client must have taken something by then.
    var nextWriteDueMs: UInt64 {
        let ms = exchange?.route?.writeMs ?? listener.plan.timeouts.writeMs
        return worker.loop.due(ms)
    }

    var rates: RateFloor { exchange?.route?.rates ?? listener.plan.rates }

    func armDeadline() {
        let next: UInt64
        switch state {
        case .exchange:
            next = min(bodyDueMs, min(writeDueMs, min(rateDueMs, borrowedExchange?.with { $0.requestDueMs } ?? .max)))
        case .idle, .head, .lingering, .discarding: next = headDueMs
        case .tunnel, .closed: return
        }
        socket.setDeadline(next)
    }

    private var rateDueMs: UInt64 {
        guard outputRate.isWaiting else { return .max }
        let rates = rates
        return rates.responseBytesPerSecond > 0 ? outputRate.dueMs(windowMs: rates.graceMs) : .max
    }

    // MARK: Ends

    /// The exchange is over and all of its response has left. On to the next request, or away.
    func exchangeOver() {
        givePipeBack()
        owesDrained = false
        if borrowedExchange != nil { requestsServed += 1 }
        borrowedExchange = nil
        outputRate = RateMeter()
        if isPersistent && !isDraining && !isBodyDone { return discardBody() }
        if isPersistent && !isDraining {
            state = .idle
            headDueMs = worker.loop.due(listener.plan.timeouts.idleMs)
            writeDueMs = .max
            bodyDueMs = .max
            armDeadline()
            if !input.isEmpty || socket.isReadable { socket.later() }
        } else {
            linger()
        }
    }

    /// Says the last word and waits for the client to have read it (RFC 9112 §9.6).
    func linger() {
        guard state != .closed else { return }
        input.release(worker.pool)
        givePipeBack()
        let mayCloseAtOnce = isBodyDone && !socket.isReadable
        if mayCloseAtOnce { return close() }
        state = .lingering
        lingerBytesLeft = Self.lingerBytesMax
        headDueMs = worker.loop.due(max(listener.plan.timeouts.lingerMs, 1))
        armDeadline()
        socket.shutdownWrite()
        socket.later()
    }

    /// Bytes of a body that are read past for the sake of the connection.
    static let discardBytesMax = 64 << 10

    private func discardBody() {
        state = .discarding
        lingerBytesLeft = Self.discardBytesMax
        headDueMs = worker.loop.due(listener.plan.timeouts.bodyMs)
        writeDueMs = .max
        bodyDueMs = .max
        armDeadline()
        socket.later()
    }

    /// The body is past: the next request may come.
    func discarded() {
        isBodyDone = true
        exchangeOver()
    }

    /// Bytes thrown away at most while lingering.
    static let lingerBytesMax = 64 << 20

    /// The listener or the process goes away: finish what is under way and take nothing new.
    func drain() {
        isDraining = true
        // A request may be there that no event has told of yet.
        if state == .idle && input.isEmpty && !socket.isReadable && !socket.hasUnreadInput() { close() }
    }

    func stopNow() { closeNow(.stopping) }

    /// Ends everything at once.
    func closeNow(_ reason: EndReason) {
        guard state != .closed else { return }
        if let exchange {
            if exchange.isResponseHeadSent && !isResponseOver { omitGoodbye() }
            self.exchange = nil
            exchange.clientGone(reason)
        }
        close()
    }

    /// What was sent is not the whole: TLS must not say that it is (RFC 8446 §6.1).
    func omitGoodbye() { tls?.layer.endsAbruptly = true }

    func givePipeBack() {
        if let pipe {
            worker.pipes.give(pipe)
            self.pipe = nil
        }
    }

    func close() {
        guard state != .closed else { return }
        state = .closed
        out.release(worker.pool)
        input.release(worker.pool)
        givePipeBack()
        if tls?.layer.hasSaidWhy == true { return ClientFarewell.takeOver(socket, listener, seat) }
        socket.close()
        seat.leave(worker)
    }
}
