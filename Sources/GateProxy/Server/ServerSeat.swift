// Who counts a connection to a server: the worker, the server's gate, the upstream's bounds.

/// A connection's place in all of the counts. It passes from what begins a connection to what the connection becomes.
struct ServerSeat {
    private let server: ServerRuntime
    private var gate: ServerGate?
    private var load: UpstreamLoad?
    private var isCounted = false
    private var isPending = true

    /// For a connection for which the server's gate, if it has one, was asked already.
    init(_ server: ServerRuntime) {
        self.server = server
        gate = server.gate
    }

    /// Counts the connection in; false when the upstream's bounds are reached.
    mutating func take(_ exchange: Exchange) -> Bool {
        if let admission = exchange.admission, let load = admission.load {
            guard load.beginConnection(admission.plan) else { return false }
            self.load = load
        }
        isCounted = true
        server.worker.counters.serverConnections += 1
        return true
    }

    /// The connection is of use.
    mutating func ready() {
        guard isPending else { return }
        isPending = false
        load?.connectionReady()
    }

    /// The connection is gone, or did not come about. Further calls do nothing.
    mutating func leave() {
        if isCounted { server.worker.counters.serverConnections -= 1 }
        isCounted = false
        load?.endConnection(isPending: isPending)
        load = nil
        guard let gate else { return }
        self.gate = nil
        gate.leaveConnection()
        server.madeRoom()
    }
}
