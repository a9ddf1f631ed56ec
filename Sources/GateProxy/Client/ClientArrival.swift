// A client's connection before it speaks HTTP: first a PROXY header where the listener asks for one, then TLS where the
// listener has it. Then another handler takes the socket over. What is said before is in +Preface and +Handshake,
// what is said instead in +Farewell.

import CGateLinux
import GateCore
import GateEngine
import GateHTTP
import GateTLS

/// A connection that has been accepted and is not ready for requests.
final class ClientArrival: EventHandler, ListenedConnection {
    enum State: UInt8 {
        /// A PROXY header must come first.
        case preface
        /// TLS comes next; nothing of it is there.
        case hello
        case handshake
        /// Somebody looks for a certificate.
        case suspended
        /// It was refused with a word of ours, which it may still read.
        case lingering
        /// Closed, or another handler's.
        case over
    }

    let worker: Worker
    let listener: ListenerRuntime
    let seat: ClientSeat
    var facts: ConnectionFacts
    var socket: Socket!
    var state: State
    /// The listener or the process goes away.
    var isDraining = false
    /// Bytes from the descriptor that are not used yet. Owns no storage while empty.
    var received = ByteBuffer()

    // The handshake.
    var layer: TLSLayer?
    var helloReader = ClientHelloReader()
    /// Bytes of the farewell's other side that were thrown away.
    var lingeredBytes = 0
    var isInLine = false
    var isListed = false
    var older: Unmanaged<ClientArrival>?
    var younger: Unmanaged<ClientArrival>?

    private init(_ listener: ListenerRuntime, facts: ConnectionFacts, seat: ClientSeat, state: State) {
        worker = listener.worker
        self.listener = listener
        self.facts = facts
        self.seat = seat
        self.state = state
    }

    /// Takes an accepted descriptor over.
    static func open(_ descriptor: Int32, _ listener: ListenerRuntime, facts: ConnectionFacts, seat: ClientSeat) {
        let hasPreface = listener.plan.proxyProtocolFrom != nil
        let arrival = ClientArrival(listener, facts: facts, seat: seat, state: hasPreface ? .preface : .hello)
        let worker = listener.worker
        guard let socket = try? worker.loop.add(descriptor, watch: .stream, handler: arrival) else {
            return seat.leave(worker)
        }
        arrival.socket = socket
        if let trusted = listener.plan.proxyProtocolFrom {
            guard !facts.isPeerKnown || trusted.contains(facts.peerAddress) else { return arrival.close() }
            arrival.setDeadline(listener.plan.timeouts.headMs)
        } else {
            arrival.beginTLS()
        }
    }

    // MARK: Events

    override func ready() {
        switch state {
        case .preface: readPreface()
        case .hello: if socket.isReadable { worker.handshakes.enqueue(self) }
        case .handshake: worker.handshakes.enqueue(self)
        case .suspended: if socket.isHungUp { end(.closed) }
        case .lingering: linger()
        case .over: break
        }
    }

    override func resumed() { ready() }

    override func deadlinePassed() {
        switch state {
        case .preface, .lingering: close()
        case .hello, .handshake, .suspended: end(isDraining ? .stopping : .timeout)
        case .over: break
        }
    }

    func setDeadline(_ ms: Int) {
        socket.setDeadline(worker.loop.due(ms))
    }

    // MARK: Ends

    /// The connection is ready for requests: whoever understands them takes it over.
    func handOver(_ tls: TLSFacts?) {
        state = .over
        let pending = received.takeOut()
        if tls?.isHTTP2 == true || !listener.plan.protocols.contains(.http1) {
            return HTTP2ClientConnection.takeOver(
                socket, listener: listener, facts: facts, seat: seat, tls: tls, pending: pending,
                isDraining: isDraining)
        }
        HTTP1ClientConnection.takeOver(
            socket, listener: listener, facts: facts, seat: seat, tls: tls, pending: pending, isDraining: isDraining)
    }

    /// What a connection without a request has to get ready for one when the listener or the process goes away.
    private static let drainMs = 2000

    /// The listener or the process goes away. Who has begun to talk may finish, soon; the others may go elsewhere.
    func drain() {
        guard !isDraining, state != .over else { return }
        isDraining = true
        let isSilent = (state == .preface || state == .hello) && received.isEmpty
        if isSilent && !socket.hasUnreadInput() { return close() }
        if state != .lingering { setDeadline(Self.drainMs) }
    }

    func stopNow() {
        switch state {
        case .hello, .handshake, .suspended: end(.stopping)
        case .preface, .lingering: close()
        case .over: break
        }
    }

    func giveReceivedBack() {
        if received.capacity > 0 { worker.pool.give(received.takeOut()) }
    }

    func close() {
        guard state != .over else { return }
        state = .over
        worker.handshakes.leave(self)
        giveReceivedBack()
        socket.close()
        seat.leave(worker)
    }
}
