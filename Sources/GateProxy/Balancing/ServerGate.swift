// Limits of a server that hold for the whole process. Only servers that have some own a gate: the others cost nothing.

import Synchronization

/// How many requests and connections a server has under way on all workers together. Safe to use from any thread.
final class ServerGate: Sendable {
    private let requests = Atomic<Int>(0)
    private let connections = Atomic<Int>(0)

    // Everything is sequentially consistent, together with `RequestQueue.count`: who finds a gate full and joins the
    // queue, and who leaves a gate and finds the queue empty, must not miss each other.

    func hasRoomForRequest(max: Int) -> Bool { requests.load(ordering: .sequentiallyConsistent) < max }
    func hasRoomForConnection(max: Int) -> Bool { connections.load(ordering: .sequentiallyConsistent) < max }

    /// Counts a request in, if there is room.
    func takeRequest(max: Int) -> Bool { Self.take(requests, max) }
    func leaveRequest() { requests.subtract(1, ordering: .sequentiallyConsistent) }

    /// Counts a connection in, if there is room.
    func takeConnection(max: Int) -> Bool { Self.take(connections, max) }
    func leaveConnection() { connections.subtract(1, ordering: .sequentiallyConsistent) }

    private static func take(_ count: borrowing Atomic<Int>, _ max: Int) -> Bool {
        var now = count.load(ordering: .sequentiallyConsistent)
        while now < max {
            let (taken, original) = count.compareExchange(
                expected: now, desired: now + 1, ordering: .sequentiallyConsistent)
            if taken { return true }
            now = original
        }
        return false
    }
}
