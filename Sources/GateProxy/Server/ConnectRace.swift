// Connecting to a server that has addresses of both families (RFC 8305, "happy eyeballs"): the second is tried when the
// first has failed or takes more than a moment, and whichever connects first is used.

import GateCore
import GateEngine
import Glibc

/// The server's side of an exchange until one of the addresses is connected to.
final class ConnectRace: ServerStream {
    /// RFC 8305 §8: the connection attempt delay.
    private static let headStartMs: UInt64 = 250

    private final class Attempt: EventHandler {
        let race: ConnectRace
        let address: SocketAddress
        var socket: Socket!

        init(_ race: ConnectRace, _ address: SocketAddress) {
            self.race = race
            self.address = address
        }

        override func ready() { race.ready(self) }
        override func deadlinePassed() { race.deadlinePassed(self) }
    }

    private let server: ServerRuntime
    private var exchange: Exchange?
    /// Who wants the connection, where it is no exchange.
    private var dial: ServerDial?
    private var isRunning: Bool { exchange != nil || dial != nil }
    private var waiting: [SocketAddress]
    private var attempts: [Attempt] = []
    private let dueMs: UInt64
    private var nowMs: UInt64 { server.worker.loop.nowMs }

    /// Tries the addresses in order. The exchange hears of the end as it does with one address.
    static func run(_ addresses: [SocketAddress], server: ServerRuntime, for exchange: Exchange) {
        let connectMs = exchange.route?.serverTimeouts.connectMs ?? ServerTimeouts().connectMs
        let race = ConnectRace(
            addresses, server: server, dueMs: server.worker.loop.due(connectMs))
        race.exchange = exchange
        exchange.server = race
        race.tryNext()
    }

    /// The same for a connection that requests wait for.
    static func run(_ addresses: [SocketAddress], server: ServerRuntime, for dial: ServerDial, dueMs: UInt64) {
        let race = ConnectRace(addresses, server: server, dueMs: dueMs)
        race.dial = dial
        race.tryNext()
    }

    private init(_ addresses: [SocketAddress], server: ServerRuntime, dueMs: UInt64) {
        self.server = server
        self.dueMs = dueMs
        waiting = addresses.reversed()
    }

    private func tryNext() {
        while let address = waiting.popLast() {
            var descriptor: Int32 = -1
            let result = SocketConnector.connect(to: address, &descriptor)
            guard result == 0 || result == -Int(EINPROGRESS) else { continue }
            let attempt = Attempt(self, address)
            let socket = try? server.worker.loop.add(
                descriptor, watch: .stream, handler: attempt, isConnected: result == 0)
            guard let socket else { break }
            attempt.socket = socket
            attempts.append(attempt)
            if result == 0 { return won(attempt) }
            setDeadline(attempt)
            return
        }
        if attempts.isEmpty { lost(.connectFailed) }
    }

    /// A server with a limit of connections gets them one after the other.
    private func setDeadline(_ attempt: Attempt) {
        let next = waiting.isEmpty || server.gate != nil ? UInt64.max : nowMs + Self.headStartMs
        if min(next, dueMs) < .max { attempt.socket.setDeadline(min(next, dueMs)) }
    }

    private func ready(_ attempt: Attempt) {
        guard isRunning, attempt.socket.isWritable else { return }
        if attempt.socket.connectError() == 0 { return won(attempt) }
        attempt.socket.close()
        attempts.removeAll { $0 === attempt }
        tryNext()
    }

    private func deadlinePassed(_ attempt: Attempt) {
        guard isRunning else { return }
        if nowMs >= dueMs { return lost(.connectTimeout) }
        if dueMs < .max { attempt.socket.setDeadline(dueMs) }
        tryNext()
    }

    private func won(_ attempt: Attempt) {
        let (exchange, dial) = (exchange, dial)
        exchange?.focus(on: self)
        let descriptor = attempt.socket.release()
        attempts.removeAll { $0 === attempt }
        end()
        server.preferred = attempt.address
        dial?.connected(descriptor)
        guard let exchange else { return }
        HTTP1ServerConnection.adopt(descriptor, server: server, for: exchange, dueMs: dueMs)
    }

    private func lost(_ reason: EndReason) {
        let (exchange, dial) = (exchange, dial)
        exchange?.focus(on: self)
        end()
        dial?.raceLost(reason)
        guard let exchange else { return }
        server.leaveConnectionRoom()
        exchange.serverFailed(reason, sent: .nothing, wasReused: false)
    }

    private func end() {
        exchange = nil
        dial = nil
        waiting = []
        for attempt in attempts { attempt.socket.close() }
        attempts = []
    }

    // MARK: ServerStream

    func cancel() {
        guard exchange != nil else { return }
        end()
        server.leaveConnectionRoom()
    }

    func sendBody(_ bytes: Span<UInt8>) -> Flow { .full }
    func sendEnd(_ exchange: Exchange) {}
    func flush() {}
    func resumeResponse() {}
    var spliceTarget: Socket? { nil }
    func spliced(_ count: Int) {}
    func writeFailed() {}
    func awaitWritable() {}
    func sendTunnel(_ bytes: Span<UInt8>) -> Flow { .full }
    var hasUnsent: Bool { false }
    func endTunnel() {}
}
