// Which server a request goes to: the client's own, or that of the first tier with enough servers, by the method.

import GateCore
import GateEngine

extension UpstreamRuntime {
    /// The server to take a request next; nil when none may that was not tried. The exchange is told why.
    /// - Parameter regardless: their health does not matter, since nobody else is left.
    func pick(for exchange: Exchange, regardless: Bool = false) -> ServerRuntime? {
        guard let only, sticky == nil else { return pickOfMany(exchange, regardless: regardless) }
        let nowMs = worker.loop.nowMs
        guard only.isUsable, only.health.isHealthy(nowMs) || ignoresHealth(nowMs) || regardless, !only.isFull,
            !exchange.tried.contains(only.serial)
        else { return nil }
        exchange.pickReason = .only
        return only
    }

    private func pickOfMany(_ exchange: Exchange, regardless: Bool) -> ServerRuntime? {
        let nowMs = worker.loop.nowMs
        let look = Look(
            tried: exchange.tried, nowMs: nowMs, nowNs: worker.loop.nowNs,
            ignoresHealth: ignoresHealth(nowMs) || regardless)
        if let own = sticky?.server(of: exchange), own.isUsableForSticky, own.isFit(look), !own.isFull {
            exchange.pickReason = .sticky
            return own
        }
        let key = balanceKey(exchange)
        for (number, tier) in tiers.enumerated() where look.ignoresHealth || tier.isManned(look) {
            guard let server = tier.pick(look, key: key, &worker.random) else {
                // Servers that are full are worth waiting for; only those that fail are replaced.
                if tier.isOnlyFull(look) { return nil }
                continue
            }
            exchange.pickReason = look.ignoresHealth ? .panic : number == 0 ? plan.balance.reason : .failover
            return server
        }
        for tier in tiers where !tier.isManned(look) {
            guard let server = tier.pick(look, key: key, &worker.random) else { continue }
            exchange.pickReason = .failover
            return server
        }
        return nil
    }

    /// A request without a key goes anywhere.
    private func balanceKey(_ exchange: Exchange) -> UInt64 {
        guard case .hash(let hash) = plan.balance else { return 0 }
        return hash.key.hash(of: exchange) ?? worker.random.next()
    }

    /// Servers by tier, the first first.
    static func makeTiers(_ servers: [ServerRuntime], _ plan: UpstreamPlan, phase: Int) -> [Tier] {
        let usable = servers.filter(\.isUsable)
        return Set(usable.map(\.plan.tier)).sorted().map { number in
            Tier(usable.filter { $0.plan.tier == number }, plan, phase: phase)
        }
    }
}
