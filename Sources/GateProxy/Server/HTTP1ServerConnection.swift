// A connection to a server that speaks HTTP/1.1: one exchange at a time, idle ones in between.
// What it reads is in HTTP1ServerConnection+Response.swift, what it writes here.

import CGateLinux
import GateCore
import GateEngine
import GateHTTP
import GateHTTP1
import GateTLS
import Glibc

/// One connection to a server.
final class HTTP1ServerConnection: EventHandler, ServerStream {
    enum State: UInt8 {
        case connecting
        /// Connected; the PROXY header goes out if there is one, and TLS begins.
        case handshake
        /// In the pool.
        case idle
        /// A request goes out, a response is awaited or comes in.
        case active
        case tunnel
        /// Nobody wants the rest of the answer: it is read past.
        case discarding
        case closed
    }

    /// What of the response was read.
    enum ResponsePart: UInt8 { case nothing, head, body, done }

    let worker: Worker
    let server: ServerRuntime
    var socket: Socket!
    /// The socket's own, from the handshake on; nil in clear text.
    var tls: TLSLayer?
    var state = State.connecting
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
    var part = ResponsePart.nothing
    var requestFraming = BodyFraming.none
    var isRequestSent = false
    var wasReused = false
    var isPersistent = true
    /// The client takes no more: nothing is read.
    var isPaused = false
    var hasSentAnything = false
    /// The exchange was told `.full` and waits for `serverDrained`.
    var owesDrained = false
    /// As the exchange's route has them.
    var timeouts = ServerTimeouts()
    var requestsServed = 0
    private var openedMs: UInt64 = 0
    private var requestBytesLeft = 0
    /// Bytes of an unwanted answer.
    var discarded = 0
    /// Carries response bytes to the client inside the kernel.
    var pipe: SplicePipe?
    private var seat: ServerSeat
    private var isWriteBroken = false
    private var isAwaitingFirstByte = false
    var isTunnelReadOver = false
    private var isTunnelWriteOver = false

    // What is hot and changed by other modules has an address of its own: see `Pinned`.
    private let outPin = Pinned<OutputQueue>(OutputQueue())
    private let bodyPin = Pinned<BodyReader>(BodyReader())

    deinit {
        input.free()
        outPin.free()
        bodyPin.free()
    }

    private init(_ server: ServerRuntime, _ seat: ServerSeat? = nil) {
        self.server = server
        worker = server.worker
        self.seat = seat ?? ServerSeat(server)
    }

    // MARK: Connecting

    static func connect(to address: SocketAddress, server: ServerRuntime, for exchange: Exchange) {
        let connection = HTTP1ServerConnection(server)
        var descriptor: Int32 = -1
        let result = SocketConnector.connect(to: address, &descriptor)
        switch Int32(-result) {
        case 0, EINPROGRESS: break
        // We have run out of something: no server is to blame, and no other would help.
        case EMFILE, ENFILE, ENOBUFS, ENOMEM, EADDRNOTAVAIL:
            connection.seat.leave()
            return exchange.fail(.overloaded)
        default:
            connection.seat.leave()
            return exchange.serverFailed(.connectFailed, sent: .nothing, wasReused: false)
        }
        guard
            let socket = try? worker(server).loop.add(
                descriptor, watch: .stream, handler: connection, isConnected: result == 0)
        else {
            connection.seat.leave()
            return exchange.fail(.overloaded)
        }
        connection.socket = socket
        connection.begin(exchange, isConnected: result == 0)
    }

    /// Takes over a connection that is there already. `dueMs`: when it must be of use.
    static func adopt(_ descriptor: Int32, server: ServerRuntime, for exchange: Exchange, dueMs: UInt64) {
        let connection = HTTP1ServerConnection(server)
        guard
            let socket = try? worker(server).loop.add(
                descriptor, watch: .stream, handler: connection, isConnected: true)
        else {
            connection.seat.leave()
            return exchange.fail(.overloaded)
        }
        connection.socket = socket
        connection.begin(exchange, isConnected: true, dueMs: dueMs)
    }

