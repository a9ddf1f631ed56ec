// A client's connection whose TLS is a server's: bytes both ways, from the hello on. It has an exchange, so that servers are
// chosen, counted and tried again as for requests, and so that it ends with a reason in the access log.

import GateCore
import GateEngine
import GateHTTP

/// The client's side of a connection that is passed through.
final class PassthroughConnection: EventHandler, ListenedConnection {
    enum State: UInt8 {
        /// No server is there yet.
        case connecting
        case tunnel
        case closed
    }

    let worker: Worker
    let listener: ListenerRuntime
    private let seat: ClientSeat
    var socket: Socket!
    private(set) var state = State.connecting
    private(set) var exchange: Exchange?
    /// The hello, until there is a server for it. Owns no storage then.
    private var hello: ByteBuffer
    /// What waits for the client.
    private var out = OutputQueue()
    /// The server takes nothing now.
    private var isPaused = false
    /// The exchange was told `.full` and waits for `clientDrained`.
    private var owesDrained = false
    /// A write failed: nobody is there any more.
    private var isBroken = false
    private var isReadOver = false
    private var isWriteOver = false

    private init(_ listener: ListenerRuntime, seat: ClientSeat, hello: consuming ByteBuffer) {
        worker = listener.worker
        self.listener = listener
        self.seat = seat
        self.hello = hello
    }

    /// Takes a connection over whose hello is whole.
    static func takeOver(
        _ socket: Socket, listener: ListenerRuntime, facts: ConnectionFacts, seat: ClientSeat,
        hello: consuming ByteBuffer, name: String, upstream: UpstreamRuntime
    ) {
        let connection = PassthroughConnection(listener, seat: seat, hello: hello)
        connection.socket = socket
        socket.clearDeadline()
        socket.handOver(to: connection)
        connection.begin(facts, name: name, upstream: upstream)
    }

    private func begin(_ facts: ConnectionFacts, name: String, upstream: UpstreamRuntime) {
        let exchange = worker.takeExchange()
        self.exchange = exchange
        exchange.client = self
        exchange.listener = listener
        exchange.facts = facts
        exchange.beginPassthrough(to: name, by: upstream)
    }

    // MARK: Events

    override func ready() {
        if state == .closed { return }
        if state == .connecting {
            // Nobody waits for a server any more. An end in one direction alone may be meant so.
            if socket.isHungUp { clientGone(.clientClosed) }
            return
        }
        if socket.isWritable && (owesDrained || !out.isEmpty) { becameWritable() }
        if state == .tunnel && socket.isReadable { readInput() }
    }

    override func resumed() {
        if isBroken && state != .closed { return clientGone(.clientClosed) }
        ready()
    }

    /// Not while the server's side is at work.
    private func broke() {
        isBroken = true
        socket.later()
    }

    override func deadlinePassed() {
        if state == .tunnel { exchange?.tunnelTimedOut() }
    }

    private func becameWritable() {
        flush()
        guard state == .tunnel, out.isEmpty, owesDrained, socket.isWritable else { return }
        owesDrained = false
        exchange?.clientDrained()
    }

    // MARK: The client's bytes

    /// Reads in a row before other connections have their turn.
    private static let turnsMax = 16

    private func readInput() {
        var turns = Self.turnsMax
        while state == .tunnel, !isPaused, !isReadOver, socket.isReadable, let exchange {
            if turns == 0 {
                socket.later()
                break
            }
            turns -= 1
            var room = worker.takeScratch()
            let result = socket.read(into: &room)
            if case .bytes = result {
                touch()
                if exchange.tunnelFromClient(room.span) == .full { isPaused = true }
            }
            worker.giveScratch(room)
            switch result {
            case .bytes: break
            case .wouldBlock: return flushServer()
            case .end: ended()
            case .failed: return clientGone(.clientClosed)
            }
        }
        flushServer()
    }

    private func flushServer() { exchange?.flushRequest() }

    private func ended() {
        isReadOver = true
        exchange?.tunnelClientEnded()
        tunnelMaybeOver()
    }

    /// Either side said something.
    private func touch() {
        socket.setDeadline(worker.loop.due(exchange?.route?.serverTimeouts.tunnelMs ?? 0))
    }

    // MARK: Ends

    private func clientGone(_ reason: EndReason) {
        if let exchange {
            self.exchange = nil
            exchange.clientGone(reason)
        }
        close()
    }

    /// What is under way goes on until the process ends.
    func drain() {}

    func stopNow() { clientGone(.stopping) }

    private func close() {
        guard state != .closed else { return }
        state = .closed
        giveHelloBack()
        out.release(worker.pool)
        socket.close()
        seat.leave(worker)
    }

    private func giveHelloBack() {
        if hello.capacity > 0 { worker.pool.give(hello.takeOut()) }
    }
}

extension PassthroughConnection: ClientStream {
    func beginTunnel(_ exchange: Exchange) {
        state = .tunnel
        touch()
        if exchange.tunnelFromClient(hello.span) == .full { isPaused = true }
        giveHelloBack()
        exchange.flushRequest()
        if state == .tunnel { socket.later() }
    }

    func sendTunnel(_ bytes: Span<UInt8>) -> Flow {
        guard state == .tunnel else { return .open }
        touch()
        if case .failed = out.add(bytes, asChunk: false, to: socket, pool: worker.pool) {
            broke()
            return .full
        }
        if socket.isWritable { return .open }
        owesDrained = true
        return .full
    }

    func flush() {
        guard state == .tunnel, !out.isEmpty else { return }
        if case .failed = out.flush(to: socket, pool: worker.pool) { return broke() }
        guard out.isEmpty else { return }
        if isWriteOver { socket.shutdownWrite() }
        tunnelMaybeOver()
    }

    /// The server will say no more.
    func endTunnel() {
        guard state == .tunnel else { return }
        isWriteOver = true
        if out.isEmpty { socket.shutdownWrite() }
        tunnelMaybeOver()
    }

    func tunnelMaybeOver() {
        guard state == .tunnel, isReadOver, isWriteOver, out.isEmpty, let exchange,
            !(exchange.server?.hasUnsent ?? false)
        else { return }
        self.exchange = nil
        exchange.reason = .tunnelClosed
        exchange.end()
        close()
    }

    /// There is no server, or no more: nothing may look like an end that was meant.
    func abort() {
        guard let exchange else { return close() }
        self.exchange = nil
        exchange.end()
        socket.resetOnClose()
        close()
    }

    /// The server takes bytes again.
    func resumeRequestBody() {
        guard isPaused else { return }
        isPaused = false
        socket.later()
    }

    // A connection that is passed through has neither heads nor bodies.
    func sendInformational(_ exchange: Exchange) {}
    func sendHead(_ exchange: Exchange, framing: BodyFraming) {}
    func sendBody(_ bytes: Span<UInt8>) -> Flow { .open }
    func sendEnd(_ exchange: Exchange) {}
    var spliceTarget: Socket? { nil }
    func spliced(_ count: Int) {}
    func awaitWritable() {}
}
