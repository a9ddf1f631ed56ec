// One check's connection: connects, says what the probe wants said, and listens until the probe knows.

import CGateLinux
import GateCore
import GateEngine
import GateProxy
import Glibc

/// A connection that serves one check.
final class CheckConnection: EventHandler {
    private enum State { case connecting, talking, over }

    private var state = State.connecting
    private var socket: Socket?
    private var probe: any CheckProbe
    private var unsent: [UInt8]
    private let completion: (CheckOutcome) -> Void
    private let timeoutMs: Int

    private init(
        _ probe: any CheckProbe, header: [UInt8], timeoutMs: Int, _ completion: @escaping (CheckOutcome) -> Void
    ) {
        self.probe = probe
        unsent = header + probe.opening
        self.timeoutMs = timeoutMs
        self.completion = completion
    }

    /// Starts a check; nil when the outcome was known at once. `completion` is called once, unless `cancel` is.
    static func start(
        _ probe: any CheckProbe, to address: SocketAddress, header: [UInt8], timeoutMs: Int, in loop: EventLoop,
        _ completion: @escaping (CheckOutcome) -> Void
    ) -> CheckConnection? {
        let connection = CheckConnection(probe, header: header, timeoutMs: timeoutMs, completion)
        var form = address.kernelForm
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
        socket.setDeadline(loop.nowMs + UInt64(timeoutMs))
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
        finish(.bad("\(state == .connecting ? "no connection" : "no answer") within \(timeoutMs) ms"))
    }

    private func advance() {
        if state == .connecting {
            guard let socket, socket.isWritable else { return }
            let code = socket.connectError()
            guard code == 0 else { return finish(.bad(Self.words(code))) }
            state = .talking
            if unsent.isEmpty { return finish(.good) }
        }
        write()
        read()
    }

    private func write() {
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
            case .failed(let code): finish(.bad(Self.words(code)))
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
