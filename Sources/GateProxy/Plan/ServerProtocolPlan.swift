/// What is spoken to an upstream's servers.
public enum ServerProtocolPlan: Sendable {
    case http1
    /// HTTP/2 alone: by ALPN with TLS, by prior knowledge without.
    case http2
    /// What the server chooses by ALPN; HTTP/1.1 without TLS.
    case negotiated
}

/// How HTTP/2 is spoken to servers.
public struct ServerHTTP2Plan: Sendable, Equatable {
    /// Streams at once on one connection, whatever the server allows.
    public var streamsMax = 100
    /// Milliseconds of silence while streams wait after which a PING goes out; 0 is off.
    public var pingAfterMs = 15_000
    /// Milliseconds for its answer.
    public var pingTimeoutMs = 5_000
    public init() {}
}
