// How a listener ends TLS. The certificates are no part of the plan: they change without one.

public import GateTLS

/// TLS on a listener, as every worker makes it.
public struct ListenerTLSPlan: Sendable {
    public var policy = ServerTLSPolicy()
    /// Handshakes under way at once on each worker, those on its other listeners counted in. At least 1. When there are as
    /// many, the one that has waited longest for its client makes room.
    public var handshakesMax = 1024
    /// What clients of sites must have shown that say nothing of it themselves.
    public var clients = ClientDemandPlan()
    /// A handshake for a name without a certificate waits while `CertificateRequester` is asked for one.
    public var asksForUnknownNames = false
    /// Connections that go to upstreams as they are, by the names that they ask for.
    public var passthrough: [PassthroughPlan] = []

    public init() {}
}

/// Strict-Transport-Security on a site (RFC 6797 §6.1).
public struct TransportSecurityPlan: Sendable, Equatable {
    /// Seconds that browsers remember it; 0 makes them forget.
    public var maxAge: Int
    /// Subdomains are meant, too.
    public var includesSubdomains: Bool
    /// The site asks to be built into browsers.
    public var asksForPreload: Bool

    public init(maxAge: Int, includesSubdomains: Bool = false, asksForPreload: Bool = false) {
        precondition(maxAge >= 0)
        self.maxAge = maxAge
        self.includesSubdomains = includesSubdomains
        self.asksForPreload = asksForPreload
    }

    /// The field's value.
    var value: String {
        "max-age=\(maxAge)" + (includesSubdomains ? "; includeSubDomains" : "") + (asksForPreload ? "; preload" : "")
    }
}
