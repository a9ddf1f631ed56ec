public import GateConfig
public import GateCore

extension Configuration {
    /// Where clients connect.
    public struct Listener: Sendable, Equatable {
        /// A name for logs. Default none; then logs show the address.
        public var name: String?
        /// The address to listen on. `IPAddress.any` takes IPv6 and IPv4.
        public var address: SocketAddress
        /// Protocols spoken, never empty. Nil: HTTP/2 and HTTP/1 with TLS, HTTP/1 without; see `spokenProtocols`.
        public var protocols: [ClientProtocol]?
        /// How HTTP/2 is spoken, where it is.
        public var http2: ListenerHTTP2
        /// Whether a PROXY protocol header (v1 or v2) opens each connection. Nil: none may.
        public var proxyProtocol: ProxyProtocolIn?
        /// What happens to request fields with `_` or `.` in their name. Default dropped.
        public var underscoreFields: UnderscoreFields
        /// Connections that the kernel holds until they are accepted, 1...65,535. Default 4096.
        public var backlog: Int
        /// Answer every request with a redirect to https. Default false.
        public var redirectToHTTPS: Bool
        /// TLS on this listener. Nil: clear text.
        public var tls: ListenerTLS?
        /// Milliseconds of silence before the kernel probes a TCP connection. Default 0: off.
        public var tcpKeepaliveMs: Int
        /// File mode of a Unix socket, 0...0o777. Default 0o660.
        public var unixMode: Int
        /// Timeouts of this listener: head, body, idle, write, linger.
        public var timeouts: TimeoutOverrides
        /// Limits of this listener.
        public var limits: LimitOverrides
        /// Where it was written.
        public var origin: Origin

        /// Makes a listener; every argument left out has its default.
        public init(
            name: String? = nil, address: SocketAddress, protocols: [ClientProtocol]? = nil,
            http2: ListenerHTTP2 = ListenerHTTP2(),
            proxyProtocol: ProxyProtocolIn? = nil, underscoreFields: UnderscoreFields = .drop, backlog: Int = 4096,
            redirectToHTTPS: Bool = false, tls: ListenerTLS? = nil, tcpKeepaliveMs: Int = Configuration.off,
            unixMode: Int = 0o660,
            timeouts: TimeoutOverrides = TimeoutOverrides(), limits: LimitOverrides = LimitOverrides(),
            origin: Origin = Origin()
        ) {
            self.name = name
            self.address = address
            self.protocols = protocols
            self.http2 = http2
            self.proxyProtocol = proxyProtocol
            self.underscoreFields = underscoreFields
            self.backlog = backlog
            self.redirectToHTTPS = redirectToHTTPS
            self.tls = tls
            self.tcpKeepaliveMs = tcpKeepaliveMs
            self.unixMode = unixMode
            self.timeouts = timeouts
            self.limits = limits
            self.origin = origin
        }

        /// Protocols spoken, the defaults filled in.
        public var spokenProtocols: [ClientProtocol] { protocols ?? (tls == nil ? [.h1] : [.h2, .h1]) }

        /// The name, or the address in text.
        public var label: String { name ?? "\(address)" }
    }

    /// A protocol between client and Gatehouse.
    public enum ClientProtocol: String, Sendable, CaseIterable {
        /// HTTP/1.0 and HTTP/1.1.
        case h1
        /// HTTP/2: by ALPN with TLS, by prior knowledge without.
        case h2
    }

    /// What happens to request fields with `_` or `.` in their name, which some servers take for `-`.
    public enum UnderscoreFields: String, Sendable, CaseIterable {
        /// They are removed.
        case drop
        /// They pass.
        case allow
    }

    /// From whom a PROXY protocol header is read.
    public struct ProxyProtocolIn: Sendable, Equatable {
        /// Addresses that send the header, v1 or v2; others may not connect. Never empty.
        public var from: AddressSet

        /// Makes the setting.
        public init(from: AddressSet) { self.from = from }
    }
}
