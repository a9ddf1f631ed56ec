// `max_requests` and `max_connections`: exact over all workers, and free for servers without them.

extension ServerRuntime {
    var hasLimits: Bool { plan.requestsMax < .max || plan.connectionsMax < .max }

    /// Whether it has as many requests or connections as it may have.
    @inline(__always)
    var isFull: Bool { gate != nil && isGateFull }

    private var isGateFull: Bool {
        guard let gate else { return false }
        if !gate.hasRoomForRequest(max: plan.requestsMax) { return true }
        return !hasConnectionWithRoom && !gate.hasRoomForConnection(max: plan.connectionsMax)
    }

    /// Counts a request in. False when another worker was quicker.
    @inline(__always)
    func admit(_ exchange: Exchange) -> Bool { gate == nil || takeRoom(exchange) }

    private func takeRoom(_ exchange: Exchange) -> Bool {
        guard let gate, gate.takeRequest(max: plan.requestsMax) else { return false }
        exchange.gate = gate
        return true
    }

    /// Takes room for one more connection, which gives it back to its `gate` when it is closed.
    @inline(__always)
    func takeConnectionRoom() -> Bool { gate == nil || takeRoomForConnection() }

    private func takeRoomForConnection() -> Bool {
        guard let gate else { return true }
        if gate.takeConnection(max: plan.connectionsMax) { return true }
        // One that is idle and does not fit the request makes room for one that does.
        return closeOneIdle() && gate.takeConnection(max: plan.connectionsMax)
    }

    /// Gives back what `takeConnectionRoom` took, where no connection came of it.
    func leaveConnectionRoom() {
        guard let gate else { return }
        gate.leaveConnection()
        madeRoom()
    }

    /// A request or a connection has ended.
    func madeRoom() {
        if let queue, !queue.isEmpty { queue.callNext() }
    }
}
