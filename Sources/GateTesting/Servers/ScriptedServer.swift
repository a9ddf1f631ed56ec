// A backend that does what a test writes down: each connection runs the test's script on a thread of its own.

internal import CGateLinux
public import GateCore
internal import Glibc

/// A server on a port that the kernel chose.
public final class ScriptedServer: Sendable {
    /// What is done with one connection. An error that it throws ends the connection and is kept in `failures`.
    public typealias Script = @Sendable (Visit) throws -> Void

    /// Where it listens.
    public let address: SocketAddress
    /// Requests that scripts have read, in the order in which they were complete.
    public let requests = Monitor<[RawRequest]>([])
    /// Fires when the server stops, or when a test lets stalled scripts go on.
    public let release = Signal()

    private let script: Script
    private let listener: Int32
    private let state = Monitor(State())

    private struct State: Sendable {
        var accepted = 0
        var taken = 0
        var isStopping = false
        var hasStopped = false
        var open: [Int: RawConnection] = [:]
        var failures: [String] = []
    }

    /// Listens on `127.0.0.1` or on `address`, and serves every connection with `script`.
    public init(on address: SocketAddress = .ip(.loopbackIPv4, port: 0), _ script: @escaping Script) throws {
        var system = address.system
        listener = Int32(gate_listen(&system, 4096, 0, 0))
        guard listener >= 0 else { throw SystemFailure("listen", -listener) }
        self.address = address.withPort(gate_local_address(listener).port)
        self.script = script
        let server = self
        _ = Thread { server.acceptConnections() }
    }

    deinit { Glibc.close(listener) }

    /// The port; 0 for a Unix socket.
    public var port: UInt16 { address.port ?? 0 }

    /// As configurations name it.
    public var url: String { "http://\(address)" }

    /// Connections that were accepted so far.
    public var connectionCount: Int { state.current.accepted }

    /// Connections whose script has not ended.
    public var openCount: Int { state.current.open.count }

    /// Requests that were received so far.
    public var requestCount: Int { requests.current.count }

    /// What scripts threw.
    public var failures: [String] { state.current.failures }

    /// The next request that no other call has taken; throws `TimedOut`.
    public func nextRequest(within bound: Duration = Deadline.usual) throws -> RawRequest {
        let number = state.update { state in
            state.taken += 1
            return state.taken - 1
        }
        let request = requests.wait(within: bound) { $0.count > number ? $0[number] : nil }
        guard let request else { throw TimedOut("request \(number) at the backend (scripts: \(failures))", bound) }
        return request
    }

    /// Waits until `count` connections have been accepted.
    public func waitForConnections(_ count: Int, within bound: Duration = Deadline.usual) throws {
        let reached = state.wait(within: bound) { $0.accepted >= count ? true : nil }
        guard reached != nil else { throw TimedOut("\(count) connections at the backend", bound) }
    }

    /// Waits until no connection is open.
    public func waitUntilIdle(within bound: Duration = Deadline.usual) throws {
        let reached = state.wait(within: bound) { $0.open.isEmpty ? true : nil }
        guard reached != nil else { throw TimedOut("the backend's connections to end", bound) }
    }

    /// Stops: interrupts every script, and waits until all have ended.
    public func stop() {
        release.fire()
        let open = state.update { state in
            state.isStopping = true
            return Array(state.open.values)
        }
        shutdown(listener, Int32(SHUT_RDWR))
        for connection in open { connection.interrupt() }
        _ = state.wait { $0.open.isEmpty && $0.hasStopped ? true : nil }
    }

    private func acceptConnections() {
        while !state.current.isStopping {
            var entry = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
            poll(&entry, 1, -1)
            var from = gate_address()
            let descriptor = gate_accept(listener, &from)
            if descriptor >= 0 { serve(RawConnection(taking: Int32(descriptor))) }
            if descriptor == -Int(EMFILE) { poll(nil, 0, 2) }
        }
        state.update { $0.hasStopped = true }
    }

    private func serve(_ connection: RawConnection) {
        let number: Int? = state.update { state in
            guard !state.isStopping else { return nil }
            state.open[state.accepted] = connection
            state.accepted += 1
            return state.accepted - 1
        }
        guard let number else { return connection.reset() }
        _ = Thread { [self] in
            var failure: String?
            do { try script(Visit(connection: connection, number: number, server: self)) } catch {
                failure = "\(error)"
            }
            connection.close()
            state.update { state in
                state.open[number] = nil
                if let failure { state.failures.append(failure) }
            }
        }
    }
}

extension SocketAddress {
    /// The same host with another port.
    func withPort(_ port: UInt16) -> SocketAddress {
        if case .ip(let address, _) = self { .ip(address, port: port) } else { self }
    }
}
