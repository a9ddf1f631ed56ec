// A client's connection that speaks HTTP/2: many exchanges at once, each behind a stream object of its own.
// What it reads is in +Input, how requests begin in +Requests, what it writes in +Output, how it ends in +Ends. What frames
// mean is `HTTP2Connection`'s alone; here they meet the socket, the exchanges and the clock.

import GateCore
import GateEngine
import GateHTTP
import GateHTTP2

/// One client's HTTP/2 connection.
final class HTTP2ClientConnection: EventHandler, ListenedConnection {
    enum State: UInt8 {
        case open
        /// All was said; what the client still sends is thrown away, so that it can read our last words.
        case lingering
        case closed
    }

    let worker: Worker
    let listener: ListenerRuntime
    let seat: ClientSeat
    let tls: TLSFacts?
    var facts: ConnectionFacts
    var socket: Socket!
    var state = State.open
    var requestsServed = 0
    /// Close when the streams are over: the listener goes away, or the process does, or the client has had its share.
    var isDraining = false
    /// A write failed: nothing can be said any more.
    var isBroken = false
    /// While lingering: GOAWAY is with the kernel.
    var isLastWordSaid = false
    /// The loop will call `resumed` in this round.
    var isQueued = false
    /// Streams wait for the client to prove that it is there (RFC 8470).
    var hasUnconfirmed = false
    /// A frame or a block of fields has begun and is not whole.
    var isInputBegun = false
    /// Streams whose body waits for the client.
    var waitingCount = 0
    /// `out` is from the worker's pool of large buffers.
    var isOutWide = false
    /// Streams were told to wait though all that they sent is in `out`.
    var owesRoom = false
    /// The connection ends, and its streams with it.
    var isClosing = false
    /// A slot is in `resumable`.
    var hasResumable = false
    /// The stream whose request body was passed on last, which its server has not been told to send yet.
    var unflushed: Borrowed<HTTP2ClientStream>?

    var core: HTTP2Connection {
        unsafeAddress { unsafe corePin.reading }
        unsafeMutableAddress { unsafe corePin.address }
    }
    let input = InputBuffer()
    /// Frames that wait to be written. Owns no storage while empty.
    var out: ByteBuffer {
        unsafeAddress { unsafe outPin.reading }
        unsafeMutableAddress { unsafe outPin.address }
    }
    /// Streams by the core's index. The worker keeps the objects for ever.
    var streams: ContiguousArray<Borrowed<HTTP2ClientStream>?> {
        unsafeAddress { unsafe streamsPin.reading }
        unsafeMutableAddress { unsafe streamsPin.address }
    }
    /// Slots of streams that have something to do at the end of the round, besides writing.
    var resumable: SlotSet {
        unsafeAddress { unsafe resumablePin.reading }
        unsafeMutableAddress { unsafe resumablePin.address }
    }
    /// Streams among them that are in use.
    var streamCount = 0

    // Deadlines in milliseconds of the loop's clock; the socket's is the nearest.
    /// Nothing is asked for until then; or, while a head or a frame is not whole, that is there by then.
    var inputDueMs = UInt64.max
    var writeDueMs = UInt64.max
    /// A connection without requests gives back what it does not need then.
    var shrinkDueMs = UInt64.max
    /// No stream's deadline is before this.
    var streamDueMs = UInt64.max
    var lingerBytesLeft = 0
    var outputRate = RateMeter()

    // What is hot and changed by other modules has an address of its own: see `Pinned`.
    private let corePin: Pinned<HTTP2Connection>
    private let outPin = Pinned<ByteBuffer>(ByteBuffer())
    private let streamsPin = Pinned<ContiguousArray<Borrowed<HTTP2ClientStream>?>>([])
    private let resumablePin = Pinned<SlotSet>(SlotSet())

    deinit {
        corePin.free()
        input.free()
        outPin.free()
        streamsPin.free()
        resumablePin.free()
    }

    private init(listener: ListenerRuntime, facts: ConnectionFacts, seat: ClientSeat, tls: TLSFacts?) {
        worker = listener.worker
        self.listener = listener
        self.facts = facts
        self.seat = seat
        self.tls = tls
        corePin = Pinned(HTTP2Connection(role: .server, limits: listener.http2Limits))
        super.init()
        self.facts.tls = tls.map { Borrowed($0) }
    }

    // MARK: Beginnings

    /// Takes an accepted descriptor over.
    static func open(_ descriptor: Int32, listener: ListenerRuntime, facts: ConnectionFacts, seat: ClientSeat) {
        let connection = HTTP2ClientConnection(listener: listener, facts: facts, seat: seat, tls: nil)
        guard let socket = try? listener.worker.loop.add(descriptor, watch: .stream, handler: connection) else {
            return seat.leave(listener.worker)
        }
        connection.socket = socket
        connection.begin()
    }

