// One thread's whole world: its loop, its buffers, its connections, its counters. Workers share nothing.

import CGateLinux
import GateCore
public import GateEngine
import GateHTTP
import GateHTTP2
import GateTLS

/// What a worker owns. Others reach it through its mailbox only.
public final class Worker: LoopOwner {
    /// The most bytes of a request's body that are kept to send it again.
    static let replayBytesMax = 16 << 10
    /// Bytes read at once.
    static let scratchBytes = 64 << 10

    let loop: EventLoop
    public let mailbox: Mailbox<Worker>
    let index: Int
    let pool = BufferPool(bufferBytes: 16 << 10, keptMax: 512)
    /// The same, uncounted.
    private let borrowedPool: Borrowed<BufferPool>
    private var scratch: ByteBuffer {
        unsafeAddress { unsafe scratchPin.reading }
        unsafeMutableAddress { unsafe scratchPin.address }
    }
    var pipes = PipePool()
    var ids: RequestIDSource {
        unsafeAddress { unsafe idsPin.reading }
        unsafeMutableAddress { unsafe idsPin.address }
    }
    var counters: Counters {
        unsafeAddress { unsafe countersPin.reading }
        unsafeMutableAddress { unsafe countersPin.address }
    }
    private(set) var trustedProxies: AddressSet {
        unsafeAddress { unsafe trustedPin.reading }
        unsafeMutableAddress { unsafe trustedPin.address }
    }
    private(set) var router: Router! { didSet { borrowedRouter = router.map { Borrowed($0) } } }
    /// The same, uncounted.
    private(set) var borrowedRouter: Borrowed<Router>!
    /// Routes of earlier plans that exchanges still go by.
    private var retiredRouters: [Router] = []
    private var mayDropRouters = false
    private(set) var upstreams: [UpstreamRuntime] = []
    /// Levels of upstreams over all workers.
    var loads = UpstreamLoads()
    /// The other workers' mailboxes.
    var others: [Mailbox<Worker>] = []
    private var listeners: [ListenerRuntime] = []
    /// Where TLS handshakes with clients have their turns.
    let handshakes: HandshakeDesk
    /// Memory that all TLS layers share.
    let workspace: TLSWorkspace
    /// What decoding HTTP/2's heads needs for a moment.
    let http2Workspace = HTTP2Workspace()
    /// For the frames of connections with much to send.
    let http2Output = BufferPool(bufferBytes: HTTP2OutputPool.bufferBytes, keptMax: 16)
    /// Streams of HTTP/2 clients, for use and reuse.
    var clientStreams: HTTP2StreamStore<HTTP2ClientStream> {
        unsafeAddress { unsafe clientStreamsPin.reading }
        unsafeMutableAddress { unsafe clientStreamsPin.address }
    }
    var http2Complaints: HTTP2Complaints
    /// Streams to HTTP/2 servers, for use and reuse.
    var serverStreams: HTTP2StreamStore<HTTP2ServerStream> {
        unsafeAddress { unsafe serverStreamsPin.reading }
        unsafeMutableAddress { unsafe serverStreamsPin.address }
    }
    var material = TLSMaterial()
    /// Somebody may ask for `material.challenges`. By itself, since every request looks at it.
    private(set) var hasChallenges = false
    var wantedNames = WantedNames()
    /// Exchanges that wait for a time.
    var timers: DueQueue<ExchangeTimer> {
        unsafeAddress { unsafe timersPin.reading }
        unsafeMutableAddress { unsafe timersPin.address }
    }
    /// Copies of requests under way.
    var mirrors: [ObjectIdentifier: MirrorRequest] = [:]
    let limiter: ConnectionLimiter
    /// Gates and queues of servers with limits.
    let shared: SharedServers
    /// Exchanges of this worker that wait for a server with room.
    var waiting: WaitingList {
        unsafeAddress { unsafe waitingPin.reading }
        unsafeMutableAddress { unsafe waitingPin.address }
    }
    let reporter: any Reporter
    private var logger: AccessLogger?
    /// The time of day for logs and templates.
    var stamp = LogTimestamp()

