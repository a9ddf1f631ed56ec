// TLS towards clients: how listeners speak it, and what sites demand. Certificates are no part of a plan, and neither are the
// authorities of clients' certificates, which are watched as certificates are.

import GateProxy
import GateTLS

extension PlanBuilder {
    /// - Parameter asksForNames: whether names that no certificate is for may get one on demand.
    func listenerTLS(
        _ tls: Configuration.ListenerTLS, _ limits: Configuration.Limits, protocols: [Configuration.ClientProtocol],
        asksForNames: Bool
    ) -> ListenerTLSPlan {
        var plan = ListenerTLSPlan()
        plan.policy.minVersion = TLSVersion(tls.minVersion)
        plan.policy.maxVersion = TLSVersion(tls.maxVersion)
        plan.policy.protocols = applicationProtocols(protocols)
        plan.policy.groups = tls.groups.map { TLSGroup($0) }
        plan.policy.issuesTickets = tls.tickets != .off
        plan.policy.ticketLifetime = Self.ticketLifetime(tls.tickets)
        plan.policy.acceptsEarlyData = tls.takesEarlyData
        plan.policy.refusesUnknownNames = tls.unknownNames == .refuse
        plan.handshakesMax = limits.handshakesMax
        plan.passthrough = passthrough(tls)
        plan.asksForUnknownNames = asksForNames
        plan.clients = tls.clientCertificates.map(clients) ?? ClientDemandPlan()
        return plan
    }

    func siteTLS(_ tls: Configuration.SiteTLS) -> SiteTLSPlan {
        var plan = SiteTLSPlan()
        plan.isOff = tls.source == .off
        plan.minVersion = tls.minVersion.map { TLSVersion($0) }
        plan.clients = tls.clientCertificates.map(clients)
        return plan
    }

    private func clients(_ demand: Configuration.ClientCertificates) -> ClientDemandPlan {
        switch demand.mode {
        case .none: ClientDemandPlan()
        case .optional: ClientDemandPlan(.optional, name: demand.demandName)
        case .required: ClientDemandPlan(.required, name: demand.demandName)
        }
    }

    /// Seconds that a ticket is good for: a day, or less where its key is gone sooner.
    private static func ticketLifetime(_ tickets: Configuration.SessionTickets) -> Int {
        guard case .rotating(let everyMs) = tickets else { return 86_400 }
        return min(86_400, max(60, everyMs / 1000 * 2))
    }

    func transportSecurity(_ hsts: Configuration.HSTS) -> TransportSecurityPlan {
        TransportSecurityPlan(
            maxAge: hsts.maxAgeMs / 1000, includesSubdomains: hsts.includesSubdomains, asksForPreload: hsts.preloads)
    }
}

extension TLSGroup {
    /// As the configuration names it.
    init(_ group: Configuration.TLSGroup) {
        switch group {
        case .x25519MLKEM768: self = .x25519MLKEM768
        case .x25519: self = .x25519
        case .p256: self = .p256
        case .p384: self = .p384
        }
    }
}
