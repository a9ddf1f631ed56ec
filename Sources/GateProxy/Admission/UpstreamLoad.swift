// What an upstream does at the moment, counted over all workers. It exists only where bounds are configured.

import Synchronization

/// An upstream's levels. Safe to use from any thread.
final class UpstreamLoad: Sendable {
    private let connections = Atomic<Int>(0)
    private let pending = Atomic<Int>(0)
    private let requests = Atomic<Int>(0)
    private let retries = Atomic<Int>(0)

    /// Counts one more, unless that is too much.
    private static func enter(_ level: borrowing Atomic<Int>, _ max: Int) -> Bool {
        if level.add(1, ordering: .relaxed).newValue <= max { return true }
        level.subtract(1, ordering: .relaxed)
        return false
    }

    func beginRequest(_ plan: BreakerPlan) -> Bool { Self.enter(requests, plan.requestsMax) }
    func endRequest() { requests.subtract(1, ordering: .relaxed) }

    func beginRetry(_ plan: BreakerPlan) -> Bool { Self.enter(retries, plan.retriesMax) }
    func endRetry() { retries.subtract(1, ordering: .relaxed) }

    /// A look before a connection is begun, which saves a system call or two.
    func mayConnect(_ plan: BreakerPlan) -> Bool {
        connections.load(ordering: .relaxed) < plan.connectionsMax && pending.load(ordering: .relaxed) < plan.pendingMax
    }

    func beginConnection(_ plan: BreakerPlan) -> Bool {
        guard Self.enter(connections, plan.connectionsMax) else { return false }
        if Self.enter(pending, plan.pendingMax) { return true }
        connections.subtract(1, ordering: .relaxed)
        return false
    }

    /// The connection is there.
    func connectionReady() { pending.subtract(1, ordering: .relaxed) }

    func endConnection(isPending: Bool) {
        connections.subtract(1, ordering: .relaxed)
        if isPending { connectionReady() }
    }
}

/// The levels of a process's upstreams by name, so that they outlive plans.
final class UpstreamLoads: Sendable {
    private let loads = Mutex<[String: UpstreamLoad]>([:])

    func load(of upstream: String) -> UpstreamLoad {
        loads.withLock { loads in
            if let load = loads[upstream] { return load }
            let load = UpstreamLoad()
            loads[upstream] = load
            return load
        }
    }
}
