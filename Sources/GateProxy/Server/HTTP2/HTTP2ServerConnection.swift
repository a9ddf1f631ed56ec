// A connection to a server that speaks HTTP/2: many exchanges at once, each a stream (RFC 9113).
// What it reads is in +Input, what it writes in +Output, how it ends in +Ends. The protocol itself is GateHTTP2's.

import GateCore
import GateEngine
import GateHTTP2
import GateTLS

/// One connection to a server, shared by the exchanges of a worker.
final class HTTP2ServerConnection: EventHandler {
    let pool: HTTP2ServerPool
    let server: ServerRuntime
    let worker: Worker
    let socket: Socket
    /// The socket's own; nil in clear text.
    let tls: TLSLayer?
    var seat: ServerSeat

    /// The pool's mark: it stands in the list of those with room.
    var isListed = false
    /// The server's first SETTINGS are there.
    var areSettingsKnown = false
    var isClosed = false
    /// No request comes any more; it is closed when the last stream has ended.
    var isLeaving = false
    /// The pool counts it as idle.
    var isIdle = false
    /// A write failed: what the server said before is still read.
    var isBroken = false
    /// The write at the end of the round is asked for.
    var isWriteDue = false
    /// Whether a stream may be owed `serverDrained`.
    var owesDrained = false

    private let openedMs: UInt64
    private var requestsServed = 0
    /// Streams that exchanges have.
    private(set) var activeCount = 0
    /// What the server turned out to bear, after it refused a stream.
    var streamsMax: Int
    /// When bytes came last.
    var heardMs: UInt64
    var isProbing = false
    private var idleDueMs = UInt64.max
    /// When memory is given back that an idle connection does not need.
    private var shrinkDueMs = UInt64.max
    /// What the socket's deadline is.
    private var armedMs = UInt64.max

    /// By slot. The worker keeps its streams for ever.
    var streams: ContiguousArray<Borrowed<HTTP2ServerStream>?> {
        unsafeAddress { unsafe streamsPin.reading }
        unsafeMutableAddress { unsafe streamsPin.address }
    }
    /// Streams that have handed something on and owe their exchange a flush.
    var touched: ContiguousArray<Borrowed<HTTP2ServerStream>> {
        unsafeAddress { unsafe touchedPin.reading }
        unsafeMutableAddress { unsafe touchedPin.address }
    }
    /// Streams whose exchange takes bytes again.
    var resuming: ContiguousArray<Borrowed<HTTP2ServerStream>> {
        unsafeAddress { unsafe resumingPin.reading }
        unsafeMutableAddress { unsafe resumingPin.address }
    }
    /// Upgrades that wait for the server's SETTINGS.
    var parked: ContiguousArray<Borrowed<HTTP2ServerStream>> = []
    var core: HTTP2Connection {
        unsafeAddress { unsafe corePin.reading }
        unsafeMutableAddress { unsafe corePin.address }
    }
    let input = InputBuffer()
    var out: OutputQueue {
        unsafeAddress { unsafe outPin.reading }
        unsafeMutableAddress { unsafe outPin.address }
    }
    /// Bytes that went to the kernel so far.
    var writtenBytes = 0

    // What is hot and changed by other modules has an address of its own: see `Pinned`.
    private let streamsPin = Pinned<ContiguousArray<Borrowed<HTTP2ServerStream>?>>([])
    private let touchedPin = Pinned<ContiguousArray<Borrowed<HTTP2ServerStream>>>([])
    private let resumingPin = Pinned<ContiguousArray<Borrowed<HTTP2ServerStream>>>([])
    private let corePin: Pinned<HTTP2Connection>
    private let outPin = Pinned<OutputQueue>(OutputQueue())

