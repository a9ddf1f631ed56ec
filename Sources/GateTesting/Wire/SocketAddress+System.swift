internal import CGateLinux
internal import GateCore
internal import Glibc

extension SocketAddress {
    /// The kernel's form.
    var system: gate_sockaddr {
        switch self {
        case .ip(let address, let port): gate_sockaddr_ip(address.high, address.low, address.isIPv4 ? 1 : 0, port)
        case .unix(let path): gate_sockaddr_unix(path)
        }
    }
}

/// Passes an address to a call of the kernel.
func withSockaddr<Result>(
    _ address: inout gate_sockaddr, _ body: (UnsafePointer<sockaddr>, socklen_t) throws -> Result
) rethrows -> Result {
    let length = address.length
    return try withUnsafePointer(to: &address.storage) { storage in
        try storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { try body($0, length) }
    }
}
