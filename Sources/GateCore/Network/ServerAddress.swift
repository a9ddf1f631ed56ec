// Where a server is, before any name is resolved.

/// A literal socket address, or a name that has to be resolved first.
public enum ServerAddress: Hashable, Sendable {
    /// Ready to connect to.
    case socket(SocketAddress)
    /// A lower-case host name and a port.
    case name(String, port: UInt16)
    /// A lower-case service name such as `_http._tcp.example.com`; its places have ports of their own (RFC 2782).
    case service(String)

    /// The port; nil for a Unix socket and a service.
    public var port: UInt16? {
        switch self {
        case .socket(let address): address.port
        case .name(_, let port): port
        case .service: nil
        }
    }
}

extension ServerAddress: CustomStringConvertible {
    /// `app.internal:8080`, `192.0.2.1:80`, `[::1]:80` or `unix:/path`.
    public var description: String {
        switch self {
        case .socket(let address): "\(address)"
        case .name(let name, let port): "\(name):\(port)"
        case .service(let name): "srv://\(name)"
        }
    }
}