    /// Takes over a connection on which nothing was said but, with TLS, the handshake: the server wants HTTP/1.1.
    static func takeOver(
        _ socket: Socket, _ tls: TLSLayer?, _ seat: ServerSeat, server: ServerRuntime, for exchange: Exchange
    ) {
        let connection = HTTP1ServerConnection(server, seat)
        connection.socket = socket
        connection.tls = tls
        socket.handOver(to: connection)
        connection.openedMs = server.worker.loop.nowMs
        connection.adopt(exchange)
        connection.out.prepare(server.worker.pool)
        connection.usable(exchange)
    }

    private static func worker(_ server: ServerRuntime) -> Worker { server.worker }

    private func begin(_ exchange: Exchange, isConnected: Bool, dueMs: UInt64? = nil) {
        openedMs = worker.loop.nowMs
        guard seat.take(exchange) else {
            close()
            return exchange.attemptRefused(.breakerOpen)
        }
        adopt(exchange)
        if let dueMs {
            if dueMs < .max { socket.setDeadline(dueMs) }
        } else if !isConnected || server.plan.tlsName != nil {
            setDeadline(timeouts.perTryMs == 0 ? timeouts.connectMs : withinTry(timeouts.connectMs))
        }
        if isConnected { connected() }
    }

    private func adopt(_ exchange: Exchange) {
        self.exchange = exchange
        exchange.server = self
        timeouts = exchange.borrowedRoute?.with { $0.serverTimeouts } ?? ServerTimeouts()
    }

    private func connectEvent() {
        guard socket.isWritable else { return }
        guard socket.connectError() == 0 else { return fail(.connectFailed) }
        connected()
    }

    private func connected() {
        guard let exchange else { return close() }
        out.prepare(worker.pool)
        if let version = server.upstreamPlan.proxyProtocol { writeProxyHeader(version, exchange) }
        if server.plan.tlsName == nil { return usable(exchange) }
        state = .handshake
        shakeHands()
    }

    /// The server has what it wants before the first request.
    func usable(_ exchange: Exchange) {
        exchange.focus(on: self)
        seat.ready()
        if exchange.isPassthrough { return passThrough(exchange) }
        state = .active
        begin(exchange)
    }

    /// The client's own bytes come next, whatever they are.
    private func passThrough(_ exchange: Exchange) {
        requestsServed += 1
        isRequestSent = true
        beginTunnel()
        exchange.passthroughReady()
    }

    private func writeProxyHeader(_ version: ProxyProtocolVersion, _ exchange: Exchange) {
        let header = exchange.proxyHeader
        switch version {
        case .v1: ProxyHeaderV1.append(header, to: &out.buffer)
        case .v2: ProxyHeaderV2.append(header, to: &out.buffer)
        }
    }

    // MARK: The pool

    /// Whether an idle connection may carry this request. One with a body is worth a look at the socket: it could
    /// not be sent again.
    func isFit(for exchange: Exchange) -> Bool {
        guard state == .idle, socket.readiness.isDisjoint(with: [.readable, .readHangup, .hangup]) else { return false }
        let plan = server.upstreamPlan
        let lifetimeMs = UInt64(plan.connectionLifetimeMs)
        guard requestsServed < plan.requestsPerConnectionMax else { return false }
        guard lifetimeMs == 0 || worker.loop.nowMs - openedMs < lifetimeMs else { return false }
        // A connection that told its own client's address by a PROXY header serves that client alone.
        guard plan.proxyProtocol == nil else { return false }
        return exchange.request.method.isIdempotent && exchange.requestFraming == .none || !socket.hasUnreadInput()
    }

    /// Carries another exchange.
    func start(_ exchange: Exchange) {
        state = .active
        wasReused = true
        adopt(exchange)
        begin(exchange)
    }

    func closeIdle() { close() }

    private func begin(_ exchange: Exchange) {
        part = .nothing
        body = BodyReader()
        isRequestSent = false
        isPersistent = true
        isPaused = false
        hasSentAnything = false
        isWriteBroken = false
        isAwaitingFirstByte = false
        owesDrained = false
        requestsServed += 1
        socket.clearDeadline()
        worker.withPool { out.prepare($0) }
        requestFraming = exchange.requestFraming
        if case .length(let count) = requestFraming { requestBytesLeft = count }
        RequestWriter.write(
            exchange, host: exchange.changesHost ? exchange.route?.ownHost(for: server.plan) : nil,
            fallbackHost: server.plan.host,
            into: &out.buffer)
        exchange.serverReady(self)
    }

