import GateCore

/// A client connection's place among those that are counted. Whoever owns the connection has it, and leaves once.
struct ClientSeat {
    let address: IPAddress
    /// It counts against its address, too.
    let isCountedByAddress: Bool

    func leave(_ worker: Worker) {
        worker.limiter.leave(address, perAddress: isCountedByAddress)
        worker.counters.openConnections -= 1
        worker.clientClosed()
    }
}

/// What came through a listener and can be told to go.
protocol ListenedConnection: AnyObject {
    var listener: ListenerRuntime { get }
    /// The listener or the process goes away: finish what is under way and take nothing new.
    func drain()
    /// Ends at once.
    func stopNow()
}
