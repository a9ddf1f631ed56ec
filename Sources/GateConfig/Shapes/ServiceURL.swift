public import GateCore

/// The URL of a service as a configuration names it: a scheme, a place, and perhaps a path and query.
public struct ServiceURL: Hashable, Sendable, CustomStringConvertible {
    /// How to speak to it.
    public enum Scheme: String, Sendable {
        /// Clear-text HTTP over TCP.
        case http
        /// HTTP over TLS.
        case https
        /// Clear-text HTTP over a Unix socket.
        case unix
        /// Clear-text HTTP over TCP, at the places that DNS names for a service (RFC 2782).
        case srv
    }

    /// Why a text is no such URL.
    public enum Failure: Error, Equatable {
        /// It does not begin as one.
        case notURL
        /// The host is missing or no host name or address.
        case badHost
        /// The port is not 1...65535.
        case badPort
        /// There is a user name or password.
        case hasUser
        /// The socket's path is not absolute or too long.
        case badPath
        /// There are spaces, control characters or characters beyond ASCII.
        case badCharacter
        /// There is a `#`.
        case hasFragment
        /// It begins with `srv://` and goes on otherwise than with `_service._tcp.domain`.
        case badService

        var words: String {
            switch self {
            case .notURL: "is no URL; write `http://host:port`"
            case .badHost: "has no valid host; write a host name, an IPv4 address, or an IPv6 address in brackets"
            case .badPort: "has no valid port; write 1 to 65535"
            case .hasUser: "has a user name or password, which is not supported here; remove it"
            case .badPath: "has no valid socket path; write `unix:/path` with at most 107 bytes"
            case .badCharacter: "has a space or another character that URLs may not hold"
            case .badService: "is no service; write `srv://_http._tcp.example.com`"
            case .hasFragment: "has a `#`, which means nothing here; remove it and what follows"
            }
        }
    }

    /// How to speak to it.
    public let scheme: Scheme
    /// Where it is. The port is that of the scheme if none was written.
    public let address: ServerAddress
    /// The path with its `/`, empty if there is none. With `unix:` always empty.
    public let path: String
    /// The query without its `?`; nil if there is none.
    public let query: String?

    /// Reads a URL.
    public init(_ text: String) throws(Failure) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { throw .badCharacter }
        if text.hasPrefix("unix:") {
            guard let address = SocketAddress(text) else { throw .badPath }
            (scheme, self.address, path, query) = (.unix, .socket(address), "", nil)
            return
        }
        if text.lowercased().hasPrefix("srv://") {
            let name = text.dropFirst(6).lowercased()
            guard HostName.isValid(name), name.hasPrefix("_"), name.contains("._tcp.") else { throw .badService }
            (scheme, address, path, query) = (.srv, .service(name), "", nil)
            return
        }
        guard let (scheme, rest) = ServiceURL.splitScheme(text) else { throw .notURL }
        guard !rest.contains("#") else { throw .hasFragment }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let target = rest.dropFirst(authority.count)
        let path = target.prefix { $0 != "?" }
        self.scheme = scheme
        self.address = try ServiceURL.address(authority, defaultPort: scheme == .https ? 443 : 80)
        self.path = String(path)
        self.query = path.count < target.count ? String(target.dropFirst(path.count + 1)) : nil
    }

    /// `http://host:port/path?query` or `unix:/path`; the port only where it is not the scheme's own.
    public var description: String {
        if scheme == .unix || scheme == .srv { return "\(address)" }
        var authority = "\(address)"
        let ownPort = scheme == .https ? ":443" : ":80"
        if authority.hasSuffix(ownPort), address.port == (scheme == .https ? 443 : 80) {
            authority.removeLast(ownPort.count)
        }
        return "\(scheme.rawValue)://\(authority)\(path)\(query.map { "?\($0)" } ?? "")"
    }

    /// True if the text begins as a URL does, well formed or not.
    public static func looksLikeURL(_ text: String) -> Bool { text.contains("://") || text.hasPrefix("unix:") }

    private static func splitScheme(_ text: String) -> (Scheme, Substring)? {
        let lower = text.prefix(8).lowercased()
        if lower.hasPrefix("http://") { return (.http, text.dropFirst(7)) }
        if lower.hasPrefix("https://") { return (.https, text.dropFirst(8)) }
        return nil
    }

    private static func address(_ authority: Substring, defaultPort: UInt16) throws(Failure) -> ServerAddress {
        guard !authority.contains("@") else { throw .hasUser }
        let (host, port) = try splitPort(authority, defaultPort)
        if host.hasPrefix("[") {
            guard host.hasSuffix("]"), host.contains(":"), let address = IPAddress(host.dropFirst().dropLast()) else {
                throw .badHost
            }
            return .socket(.ip(address, port: port))
        }
        if let address = IPAddress(host) { return .socket(.ip(address, port: port)) }
        guard HostName.isValid(host), !HostName.looksLikeIPv4(host) else { throw .badHost }
        return .name(host.lowercased(), port: port)
    }

    private static func splitPort(_ authority: Substring, _ defaultPort: UInt16) throws(Failure) -> (Substring, UInt16)
    {
        guard let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") else {
            return (authority, defaultPort)
        }
        let host = authority[..<colon]
        guard !host.contains(":") || host.hasSuffix("]") else { throw .badHost }
        let port = SocketAddress.parsePort(authority[authority.index(after: colon)...])
        guard let port, port > 0 else { throw .badPort }
        return (host, port)
    }
}

/// What may be written as a host name.
public enum HostName {
    /// True for labels of letters, digits, `-` and `_`, joined by dots: labels of 1...63, in all at most 253.
    public static func isValid(_ name: some StringProtocol) -> Bool {
        guard (1...253).contains(name.utf8.count) else { return false }
        return name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.utf8.allSatisfy(isLabelByte)
                && !label.hasPrefix("-") && !label.hasSuffix("-")
        }
    }

    /// True if the last label is a number: such a name is an address that was written wrong.
    public static func looksLikeIPv4(_ name: some StringProtocol) -> Bool {
        let last = name.split(separator: ".").last ?? ""
        return !last.isEmpty && last.utf8.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
    }

    private static func isLabelByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }
}
