// Addresses in the kernel's form and back.

public import CGateLinux
public import GateCore

extension IPAddress {
    init(_ address: gate_address) { self.init(high: address.high, low: address.low) }
}

extension SocketAddress {
    init(_ address: gate_address) {
        self = .ip(IPAddress(address), port: address.port)
    }

    /// The kernel's form; its length is 0 when a path is too long.
    public var kernelForm: gate_sockaddr {
        switch self {
        case .ip(let address, let port):
            gate_sockaddr_ip(
                address.high, address.isIPv4 ? UInt64(address.v4) : address.low, address.isIPv4 ? 1 : 0, port)
        case .unix(let path):
            gate_sockaddr_unix(path)
        }
    }

    /// This address with the port that the descriptor is really bound to.
    func bound(to descriptor: Int32) -> SocketAddress {
        guard case .ip(let address, _) = self else { return self }
        return .ip(address, port: gate_local_address(descriptor).port)
    }
}
