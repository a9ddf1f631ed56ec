// A connection to a server on its way, where nobody knows yet whether it will speak HTTP/2, or what it will allow. Requests
// wait on it together, so that a hundred that come at once do not open a hundred connections.

import CGateLinux
import GateCore
import GateEngine
import GateTLS
import Glibc

/// Connects, shakes hands, and becomes an `HTTP2ServerConnection` or an `HTTP1ServerConnection`.
final class ServerDial: EventHandler {
    private enum State: UInt8 { case connecting, handshake, over }

    private let pool: HTTP2ServerPool
    private let server: ServerRuntime
    private let worker: Worker
    private var state = State.connecting
    private var socket: Socket?
    private var tls: TLSLayer?
    /// Who counts the connection; handed on to what it becomes.
    private var seat: ServerSeat
    /// The requests that wait, the first come first.
    private var waiting: ContiguousArray<HTTP2ServerStream> = []
    private var dueMs = UInt64.max

    private init(_ pool: HTTP2ServerPool) {
        self.pool = pool
        server = pool.server
        worker = pool.server.worker
        seat = ServerSeat(pool.server)
    }

    /// Begins a connection for a request. Room for it has been taken from the server's gate.
    static func start(_ pool: HTTP2ServerPool, _ stream: HTTP2ServerStream, _ exchange: Exchange) {
        let dial = ServerDial(pool)
        guard dial.seat.take(exchange) else {
            dial.seat.leave()
            dial.worker.giveBack(stream)
            return exchange.attemptRefused(.breakerOpen)
        }
        pool.began(dial)
        dial.join(stream, exchange)
        dial.connect(exchange.route?.serverTimeouts ?? ServerTimeouts())
    }

    /// Whether another request may wait here, when a connection bears so many.
    func hasRoom(_ streamsMax: Int) -> Bool {
        // What the server speaks is found out by one connection.
        state != .over && (pool.spoken == .unknown || waiting.count < streamsMax)
    }

    func join(_ stream: HTTP2ServerStream, _ exchange: Exchange) {
        stream.wait(on: self, exchange)
        waiting.append(stream)
    }

    /// The request's client has gone. The connection goes on: it will be of use soon.
    func leave(_ stream: HTTP2ServerStream) { waiting.removeAll { $0 === stream } }

    /// No plan names the server any more.
    func retire() { if waiting.isEmpty { fail(.connectFailed) } }

    // MARK: Connecting

    private func connect(_ timeouts: ServerTimeouts) {
        let ms =
            timeouts.perTryMs > 0 && timeouts.connectMs > 0
            ? min(timeouts.connectMs, timeouts.perTryMs)
            : max(timeouts.connectMs, timeouts.perTryMs)
        if ms > 0 { dueMs = worker.loop.nowMs + UInt64(ms) }
        guard let address = server.plan.address else { return fail(.connectFailed) }
        if !server.plan.alternatives.isEmpty {
            return ConnectRace.run(server.addresses(address), server: server, for: self, dueMs: dueMs)
        }
        var descriptor: Int32 = -1
        let result = SocketConnector.connect(to: address, &descriptor)
        switch Int32(-result) {
        case 0, EINPROGRESS: watch(descriptor, isConnected: result == 0)
        // We have run out of something: no server is to blame, and no other would help.
        case EMFILE, ENFILE, ENOBUFS, ENOMEM, EADDRNOTAVAIL: fail(.overloaded)
        default: fail(.connectFailed)
        }
    }

    private func watch(_ descriptor: Int32, isConnected: Bool) {
        let socket = try? worker.loop.add(descriptor, watch: .stream, handler: self, isConnected: isConnected)
        guard let socket else { return fail(.overloaded) }
        self.socket = socket
        if dueMs < .max { socket.setDeadline(dueMs) }
        // Not from inside the call of the exchange that began it.
        if isConnected { socket.later() }
    }

    /// The race has a winner.
    func connected(_ descriptor: Int32) {
        guard state != .over else {
            gate_close(descriptor)
            return
        }
        watch(descriptor, isConnected: true)
    }

    // MARK: Events

    override func ready() { advance() }
    override func resumed() { advance() }
    override func deadlinePassed() { fail(.connectTimeout) }

    private func advance() {
        if state == .connecting {
            guard let socket, socket.isWritable else { return }
            guard socket.connectError() == 0 else { return fail(.connectFailed) }
            guard server.plan.tlsName != nil else { return becomeHTTP2(socket) }
            state = .handshake
        }
        if state == .handshake { shakeHands() }
    }

    private func shakeHands() {
        guard let socket, let tls = tls ?? attachTLS(socket) else { return }
        switch tls.handshake(on: socket) {
        case .waiting, .suspended: break
        case .done: agreed(tls.negotiatedProtocol, socket)
        case .failed(let failure):
            server.noteFailure(failure)
            fail(EndReason(failure))
        }
    }

    private func attachTLS(_ socket: Socket) -> TLSLayer? {
        guard let layer = server.makeLayer(protocols: pool.isOnlyProtocol ? ["h2"] : ["h2", "http/1.1"]) else {
            fail(.overloaded)
            return nil
        }
        socket.attach(layer)
        tls = layer
        return layer
    }

    private func agreed(_ name: String?, _ socket: Socket) {
        if name == "h2" { return becomeHTTP2(socket) }
        guard !pool.isOnlyProtocol else { return fail(.serverNotHTTP2) }
        becomeHTTP1(socket)
    }

    // MARK: What becomes of it

    private func becomeHTTP2(_ socket: Socket) {
        end()
        pool.found(.http2)
        let connection = HTTP2ServerConnection(pool, socket, tls, seat)
        socket.handOver(to: connection)
        connection.begin()
        for stream in takeWaiting() {
            // An earlier one may have brought the connection down.
            guard let exchange = stream.stopWaiting() else { continue }
            exchange.focus(on: stream)
            if connection.mayStart(exchange) {
                connection.start(exchange, stream)
            } else {
                worker.giveBack(stream)
                pool.reopen(exchange)
            }
        }
        connection.settle()
    }

    /// The first request gets the connection, and the others one each.
    private func becomeHTTP1(_ socket: Socket) {
        end()
        pool.found(.http1)
        var isFree = true
        for stream in takeWaiting() {
            guard let exchange = stream.stopWaiting() else { continue }
            exchange.focus(on: stream)
            worker.giveBack(stream)
            if isFree {
                isFree = false
                HTTP1ServerConnection.takeOver(socket, tls, seat, server: server, for: exchange)
            } else {
                pool.reopen(exchange)
            }
        }
        if isFree {
            socket.close()
            seat.leave()
        }
    }

    private func fail(_ reason: EndReason) {
        guard state != .over else { return }
        end()
        socket?.close()
        seat.leave()
        for stream in takeWaiting() {
            guard let exchange = stream.stopWaiting() else { continue }
            exchange.focus(on: stream)
            worker.giveBack(stream)
            if reason == .overloaded {
                exchange.server = nil
                exchange.fail(reason)
            } else {
                exchange.serverFailed(reason, sent: .nothing, wasReused: false)
            }
        }
    }

    /// Failure of the race.
    func raceLost(_ reason: EndReason) { fail(reason) }

    private func end() {
        state = .over
        pool.ended(self)
    }

    private func takeWaiting() -> ContiguousArray<HTTP2ServerStream> {
        let taken = waiting
        waiting = []
        return taken
    }
}
