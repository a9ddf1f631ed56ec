// What workers share of servers: gates and queues, for those that have limits. Asked for when a plan is taken into service.

import Synchronization

/// Gates and queues of the process by server and upstream. They live as long as somebody uses them.
final class SharedServers: Sendable {
    private struct Weak<Object: AnyObject> { weak var object: Object? }

    private struct State {
        var gates: [ServerKey: Weak<ServerGate>] = [:]
        var queues: [String: Weak<RequestQueue>] = [:]
    }

    private let state = Mutex(State())

    /// The gate of a server, the same for every worker and plan.
    func gate(_ key: ServerKey) -> ServerGate {
        state.withLock { state in
            if let gate = state.gates[key]?.object { return gate }
            state.gates = state.gates.filter { $0.value.object != nil }
            let gate = ServerGate()
            state.gates[key] = Weak(object: gate)
            return gate
        }
    }

    /// The queue of the upstream of this name, the same for every worker and plan.
    func queue(_ upstream: String) -> RequestQueue {
        state.withLock { state in
            if let queue = state.queues[upstream]?.object { return queue }
            state.queues = state.queues.filter { $0.value.object != nil }
            let queue = RequestQueue()
            state.queues[upstream] = Weak(object: queue)
            return queue
        }
    }
}
