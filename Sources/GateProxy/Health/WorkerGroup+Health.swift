// The workers' view of servers, for the control plane.

import GateEngine

extension WorkerGroup {
    /// Hands what checks found out to every worker, without waiting.
    public func follow(_ verdicts: [HealthVerdict]) {
        post { worker in
            for verdict in verdicts { worker.upstream(named: verdict.server.upstream)?.follow(verdict) }
        }
    }

    /// Every server of every upstream as the first worker knows it; the others know the same, but for idle connections
    /// and what is on its way to them.
    public func servers() -> [ServerStatus] {
        ask { worker in
            let nowMs = worker.loop.nowMs
            return worker.upstreams.flatMap { upstream in upstream.servers.map { $0.status(nowMs) } }
        } ?? []
    }
}
