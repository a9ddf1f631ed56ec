// One check's connection: connects, with TLS where the server has it, says what the probe wants said, and listens until
// the probe knows.

import CGateLinux
import GateCore
import GateEngine
import GateProxy
import GateTLS
import Glibc

/// A connection that serves one check.
final class CheckConnection: EventHandler {
    private enum State { case connecting, handshake, talking, over }

    private var state = State.connecting
    private var socket: Socket?
    private var probe: any CheckProbe
    private var unsent: [UInt8]
    private let completion: (CheckOutcome) -> Void
    private let target: CheckTarget
    private let workspace: TLSWorkspace
    private var tls: TLSLayer?

    private init(
        _ probe: any CheckProbe, _ target: CheckTarget, _ workspace: TLSWorkspace,
        _ completion: @escaping (CheckOutcome) -> Void
    ) {
        self.probe = probe
        self.target = target
        self.workspace = workspace
        // The PROXY header goes before TLS, and in clear.
        unsent = target.header
        self.completion = completion
    }

    /// Starts a check; nil when the outcome was known at once. `completion` is called once, unless `cancel` is.
    static func start(
        _ probe: any CheckProbe, of target: CheckTarget, _ workspace: TLSWorkspace, in loop: EventLoop,
        _ completion: @escaping (CheckOutcome) -> Void
    ) -> CheckConnection? {
        let connection = CheckConnection(probe, target, workspace, completion)
        var form = target.address.kernelForm
        var descriptor: Int32 = -1
        let result = gate_connect(&form, &descriptor)
        switch Int32(-result) {
        case 0, EINPROGRESS: break
        // We have run out of something: no server is to blame.
        case EMFILE, ENFILE, ENOBUFS, ENOMEM, EADDRNOTAVAIL:
            completion(.unknown)
            return nil
        case let code:
            completion(.bad(words(code)))
            return nil
        }
        guard let socket = try? loop.add(descriptor, watch: .stream, handler: connection, isConnected: result == 0)
        else {
            completion(.unknown)
            return nil
        }
        connection.socket = socket
        socket.setDeadline(loop.nowMs + UInt64(target.plan.timeoutMs))
        if result == 0 { socket.later() }
        return connection
    }

    private static func words(_ code: Int32) -> String {
        switch code {
        case ECONNREFUSED: "connection refused"
        case ECONNRESET, EPIPE: "connection reset"
        case EHOSTUNREACH, ENETUNREACH: "host unreachable"
        case ETIMEDOUT: "no connection in time"
        case ENOENT: "the socket is not there"
        case EAGAIN: "the socket's queue is full"
        case let code: "connecting failed (errno \(code))"
        }
    }

    func cancel() {
        guard state != .over else { return }
        state = .over
        socket?.close()
        socket = nil
    }

    private func finish(_ outcome: CheckOutcome) {
        guard state != .over else { return }
        cancel()
        completion(outcome)
    }

    // MARK: Events

    override func ready() { advance() }
    override func resumed() { advance() }

    override func deadlinePassed() {
        let missing =
            switch state {
            case .connecting: "no connection"
            case .handshake: "no TLS"
            case .talking, .over: "no answer"
            }
        finish(.bad("\(missing) within \(target.plan.timeoutMs) ms"))
    }

    private func advance() {
        if state == .connecting {
            guard let socket, socket.isWritable else { return }
            let code = socket.connectError()
            guard code == 0 else { return finish(.bad(Self.words(code))) }
            state = target.tls == nil ? .talking : .handshake
            if target.tls == nil { open() }
        }
        if state == .handshake { shakeHands() }
        write()
        read()
    }

    /// The connection is ready for the probe's words.
    private func open() {
        state = .talking
        unsent += probe.opening
    }

    private func shakeHands() {
        guard let socket, sendHeader(socket), let tls = tls ?? attachTLS(socket) else { return }
        switch tls.handshake(on: socket) {
        case .done:
            if let outcome = probe.agreed(tls.negotiatedProtocol) { return finish(outcome) }
            open()
        case .waiting, .suspended: break
        case .failed(let failure): finish(.bad("TLS failed: \(failure)"))
        }
    }

    /// False while some of it is left, or when the connection failed.
    private func sendHeader(_ socket: Socket) -> Bool {
        while !unsent.isEmpty && socket.isWritable {
            switch socket.write(unsent.span) {
            case .bytes(let count): unsent.removeFirst(count)
            case .wouldBlock, .end: return false
            case .failed(let code):
                finish(.bad(Self.words(code)))
                return false
            }
        }
        return unsent.isEmpty
    }

    private func attachTLS(_ socket: Socket) -> TLSLayer? {
        let layer = target.tls.flatMap {
            $0.context.makeLayer(workspace, to: $0.name, protocols: probe.applicationProtocols, sessions: nil)
        }
        guard let layer else {
            finish(.unknown)
            return nil
        }
        socket.attach(layer)
        tls = layer
        return layer
    }

    private func write() {
        send()
        // Where there is nothing to say the connection is all that was wanted.
        if state == .talking, unsent.isEmpty, probe.opening.isEmpty { finish(.good) }
    }

    private func send() {
        while let socket, state == .talking, !unsent.isEmpty, socket.isWritable {
            switch socket.write(unsent.span) {
            case .bytes(let count): unsent.removeFirst(count)
            case .wouldBlock, .end: return
            case .failed:
                // It may have said why before it closed.
                unsent = []
                socket.assumeReadable()
            }
        }
    }

    private func read() {
        var buffer = ByteBuffer(capacity: 16 << 10)
        while let socket, state == .talking, socket.isReadable {
            buffer.removeAll()
            switch socket.read(into: &buffer) {
            case .bytes: take(buffer.span)
            case .wouldBlock: return
            case .end: finish(probe.ended())
            case .failed(let code): finish(.bad(tls?.failure.map { "TLS failed: \($0)" } ?? Self.words(code)))
            }
        }
    }

    private func take(_ bytes: Span<UInt8>) {
        switch probe.receive(bytes) {
        case .needMore: break
        case .send(let more):
            unsent += more
            write()
        case .done(let outcome): finish(outcome)
        }
    }
}