    /// Takes a socket over from who has it. `pending`: what was read from it and not used, from the preface's first byte on.
    static func takeOver(
        _ socket: Socket, listener: ListenerRuntime, facts: ConnectionFacts, seat: ClientSeat, tls: TLSFacts?,
        pending: consuming ByteBuffer, isDraining: Bool
    ) {
        let connection = HTTP2ClientConnection(listener: listener, facts: facts, seat: seat, tls: tls)
        connection.socket = socket
        connection.input.adopt(pending)
        socket.handOver(to: connection)
        connection.begin()
        if isDraining { connection.drain() }
        connection.ready()
        if connection.state == .open && !connection.input.isEmpty { connection.readInput() }
    }

    private func begin() {
        inputDueMs = worker.loop.due(listener.plan.timeouts.headMs)
        prepareOut()
        core.begin(nowMs: worker.loop.nowMs, into: &out)
        later()
        armDeadline()
    }

    // MARK: Events

    override func ready() {
        switch state {
        case .closed: return
        case .lingering: return linger()
        case .open: break
        }
        if socket.isHungUp { return closeNow(.clientClosed) }
        if socket.isWritable && !out.isEmpty { later() }
        if socket.isReadable { readInput() }
    }

    /// The end of the round: what all streams had to say goes out at once.
    override func resumed() {
        isQueued = false
        switch state {
        case .closed: return
        case .lingering: return linger()
        case .open: break
        }
        if isBroken { return closeNow(.clientClosed) }
        if hasResumable { resumeStreams() }
        if state == .open && wantsInput && (socket.isReadable || !input.isEmpty) { readInput() }
        if state == .open { writeOut() }
    }

    /// Has `resumed` called at the end of this round.
    @inline(__always)
    func later() {
        guard !isQueued else { return }
        isQueued = true
        socket.later()
    }

    override func deadlinePassed() {
        let nowMs = worker.loop.nowMs
        switch state {
        case .closed: return
        case .lingering: return close()
        case .open: break
        }
        if writeDueMs <= nowMs { return endUnread(.clientWriteTimeout) }
        if isOutputTooSlow(nowMs) { return endUnread(.clientTooSlow) }
        if core.nextDueMs <= nowMs { coreDeadlinePassed(nowMs) }
        guard state == .open else { return }
        if inputDueMs <= nowMs { return inputDeadlinePassed() }
        if streamDueMs <= nowMs { checkStreams(nowMs) }
        if shrinkDueMs <= nowMs { shrink() }
        if state == .open {
            later()
            armDeadline()
        }
    }

    func coreDeadlinePassed(_ nowMs: UInt64) {
        prepareOut()
        handle(core.deadlinePassed(nowMs: nowMs, into: &out), Span())
    }

    /// Looks at every stream, and remembers which deadline is the next.
    private func checkStreams(_ nowMs: UInt64) {
        streamDueMs = .max
        for slot in 0..<streams.count {
            guard let stream = streams[slot] else { continue }
            stream.object.checkDeadlines(nowMs)
            guard state == .open else { return }
            // It may be another one by now, or none.
            if let stream = streams[slot] { streamDueMs = min(streamDueMs, stream.with { $0.nextDueMs }) }
        }
    }

    /// How long a connection without requests keeps what it may soon need again.
    static let shrinkAfterMs: UInt64 = 1000

    private func shrink() {
        shrinkDueMs = .max
        guard streamCount == 0 else { return }
        core.shrink()
        streams = []
        resumable.shrink()
    }

    // MARK: Deadlines

    /// A stream has to be looked at by then.
    @inline(__always)
    func noteDue(_ ms: UInt64) {
        guard ms < streamDueMs else { return }
        streamDueMs = ms
        armDeadline()
    }

    func armDeadline() {
        let next: UInt64
        switch state {
        case .open:
            next = min(min(inputDueMs, writeDueMs), min(min(streamDueMs, core.nextDueMs), min(shrinkDueMs, rateDueMs)))
        case .lingering: next = inputDueMs
        case .closed: return
        }
        socket.setDeadline(next)
    }

    private var rateDueMs: UInt64 {
        guard outputRate.isWaiting else { return .max }
        let rates = listener.plan.rates
        return rates.responseBytesPerSecond > 0 ? outputRate.dueMs(windowMs: rates.graceMs) : .max
    }

    private func isOutputTooSlow(_ nowMs: UInt64) -> Bool {
        let rates = listener.plan.rates
        return outputRate.isTooSlow(nowMs, floor: rates.responseBytesPerSecond, windowMs: rates.graceMs)
    }
}