    // MARK: ServerStream

    func sendBody(_ bytes: Span<UInt8>) -> Flow {
        guard state == .active, !isWriteBroken else { return .full }
        if isAwaitingFirstByte && !isRequestSent {
            isAwaitingFirstByte = false
            socket.clearDeadline()
        }
        let asChunk = requestFraming == .chunked
        if !asChunk { requestBytesLeft -= bytes.count }
        let result = out.add(
            bytes, asChunk: asChunk, to: socket, pool: worker.pool)
        if case .failed = result {
            writeFailed()
            return .full
        }
        noteWritten(result)
        if socket.isWritable { return .open }
        owesDrained = true
        setDeadline(timeouts.writeMs)
        return .full
    }

    func sendEnd(_ exchange: Exchange) {
        if requestFraming == .chunked {
            out.prepare(worker.pool)
            if exchange.requestTrailers.fieldCount > 0 {
                ChunkEncoder.appendLast(trailers: exchange.requestTrailers, to: &out.buffer)
            } else {
                ChunkEncoder.appendLast(to: &out.buffer)
            }
        }
        isRequestSent = true
    }

    func flush() {
        guard state == .active || state == .tunnel, !isWriteBroken,
            !out.isEmpty || isRequestSent || awaitsContinue
        else { return }
        let result = worker.withPool { out.flush(to: socket, pool: $0) }
        if case .failed = result { return writeFailed() }
        noteWritten(result)
        guard out.isEmpty else {
            if state == .active { setDeadline(timeouts.writeMs) }
            return
        }
        if state == .tunnel {
            if isTunnelWriteOver { socket.shutdownWrite() }
            exchange?.serverSentAll()
            return
        }
        // Who waits for 100 waits for the server, not for the client (RFC 9110 §10.1.1).
        let awaits = isRequestSent || awaitsContinue
        if awaits && part == .nothing && !isAwaitingFirstByte {
            isAwaitingFirstByte = true
            setDeadline(timeouts.perTryMs == 0 ? timeouts.firstByteMs : withinTry(timeouts.firstByteMs))
        }
    }

    private var awaitsContinue: Bool { borrowedExchange?.with { $0.awaitsContinue } ?? false }

    private func noteWritten(_ result: IOResult) {
        if case .bytes(let count) = result, count > 0 { hasSentAnything = true }
    }

    /// The server takes nothing more of the request. It may have answered before it closed, so look first.
    func writeFailed() {
        out.release(worker.pool)
        guard state == .active else { return fail(.serverClosed) }
        isWriteBroken = true
        isPersistent = false
        if hasSentAnything {
            owesDrained = false
            setDeadline(timeouts.readMs)
            socket.assumeReadable()
            socket.later()
        } else {
            fail(.serverWriteFailed)
        }
    }

    func cancel() {
        exchange = nil
        close()
    }

    func resumeResponse() {
        guard isPaused else { return }
        isPaused = false
        if state == .active { setDeadline(timeouts.readMs) }
        socket.later()
    }

    // MARK: Splicing, the request's way

    var spliceTarget: Socket? {
        guard state == .active, !socket.isLayered, out.isEmpty, requestFraming != .chunked, socket.isWritable else {
            return nil
        }
        return socket
    }

    func spliced(_ count: Int) {
        requestBytesLeft -= count
        hasSentAnything = true
    }

    func awaitWritable() {
        owesDrained = true
        setDeadline(timeouts.writeMs)
    }

    func givePipeBack() {
        if let pipe {
            worker.pipes.give(pipe)
            self.pipe = nil
        }
    }

    // MARK: Events

