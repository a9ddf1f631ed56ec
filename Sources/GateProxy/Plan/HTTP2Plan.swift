// How a listener speaks HTTP/2 (RFC 9113), as every worker makes it.

/// What clients may speak on a listener.
public struct ListenerProtocols: OptionSet, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// HTTP/1.0 and HTTP/1.1.
    public static let http1 = ListenerProtocols(rawValue: 1)
    /// HTTP/2: by ALPN over TLS, by prior knowledge in clear text. There is no upgrade from HTTP/1.
    public static let http2 = ListenerProtocols(rawValue: 2)
}

/// Bounds of one client's HTTP/2 connection.
public struct HTTP2Plan: Sendable, Equatable {
    /// Requests under way at once; more are refused with REFUSED_STREAM. At least 1. Default 100.
    public var streamsMax = 100
    /// Bytes of request body that wait for a server at most, for each stream, to begin with. Default 64 KiB.
    public var streamWindowBytes = 64 << 10
    /// What a stream's window may grow to, where the connection's bandwidth and delay ask for it. Default 1 MiB.
    public var streamWindowBytesMax = 1 << 20
    /// Bytes of request bodies under way at once on the connection. Default 1 MiB.
    public var connectionWindowBytes = 1 << 20
    /// Streams that the client resets, or makes us reset, in `resetsWindowMs`; more end the connection. Default 100.
    public var resetsMax = 100
    /// Milliseconds. Default 30,000.
    public var resetsWindowMs = 30_000
    /// Bytes of the client's header table that we keep (SETTINGS_HEADER_TABLE_SIZE). Default 4 KiB.
    public var headerTableBytes = 4096
    /// WebSocket over HTTP/2 is offered (RFC 8441). Default true.
    public var takesExtendedConnect = true

    public init() {}
}
