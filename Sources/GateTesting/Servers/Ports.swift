// Ports for programs that cannot take one from the kernel themselves.

internal import CGateLinux
internal import GateCore
internal import Glibc
internal import Synchronization

/// A port of `127.0.0.1` that was free a moment ago, and that no other caller of this process gets.
///
/// It lies below the ports that the kernel gives to outgoing connections: one of theirs would take it before the program does
/// for whom it is.
public func takeFreePort() throws -> UInt16 {
    for _ in 0..<PortRange.count {
        let port = PortRange.next()
        if try listens(on: port) != nil { return port }
    }
    guard let port = try listens(on: 0) else { throw SystemFailure("listen", EADDRINUSE) }
    return port
}

/// The port that could be listened on, nil when somebody has it.
private func listens(on port: UInt16) throws -> UInt16? {
    var address = SocketAddress.ip(.loopbackIPv4, port: port).system
    let descriptor = Int32(gate_listen(&address, 1, 0, 0))
    if descriptor == -EADDRINUSE { return nil }
    guard descriptor >= 0 else { throw SystemFailure("listen", -descriptor) }
    defer { close(descriptor) }
    return gate_local_address(descriptor).port
}

/// Ports that are given out in turn, from a random one on.
private enum PortRange {
    private static let first = 15_000
    static let count = max(0, lowestOutgoing - first)
    private static let turn = Atomic<Int>(.random(in: 0..<65_536))

    static func next() -> UInt16 {
        UInt16(first + turn.wrappingAdd(1, ordering: .relaxed).oldValue % count)
    }

    private static var lowestOutgoing: Int {
        guard let bytes = try? readFile("/proc/sys/net/ipv4/ip_local_port_range") else { return 0 }
        let text = String(decoding: bytes, as: UTF8.self)
        return text.split { $0.isWhitespace }.first.flatMap { Int($0) } ?? 0
    }
}

/// Waits until somebody listens on this TCP port of `127.0.0.1`.
public func waitForListener(_ port: UInt16) throws {
    try eventually("a listener on port \(port)", within: Deadline.long) {
        (try? RawConnection.connect(to: .ip(.loopbackIPv4, port: port))) != nil
    }
}

/// Waits until somebody takes datagrams on this UDP port of `127.0.0.1`. Programs open it apart from the TCP port of this number.
public func waitForDatagramListener(_ port: UInt16) throws {
    // As the kernel lists it, the address by its bytes turned round.
    let digits = String(port, radix: 16, uppercase: true)
    let entry = " 0100007F:" + String(repeating: "0", count: 4 - digits.count) + digits + " "
    try eventually("a listener on UDP port \(port)", within: Deadline.long) {
        textOfFile("/proc/net/udp").contains(entry)
    }
}
