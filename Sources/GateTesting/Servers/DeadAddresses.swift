// Addresses where nobody answers, each in its own way.

internal import CGateLinux
public import GateCore
internal import Glibc

/// A port that refuses connections for as long as this object lives: bound, so that nobody else gets it, not listening.
public final class RefusingPort: Sendable {
    public let port: UInt16
    private let descriptor: Int32

    /// Takes a port of `127.0.0.1` from the kernel.
    public init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        self.descriptor = descriptor
        guard descriptor >= 0 else { throw SystemFailure("socket") }
        var address = SocketAddress.ip(.loopbackIPv4, port: 0).system
        let bound = withSockaddr(&address) { bind(descriptor, $0, $1) }
        port = gate_local_address(descriptor).port
        guard bound == 0 else { throw SystemFailure("bind") }
    }

    deinit { close(descriptor) }

    /// As configurations name it.
    public var url: String { "http://127.0.0.1:\(port)" }
}

/// A port on which a connection is neither made nor refused: its queue is full, so the kernel drops every SYN.
public final class BlackHole: Sendable {
    public let port: UInt16
    private let descriptors: [Int32]

    /// Takes a port of the host and fills its queue.
    public init(on host: IPAddress = .loopbackIPv4) throws {
        var address = SocketAddress.ip(host, port: 0).system
        let listener = Int32(gate_listen(&address, 0, 0, 0))
        guard listener >= 0 else { throw SystemFailure("listen", -listener) }
        port = gate_local_address(listener).port
        var target = SocketAddress.ip(host, port: port).system
        var descriptors = [listener]
        for number in 0..<8 {
            var descriptor: Int32 = -1
            let result = gate_connect(&target, &descriptor)
            guard result == 0 || result == -Int(EINPROGRESS) else { throw SystemFailure("connect", Int32(-result)) }
            descriptors.append(descriptor)
            // The queue has room for one. A further one that is not there after 30 ms on the loopback was dropped.
            let patienceMs = number == 0 ? Deadline().leftMs : 30
            if gate_poll_writable(descriptor, patienceMs) == 0 { break }
        }
        self.descriptors = descriptors
    }

    deinit {
        for descriptor in descriptors { close(descriptor) }
    }

    /// As configurations name it.
    public var url: String { "http://127.0.0.1:\(port)" }
}