    private var exchanges: ContiguousArray<Exchange> {
        unsafeAddress { unsafe exchangesPin.reading }
        unsafeMutableAddress { unsafe exchangesPin.address }
    }
    private var freeExchanges: ContiguousArray<Int> {
        unsafeAddress { unsafe freeExchangesPin.reading }
        unsafeMutableAddress { unsafe freeExchangesPin.address }
    }
    private var dateBytes: ByteBuffer {
        unsafeAddress { unsafe dateBytesPin.reading }
        unsafeMutableAddress { unsafe dateBytesPin.address }
    }
    /// When the loop's clock says so the next second has begun.
    private var dateDueMs: UInt64 = 0
    private(set) var isStopping = false
    /// For balancing.
    var random: RandomSource
    private var serversMade: UInt32 = 0

    // What is hot has an address of its own: see `Pinned`.
    private let clientStreamsPin = Pinned<HTTP2StreamStore<HTTP2ClientStream>>(HTTP2StreamStore(.atOnce))
    private let timersPin = Pinned<DueQueue<ExchangeTimer>>(DueQueue())
    private let waitingPin = Pinned<WaitingList>(WaitingList())
    private let scratchPin = Pinned<ByteBuffer>(ByteBuffer(capacity: Worker.scratchBytes))
    private let trustedPin = Pinned<AddressSet>([])
    private let idsPin = Pinned<RequestIDSource>(RequestIDSource())
    private let countersPin = Pinned<Counters>(Counters())
    private let exchangesPin = Pinned<ContiguousArray<Exchange>>([])
    private let freeExchangesPin = Pinned<ContiguousArray<Int>>([])
    private let serverStreamsPin = Pinned<HTTP2StreamStore<HTTP2ServerStream>>(HTTP2StreamStore(.afterRound))
    private let dateBytesPin = Pinned<ByteBuffer>(ByteBuffer(capacity: 32))

    deinit {
        scratchPin.free()
        trustedPin.free()
        idsPin.free()
        countersPin.free()
        exchangesPin.free()
        freeExchangesPin.free()
        dateBytesPin.free()
        serverStreamsPin.free()
        timersPin.free()
        waitingPin.free()
        clientStreamsPin.free()
    }

    /// It only explains: no connection to a server is made.
    let sendsNothing: Bool

    /// Made on the thread that runs it.
    init(
        index: Int, limiter: ConnectionLimiter, shared: SharedServers = SharedServers(), reporter: any Reporter,
        sendsNothing: Bool = false
    ) throws(SystemError) {
        self.index = index
        self.sendsNothing = sendsNothing
        self.limiter = limiter
        self.shared = shared
        self.reporter = reporter
        random = RandomSource(seed: UInt64.random(in: 0 ... .max))
        borrowedPool = Borrowed(pool)
        handshakes = HandshakeDesk(reporter)
        http2Complaints = HTTP2Complaints(reporter)
        workspace = TLSWorkspace(pool: pool)
        loop = try EventLoop()
        mailbox = Mailbox(loop: loop)
        super.init()
    }

    func run() {
        loop.run(self)
        logger?.flush()
        mailbox.close()
        loop.closeAll()
        last = snapshot()
        discard()
    }

    /// What refers to the worker goes, so that the worker does.
    func discard() {
        mirrors = [:]
        handshakes.discard()
        wantedNames.discard()
        listeners = []
        upstreams = []
        router = nil
        retiredRouters = []
        exchanges = []
        freeExchanges = []
        clientStreams.discard()
        serverStreams.discard()
    }

    /// The counters as they were when the loop ended.
    private(set) var last = Counters()

    public override func woke() { mailbox.drain(self) }

    public override func roundEnded() -> Int32 {
        if isStopping && loop.nowMs >= stopDueMs { stopNow() }
        let hasHandshakes = handshakes.work()
        if mayDropRouters { dropUnusedRouters() }
        let waitMs = waitMs()
        return hasHandshakes ? 0 : waitMs
    }

    /// How long the loop may wait.
    private func waitMs() -> Int32 {
        var waitMs = logger?.roundEnded(nowMs: loop.nowMs) ?? -1
        if isStopping { waitMs = waitMs < 0 ? Self.stoppingWaitMs : min(waitMs, Self.stoppingWaitMs) }
        return timers.isEmpty && waiting.isEmpty ? waitMs : endWaits(timers.isEmpty ? waitMs : wakeExchanges(waitMs))
    }

