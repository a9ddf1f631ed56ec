/// How a listener speaks TLS, certificates aside.
public struct ServerTLSPolicy: Sendable {
    public var minVersion = TLSVersion.tls12
    public var maxVersion = TLSVersion.tls13
    /// For the key exchange, the most wanted first.
    public var groups = TLSGroup.standard
    /// Application protocols by ALPN (RFC 7301), the most wanted first: `h2`, `http/1.1`. A client that offers others only
    /// is refused.
    public var protocols = ["http/1.1", "http/1.0"]
    /// Sessions may be resumed with tickets (RFC 8446 §4.6.1, RFC 5077).
    public var issuesTickets = true
    /// Seconds that a ticket is good for; 1 to 604800 (RFC 8446 §4.6.1).
    public var ticketLifetime = 86_400
    /// Requests may come before the handshake is over (0-RTT). Whoever recorded them may send them again, so what is
    /// done with them is up to RFC 8470.
    public var acceptsEarlyData = false
    /// Names that nobody answers to: an alert, or else the fallback's certificate.
    public var refusesUnknownNames = false
    /// For names whose identity has no demand of its own, and for clients that name nobody.
    public var clientAuthentication: ClientAuthentication?

    public init() {}
}
