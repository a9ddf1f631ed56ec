// One listener's TLS on one worker.

import GateTLS

/// The context that makes layers, and the rule for names on one connection.
final class ListenerTLS {
    let plan: ListenerTLSPlan
    let context: ServerTLSContext
    /// Nil when every name's TLS ends here.
    let passthrough: PassthroughTable?

    init(_ plan: ListenerTLSPlan) throws(CertificateError) {
        self.plan = plan
        passthrough = PassthroughTable(plan.passthrough)
        context = try ServerTLSContext(plan.policy)
    }

    /// Whether requests for `host` may come over a connection with this layer. `isNamed`: its client had asked for a name,
    /// another one; a client that named nobody takes whom it gets.
    ///
    /// RFC 9110 §7.4, §15.5.20: the certificate must be good for the host, and what is demanded of clients must be the same
    /// as on a connection of the host's own.
    func allows(_ host: String, on layer: TLSLayer, isNamed: Bool) -> Bool {
        guard let identity = layer.identity, let own = owner(of: host) else { return false }
        if own === identity && !isNamed { return true }
        guard own === identity || demandsSame(own, identity) else { return false }
        if let minVersion = own.minVersion, let version = layer.version, version < minVersion { return false }
        return identity.credentials.contains { $0.covers(host) }
    }

    /// Who answers to a host on a connection of its own.
    private func owner(of host: String) -> ServerIdentity? {
        switch context.names.answer(for: host) {
        case .identity(let identity): identity
        case .unknown(let fallback): context.policy.refusesUnknownNames ? nil : fallback
        case .refused: nil
        }
    }

    /// Identities are made anew when certificates change; their demands are then equal without being the same.
    private func demandsSame(_ a: ServerIdentity, _ b: ServerIdentity) -> Bool {
        let (first, second) = (demand(a), demand(b))
        if first == nil && second == nil { return true }
        return first === second || (first != nil && second != nil && a.sessionScope == b.sessionScope)
    }

    private func demand(_ identity: ServerIdentity) -> ClientAuthentication? {
        identity.clientAuthentication ?? context.policy.clientAuthentication
    }
}