    /// Ends waits in line whose time is up.
    private func endWaits(_ waitMs: Int32) -> Int32 {
        if !waiting.isEmpty && waiting.delayMs(loop.nowMs) == 0 {
            for entry in waiting.due(loop.nowMs) { exchange(entry.number, entry.generation)?.waitedTooLong() }
        }
        guard !waiting.isEmpty else { return waitMs }
        let delayMs = waiting.delayMs(loop.nowMs)
        return waitMs < 0 ? delayMs : min(waitMs, delayMs)
    }

    /// A worker that stops looks at its bound at least this often.
    private static let stoppingWaitMs: Int32 = 100
    private var stopDueMs = UInt64.max

    // MARK: Buffers

    /// The pool, for what every request does with it.
    @inline(__always)
    func withPool<Result>(_ body: (BufferPool) -> Result) -> Result { borrowedPool.with(body) }

    /// The buffer that reads go to; whoever takes it gives it back before the round ends.
    func takeScratch() -> ByteBuffer {
        let taken = scratch.takeOut()
        return taken.capacity > 0 ? taken : ByteBuffer(capacity: Worker.scratchBytes)
    }

    func giveScratch(_ buffer: consuming ByteBuffer) {
        buffer.removeAll()
        scratch = buffer
    }

    /// Adds the time of day as Date writes it, made once a second.
    func addDate(to head: inout MessageHead) {
        if loop.nowMs >= dateDueMs { renewDate() }
        head.add(.date, dateBytes.span)
    }

    private func renewDate() {
        let wallNs = Clock.wallNs()
        dateDueMs = loop.nowMs + 1000 - wallNs / 1_000_000 % 1000
        dateBytes.removeAll()
        HTTPDate.append(unixSeconds: Int(wallNs / 1_000_000_000), to: &dateBytes)
    }

    // MARK: Streams

    func takeClientStream() -> Borrowed<HTTP2ClientStream> {
        clientStreams.take(nowNs: loop.nowNs) { HTTP2ClientStream(self) }
    }

    func takeServerStream() -> HTTP2ServerStream {
        serverStreams.take(nowNs: loop.nowNs) { HTTP2ServerStream(self) }.object
    }

    /// Takes back a stream that no exchange has.
    func giveBack(_ stream: HTTP2ClientStream) { clientStreams.give(stream, nowNs: loop.nowNs) }

    /// Takes back a stream that no exchange has.
    func giveBack(_ stream: HTTP2ServerStream) { serverStreams.give(stream, nowNs: loop.nowNs) }

    // MARK: Exchanges

    func takeExchange() -> Exchange {
        counters.activeExchanges += 1
        if let number = freeExchanges.popLast() { return exchanges[number] }
        let exchange = Exchange(worker: self, number: exchanges.count)
        exchanges.append(exchange)
        return exchange
    }

    /// Takes back an exchange that never began.
    func giveBack(_ exchange: Exchange) {
        counters.activeExchanges -= 1
        exchange.reset()
        freeExchanges.append(exchange.number)
    }

    /// The exchange with this number, unless it has become another one since.
    func exchange(_ number: Int, _ generation: UInt32) -> Exchange? {
        exchanges[number].generation == generation ? exchanges[number] : nil
    }

    /// Counts and logs an exchange that is over, and makes it ready for the next.
    func ended(_ exchange: Exchange) {
        counters.activeExchanges -= 1
        guard !exchange.isSubrequest else {
            exchange.reset()
            return freeExchanges.append(exchange.number)
        }
        counters.endings[Int(exchange.reason.rawValue)] += 1
        counters.requestBytes += exchange.requestBodyBytes
        counters.responseBytes += exchange.responseBodyBytes
        logger?.log(exchange)
        exchange.reset()
        freeExchanges.append(exchange.number)
    }

    // MARK: Plans