    init(_ pool: HTTP2ServerPool, _ socket: Socket, _ tls: TLSLayer?, _ seat: ServerSeat) {
        self.pool = pool
        server = pool.server
        worker = pool.server.worker
        self.socket = socket
        self.tls = tls
        self.seat = seat
        corePin = Pinned(HTTP2Connection(role: .client, limits: pool.limits))
        openedMs = pool.server.worker.loop.nowMs
        heardMs = openedMs
        streamsMax = pool.limits.streams
    }

    deinit {
        streamsPin.free()
        touchedPin.free()
        resumingPin.free()
        corePin.free()
        input.free()
        outPin.free()
    }

    /// The socket is its own from now on.
    func begin() {
        socket.clearDeadline()
        seat.ready()
        out.prepare(worker.pool)
        core.begin(nowMs: worker.loop.nowMs, into: &out.buffer)
        pool.add(self)
        writeLater()
        // What came with the last bytes of the handshake is there already.
        if socket.isReadable { socket.later() }
    }

    // MARK: Room

    /// Whether it takes another request.
    var hasRoom: Bool {
        guard !isLeaving, activeCount < streamsMax, core.openableStreams > 0 else { return false }
        guard requestsServed < pool.requestsPerConnectionMax else { return false }
        return pool.connectionLifetimeMs == 0 || worker.loop.nowMs - openedMs < pool.connectionLifetimeMs
    }

    /// Whether the server allows no streams at all at the moment.
    var refusesAll: Bool { areSettingsKnown && !isLeaving && core.peerSettings.streams == 0 }

    /// RFC 8441 §3.
    var allowsExtendedConnect: Bool { core.peerSettings.enableConnect }

    /// Whether a request that waited for the connection may have it.
    func mayStart(_ exchange: Exchange) -> Bool {
        hasRoom && (exchange.upgradeField == nil || !areSettingsKnown || allowsExtendedConnect)
    }

    // MARK: Requests

    /// Carries a request. There is room.
    func start(_ exchange: Exchange, _ stream: HTTP2ServerStream) {
        if exchange.upgradeField != nil {
            guard exchange.hasSoundHandshake else { return refuse(exchange, stream) }
            if !areSettingsKnown { return park(exchange, stream) }
        }
        guard let index = core.open() else {
            worker.giveBack(stream)
            return pool.reopen(exchange)
        }
        leaveIdle()
        activeCount += 1
        requestsServed += 1
        while streams.count <= index.slot { streams.append(nil) }
        streams[index.slot] = Borrowed(stream)
        arm(probeDueMs)
        stream.start(on: self, index, exchange, wasReused: requestsServed > 1)
    }

    /// What the server would say if it could see the key.
    private func refuse(_ exchange: Exchange, _ stream: HTTP2ServerStream) {
        worker.giveBack(stream)
        exchange.server = nil
        exchange.fail(.malformedRequest)
    }

    private func park(_ exchange: Exchange, _ stream: HTTP2ServerStream) {
        stream.park(on: self, exchange)
        parked.append(Borrowed(stream))
        arm(stream.dueMs)
    }

    /// A response came to its end: after a refusal the server may bear more again.
    @inline(__always)
    func answered() { if streamsMax < pool.limits.streams { streamsMax += 1 } }

    /// The server refused a stream of those that are open, and will not take another one now.
    func refusedStream() { streamsMax = max(1, activeCount - 1) }

    func unpark(_ stream: HTTP2ServerStream) { parked.removeAll { $0.object === stream } }

    /// The stream at an index, if an exchange still has it.
    @inline(__always)
    func stream(_ index: HTTP2StreamIndex) -> Borrowed<HTTP2ServerStream>? {
        index.slot < streams.count ? streams[index.slot] : nil
    }

    /// The exchange has no more use of the stream, whatever the server still says. It is reset if it goes on.
    func over(_ stream: HTTP2ServerStream) {
        let index = stream.index
        streams[index.slot] = nil
        activeCount -= 1
        if !isClosed {
            out.prepare(worker.pool)
            // RFC 9113 §8.1: nobody wants what is still to come.
            if core.isOpen(index) { core.reset(index, .cancel, into: &out.buffer) }
            core.release(index, into: &out.buffer)
            writeLater()
        }
        worker.giveBack(stream)
        if server.gate != nil { server.madeRoom() }
        guard !isClosed else { return }
        if activeCount == 0 { becomeIdle() } else { pool.gotRoom(self) }
    }

