// What sites demand of the connections that requests for them come over.

public import GateTLS

/// What a site demands of connections with TLS. In clear text a site is there unless clients must show certificates.
public struct SiteTLSPlan: Sendable, Equatable {
    /// It is not there over TLS.
    public var isOff = false
    /// The oldest version. Nil: any that the listener speaks.
    public var minVersion: TLSVersion?
    /// Nil: as the listener says.
    public var clients: ClientDemandPlan?

    /// No demands beyond the listener's.
    public init() {}
}

/// Which certificates clients must have shown.
public struct ClientDemandPlan: Sendable, Equatable {
    /// Whether there must be one.
    public enum Mode: Sendable {
        /// Any connection is good enough.
        case none
        /// One of another demand's is too much: it would be believed.
        case optional
        /// A good one, which the handshake insisted on.
        case required
    }

    /// Whether there must be one.
    public var mode: Mode
    /// That of the `ClientAuthentication` that clients must have passed.
    public var name: String

    /// A demand; without arguments there is none.
    public init(_ mode: Mode = .none, name: String = "") {
        self.mode = mode
        self.name = name
    }
}

extension SiteTLSPlan {
    /// Whether a connection is good enough. It may be older than the plan, and its client may have asked for another name.
    func isMet(by layer: TLSLayer, on listener: ListenerTLSPlan?) -> Bool {
        guard !isOff, let version = layer.version else { return false }
        if let minVersion, version < minVersion { return false }
        if let listener, version < listener.policy.minVersion { return false }
        return (clients ?? listener?.clients ?? ClientDemandPlan()).isMet(by: layer.clientAuthentication)
    }
}

extension ClientDemandPlan {
    /// - Parameter asked: what the connection's client was asked for; nil: nothing.
    func isMet(by asked: ClientAuthentication?) -> Bool {
        switch mode {
        case .none: true
        case .optional: asked == nil || asked?.name == name
        case .required: asked?.name == name && asked?.mode == .required
        }
    }
}