    /// Takes a plan into service. What is equal in the old one goes on untouched.
    func adopt(_ plan: Plan, listening: [ListenerSocket], log: AccessLogger?) {
        trustedProxies = plan.trustedProxies
        logger?.flush()
        logger = log
        let old = upstreams
        upstreams = plan.upstreams.map { new in
            old.first { $0.plan == new } ?? UpstreamRuntime(new, worker: self, carriedOverFrom: old)
        }
        for gone in old where !upstreams.contains(where: { $0 === gone }) { gone.retire(keptBy: upstreams) }
        retireRouter()
        router = Router(plan: plan, upstreams: upstreams, reporter: reporter)
        adoptListeners(plan, listening)
    }

    private func retireRouter() {
        guard let router else { return }
        router.isRetired = true
        retiredRouters.append(router)
        mayDropRouters = true
    }

    /// An exchange let go of an earlier plan's routes. They stay to the end of the round, as somebody may just run them.
    func letGoOfRetiredRouter() { mayDropRouters = true }

    private func dropUnusedRouters() {
        mayDropRouters = false
        retiredRouters.removeAll { $0.users == 0 }
    }

    private func adoptListeners(_ plan: Plan, _ sockets: [ListenerSocket]) {
        guard !isStopping else {
            for socket in sockets { ListenerOpener.close(socket.descriptor) }
            return
        }
        var next: [ListenerRuntime] = []
        for listenerPlan in plan.listeners {
            if let same = listeners.first(where: { $0.plan.key == listenerPlan.key }) {
                same.adopt(listenerPlan)
                next.append(same)
            } else if let socket = sockets.first(where: { $0.key == listenerPlan.key }) {
                let runtime = ListenerRuntime(listenerPlan, worker: self)
                runtime.listen(socket)
                next.append(runtime)
            }
        }
        for gone in listeners where !next.contains(where: { $0 === gone }) {
            gone.stop()
            drainConnections(of: gone)
        }
        listeners = next
        material.keep(Set(next.map(\.plan.key)))
    }

    /// Closes idle connections and lets the others finish their exchange.
    func drainConnections(of listener: ListenerRuntime? = nil) {
        loop.forEachHandler { handler in
            if let connection = handler as? any ListenedConnection,
                listener == nil || connection.listener === listener
            {
                connection.drain()
            }
        }
    }

    /// Certificates or ticket keys are others than before.
    func materialChanged() {
        for listener in listeners { listener.materialChanged() }
        wantedNames.certificatesChanged()
    }

    /// Answers these challenges from now on, by token, and no others.
    func setChallenges(_ answers: [String: [UInt8]]) {
        material.challenges = answers
        hasChallenges = !answers.isEmpty
    }

    /// A number for another server.
    func nextServerSerial() -> UInt32 {
        serversMade += 1
        return serversMade
    }

    func upstream(named name: String) -> UpstreamRuntime? { upstreams.first { $0.plan.name == name } }

    // MARK: Stopping

    /// Stops accepting, finishes exchanges within `ms` and ends the loop.
    func stopGracefully(withinMs ms: Int) {
        guard !isStopping else { return }
        isStopping = true
        for listener in listeners { listener.stop() }
        drainConnections()
        stopDueMs = loop.nowMs + UInt64(ms)
        clientClosed()
    }

    /// Ends the loop now; whatever is under way is cut.
    func stopNow() {
        isStopping = true
        stopDueMs = .max
        for listener in listeners { listener.stop() }
        loop.forEachHandler { ($0 as? any ListenedConnection)?.stopNow() }
        finish()
    }

    private func finish() {
        for mirror in mirrors.values { mirror.cancel() }
        for upstream in upstreams { upstream.retire(keptBy: []) }
        loop.stop()
    }

    /// A client's connection is gone.
    func clientClosed() {
        if isStopping && counters.openConnections == 0 { finish() }
    }

    /// A copy of the counters with the levels of the moment.
    func snapshot() -> Counters {
        var copy = counters
        copy.buffersOut = pool.outCount + http2Output.outCount
        copy.pipesOut = pipes.outCount
        copy.handshakesUnderWay = handshakes.count
        copy.waitingExchanges = waiting.count
        copy.idleServerConnections = upstreams.reduce(0) { $0 + $1.idleCount }
        copy.logLinesDropped = logger?.droppedCount ?? 0
        return copy
    }
}
