// Where a socket listens or connects to. Literal addresses only: names are resolved elsewhere.

/// An IP address with a port, or the path of a Unix socket.
public enum SocketAddress: Hashable, Sendable {
    /// An address and a port. `IPAddress.any` (`:port` in text) listens on IPv6 and IPv4 alike.
    case ip(IPAddress, port: UInt16)
    /// The absolute path of a Unix socket, at most `pathLengthMax` bytes.
    case unix(path: String)

    /// The longest path that the kernel's `sockaddr_un` holds with its closing zero.
    public static let pathLengthMax = 107

    /// Reads `192.0.2.1:80`, `[2001:db8::1]:80`, `:80` (any address, dual stack) or `unix:/path`; nil for anything else.
    public init?(_ text: some StringProtocol) {
        if text.hasPrefix("unix:") {
            self.init(path: String(text.dropFirst(5)))
        } else {
            self.init(hostAndPort: text)
        }
    }

    /// True if a listener on this address takes IPv6 and IPv4 with one socket: it is `IPAddress.any`.
    public var isDualStack: Bool {
        if case .ip(.any, _) = self { true } else { false }
    }

    /// The port; nil for a Unix socket.
    public var port: UInt16? {
        if case .ip(_, let port) = self { port } else { nil }
    }

    private init?(path: String) {
        guard path.hasPrefix("/"), path.utf8.count > 1, path.utf8.count <= SocketAddress.pathLengthMax else {
            return nil
        }
        guard !path.utf8.contains(0) else { return nil }
        self = .unix(path: path)
    }

    private init?(hostAndPort text: some StringProtocol) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        guard let port = SocketAddress.parsePort(text[text.index(after: colon)...]) else { return nil }
        guard let address = SocketAddress.parseHost(text[..<colon]) else { return nil }
        self = .ip(address, port: port)
    }

    private static func parseHost(_ text: some StringProtocol) -> IPAddress? {
        if text.isEmpty { return .any }
        guard text.hasPrefix("[") else {
            return text.contains(":") ? nil : IPAddress(text)
        }
        guard text.hasSuffix("]"), text.contains(":") else { return nil }
        return IPAddress(text.dropFirst().dropLast())
    }

    /// Reads 0...65535 in decimal without a sign or leading zero; nil for anything else. A listener on port 0 gets a
    /// free port from the kernel.
    public static func parsePort(_ text: some StringProtocol) -> UInt16? {
        guard (1...5).contains(text.utf8.count), text == "0" || text.utf8.first != UInt8(ascii: "0") else { return nil }
        guard text.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) else { return nil }
        return UInt16(text)
    }
}

extension SocketAddress: CustomStringConvertible {
    /// The form that `init(_:)` reads.
    public var description: String {
        switch self {
        case .ip(.any, let port): ":\(port)"
        case .ip(let address, let port): address.isIPv4 ? "\(address):\(port)" : "[\(address)]:\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}
