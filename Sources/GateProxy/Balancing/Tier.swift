// The servers of one tier as one worker sees them, and the method that chooses among them.

import GateCore

/// Servers that stand in for each other before those of a later tier do.
final class Tier {
    private let servers: ContiguousArray<ServerRuntime>
    private var balancer: Balancer
    private let healthyMinPercent: Int
    private var isManned = true
    private var countedMs: UInt64 = 0

    /// - Precondition: there are servers, all of them usable.
    init(_ servers: [ServerRuntime], _ plan: UpstreamPlan, phase: Int) {
        self.servers = ContiguousArray(servers)
        healthyMinPercent = plan.tierHealthyMinPercent
        balancer = Balancer(
            plan.balance, names: servers.map { "\($0.plan.name) \($0.plan.address.map { "\($0)" } ?? "")" },
            weights: servers.map(\.plan.weight), isSteady: plan.slowStartMs == 0, phase: phase)
    }

    /// The server to take the request; nil when none may.
    func pick(_ look: Look, key: UInt64, _ random: inout RandomSource) -> ServerRuntime? {
        balancer.pick(Members(servers, look), key: key, &random).map { servers[$0] }
    }

    /// Whether any could take the request were it not full.
    func isOnlyFull(_ look: Look) -> Bool { servers.contains { $0.isFit(look) && $0.isFull } }

    /// Milliseconds for which a count of healthy servers is good enough.
    private static let countedForMs: UInt64 = 64

    /// Whether enough servers are fit. Looked at now and then only, since it looks at all.
    func isManned(_ look: Look) -> Bool {
        guard healthyMinPercent > 0, look.nowMs >= countedMs + Self.countedForMs else { return isManned }
        countedMs = look.nowMs
        let healthy = servers.count { $0.health.isHealthy(look.nowMs) }
        isManned = healthy * 100 >= servers.count * healthyMinPercent
        return isManned
    }

    /// The servers as the method sees them during one choice.
    private struct Members: Candidates {
        private let servers: ContiguousArray<ServerRuntime>
        private let look: Look

        init(_ servers: ContiguousArray<ServerRuntime>, _ look: Look) {
            self.servers = servers
            self.look = look
        }

        var count: Int { servers.count }
        func mayTake(_ index: Int) -> Bool { servers[index].isFit(look) && !servers[index].isFull }
        func weight(_ index: Int) -> Int { servers[index].weight(look.nowMs) }
        func fullWeight(_ index: Int) -> Int { servers[index].plan.weight * Weight.one }
        func active(_ index: Int) -> Int { servers[index].active }
        func cost(_ index: Int) -> Double {
            servers[index].latency.cost(active: servers[index].active, at: look.nowNs)
        }
    }
}

/// What a choice of a server depends on beside the servers.
struct Look {
    let tried: TriedServers
    let nowMs: UInt64
    let nowNs: UInt64
    /// Too few servers are fit, so all are taken for it.
    let ignoresHealth: Bool
}