    // MARK: Idleness

    /// One that rests for a moment keeps its memory for the next request.
    private static let shrinkAfterMs: UInt64 = 5_000

    private func becomeIdle() {
        guard !isIdle else { return }
        if !isLeaving, hasRoom || refusesAll, pool.becameIdle(self) {
            isIdle = true
            pool.gotRoom(self)
            idleDueMs = worker.loop.due(pool.idleTimeoutMs)
            shrinkDueMs = worker.loop.nowMs + Self.shrinkAfterMs
            arm(min(idleDueMs, shrinkDueMs))
        } else {
            leave()
        }
    }

    private func leaveIdle() {
        guard isIdle else { return }
        isIdle = false
        idleDueMs = .max
        shrinkDueMs = .max
        heardMs = worker.loop.nowMs
        pool.leftIdle()
    }

    /// Nobody came to use it, or all who did have gone.
    func settle() {
        if activeCount == 0 && parked.isEmpty && !isClosed { becomeIdle() }
    }

    /// Takes no further request, and closes when it has no streams.
    func leave() {
        if !isLeaving {
            isLeaving = true
            pool.remove(self)
        }
        leaveIdle()
        // Not from inside a call that still looks at the connection.
        if activeCount == 0 && parked.isEmpty { writeLater() }
    }

    // MARK: Events

    override func ready() { readinessChanged() }
    override func resumed() { roundEnded() }

    // MARK: Deadlines

    /// The loop shall call at this time at the latest.
    @inline(__always)
    func arm(_ ms: UInt64) {
        guard ms < armedMs else { return }
        armedMs = ms
        socket.setDeadline(ms)
    }

    override func deadlinePassed() {
        guard !isClosed else { return }
        armedMs = .max
        let nowMs = worker.loop.nowMs
        if isIdle && idleDueMs <= nowMs { return close() }
        if shrinkDueMs <= nowMs { shrink() }
        expireStreams(nowMs)
        guard !isClosed else { return }
        probe(nowMs)
        if core.nextDueMs <= nowMs {
            out.prepare(worker.pool)
            if case .failed(let failure) = core.deadlinePassed(nowMs: nowMs, into: &out.buffer) {
                return broke(failure)
            }
            writeLater()
        }
        arm(min(min(idleDueMs, shrinkDueMs), core.nextDueMs))
        if activeCount > 0 { arm(probeDueMs) }
    }

    private func shrink() {
        shrinkDueMs = .max
        core.shrink()
        streams = []
        touched = []
        resuming = []
    }

    private func expireStreams(_ nowMs: UInt64) {
        var slot = 0
        while slot < streams.count {
            if let stream = streams[slot] {
                if stream.with({ $0.dueMs }) <= nowMs { stream.object.expired() }
                guard !isClosed else { return }
                if let stream = streams[slot] { arm(stream.with { $0.dueMs }) }
            }
            slot += 1
        }
        for stream in parked {
            if stream.object.dueMs <= nowMs { stream.object.expired() } else { arm(stream.object.dueMs) }
        }
    }

    /// When silence becomes suspicious.
    var probeDueMs: UInt64 {
        let ms = pool.pingAfterMs
        return ms > 0 && !isProbing ? heardMs + UInt64(ms) : .max
    }

    private func probe(_ nowMs: UInt64) {
        guard activeCount > 0, probeDueMs <= nowMs else { return }
        isProbing = true
        out.prepare(worker.pool)
        core.probe(nowMs: nowMs, into: &out.buffer)
        writeLater()
        arm(core.nextDueMs)
    }
}
