// Where a server is, before any name is resolved.

/// A literal socket address, or a host name with a port that has to be resolved first.
public enum ServerAddress: Hashable, Sendable {
    /// Ready to connect to.
    case socket(SocketAddress)
    /// A lower-case host name and a port.
    case name(String, port: UInt16)

    /// The port; nil for a Unix socket.
    public var port: UInt16? {
        switch self {
        case .socket(let address): address.port
        case .name(_, let port): port
        }
    }
}

extension ServerAddress: CustomStringConvertible {
    /// `app.internal:8080`, `192.0.2.1:80`, `[::1]:80` or `unix:/path`.
    public var description: String {
        switch self {
        case .socket(let address): "\(address)"
        case .name(let name, let port): "\(name):\(port)"
        }
    }
}