    override func ready() {
        switch state {
        case .closed: return
        case .connecting:
            connectEvent()
            guard state == .active else { return }
        case .handshake:
            shakeHands()
            guard state == .active else { return }
        case .idle: return idleEvent()
        case .active, .tunnel, .discarding: break
        }
        if socket.isWritable { becameWritable() }
        if state != .closed && socket.isReadable { readInput() }
    }

    /// The server ends an idle connection, or speaks unasked. An event may also be late: for bytes that were read.
    private func idleEvent() {
        if socket.isHungUp || socket.isReadable && socket.hasUnreadInput() { close() }
    }

    private func becameWritable() {
        if !out.isEmpty { flush() }
        guard state != .closed, out.isEmpty, owesDrained, socket.isWritable else { return }
        owesDrained = false
        if state == .active && !isRequestSent {
            if part == .body && !isPaused { setDeadline(timeouts.readMs) } else { socket.clearDeadline() }
        }
        exchange?.serverDrained()
    }

    override func resumed() {
        guard state == .active || state == .tunnel || state == .discarding else { return }
        if part == .done, !isPaused, let exchange { return finish(exchange) }
        readInput()
    }

    override func deadlinePassed() {
        switch state {
        case .closed: break
        case .idle, .discarding: close()
        case .connecting, .handshake: fail(.connectTimeout)
        case .tunnel: fail(.tunnelTimeout)
        case .active: fail(part == .nothing && isRequestSent ? .firstByteTimeout : .readTimeout)
        }
    }

    /// What is left of the time for one attempt, where that is less. Uploads take their time: with them it begins anew.
    private func withinTry(_ ms: Int) -> Int {
        guard let exchange else { return ms }
        let usedMs = requestFraming == .none ? Int((worker.loop.nowNs &- exchange.attemptNs) / 1_000_000) : 0
        let leftMs = max(1, timeouts.perTryMs - usedMs)
        return ms > 0 ? min(ms, leftMs) : leftMs
    }

    /// Milliseconds from now; 0 is never.
    func setDeadline(_ ms: Int) {
        socket.setDeadline(worker.loop.due(ms))
    }

    // MARK: Ends

    /// The exchange hears of it, and the connection is closed.
    func fail(_ reason: EndReason) {
        guard let exchange else { return close() }
        exchange.focus(on: self)
        self.exchange = nil
        // Of a head that is not whole the client has seen nothing.
        let sent: SentState =
            part == .body || part == .done ? .someResponse : hasSentAnything || part == .head ? .noResponse : .nothing
        let wasTunnel = state == .tunnel
        close()
        if wasTunnel { return exchange.tunnelEnded(reason) }
        exchange.serverFailed(reason, sent: sent, wasReused: wasReused && part == .nothing)
    }

    /// The response is whole and read: on to the pool, or away.
    func release() {
        borrowedExchange = nil
        givePipeBack()
        let mayStay =
            isPersistent && isRequestSent && !isWriteBroken && out.isEmpty && input.isEmpty && !socket.isReadHungUp
        // After a splice nobody knows whether more is there than was asked for.
        guard mayStay, !socket.isReadable || !socket.hasUnreadInput(), server.keep(self) else { return close() }
        state = .idle
        if server.gate != nil { server.madeRoom() }
        wasReused = true
        setDeadline(server.upstreamPlan.idleTimeoutMs)
    }

    func close() {
        guard state != .closed else { return }
        if state == .idle { server.forget(self) }
        state = .closed
        seat.leave()
        out.release(worker.pool)
        givePipeBack()
        input.release(worker.pool)
        socket.close()
    }

    // MARK: Tunnel

    var hasUnsent: Bool { !out.isEmpty }

    func beginTunnel() {
        state = .tunnel
        isPersistent = false
        socket.clearDeadline()
    }

    func sendTunnel(_ bytes: Span<UInt8>) -> Flow {
        guard state == .tunnel else { return .open }
        let result = out.add(bytes, asChunk: false, to: socket, pool: worker.pool)
        if case .failed = result {
            socket.later()
            return .full
        }
        if socket.isWritable { return .open }
        owesDrained = true
        return .full
    }

    func endTunnel() {
        guard state == .tunnel else { return }
        isTunnelWriteOver = true
        if out.isEmpty { socket.shutdownWrite() }
    }
}
