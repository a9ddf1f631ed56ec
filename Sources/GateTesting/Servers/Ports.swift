// Ports for programs that cannot take one from the kernel themselves.

internal import CGateLinux
internal import GateCore
internal import Glibc

/// A port of `127.0.0.1` that was free a moment ago.
public func takeFreePort() throws -> UInt16 {
    var address = SocketAddress.ip(.loopbackIPv4, port: 0).system
    let descriptor = Int32(gate_listen(&address, 1, 0, 0))
    guard descriptor >= 0 else { throw SystemFailure("listen", -descriptor) }
    defer { close(descriptor) }
    return gate_local_address(descriptor).port
}

/// Waits until somebody listens on this port of `127.0.0.1`.
public func waitForListener(_ port: UInt16) throws {
    try eventually("a listener on port \(port)") {
        (try? RawConnection.connect(to: .ip(.loopbackIPv4, port: port))) != nil
    }
}
