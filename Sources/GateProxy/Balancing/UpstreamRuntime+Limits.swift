// Limits of an upstream's servers, and who waits because of them.

import GateEngine

extension UpstreamRuntime {
    /// Whether a server would take the request if it had room, or has some now.
    func isWorthWaiting(for exchange: Exchange) -> Bool {
        guard hasLimits else { return false }
        let nowMs = worker.loop.nowMs
        let look = Look(
            tried: exchange.tried, nowMs: nowMs, nowNs: worker.loop.nowNs, ignoresHealth: ignoresHealth(nowMs))
        return servers.contains { $0.isUsable && $0.isFit(look) }
    }

    /// Whether this server was passed over for want of room alone.
    func isOnlyFull(_ server: ServerRuntime, for exchange: Exchange) -> Bool {
        server.isUsableForSticky && server.health.isHealthy(worker.loop.nowMs)
            && !exchange.tried.contains(server.serial)
    }

    /// Asks the other workers for an idle connection, which count against `max_connections` wherever they are.
    func askForConnections() {
        guard servers.contains(where: { $0.plan.connectionsMax < .max }) else { return }
        for other in worker.others { other.post { [name = plan.name] in $0.upstream(named: name)?.giveUpConnection() } }
    }

    private func giveUpConnection() {
        for server in servers where server.plan.connectionsMax < .max && server.closeOneIdle() { return }
    }

    /// A server may have room again.
    func callWaiting() {
        if let queue, !queue.isEmpty { queue.callNext() }
    }
}
