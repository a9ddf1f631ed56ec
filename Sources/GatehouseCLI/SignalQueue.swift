import GateEngine
import Synchronization

/// What signals ask for, in their order. They are heard on a thread of their own, so that a second stop counts whatever the
/// thread that serves the first one waits for.
final class SignalQueue: Sendable {
    private let wishes = Mutex<[Signals.Wish]>([])
    private let arrived = ThreadSignal()

    /// Begins to listen.
    /// - Parameter stoppedAgain: called on the other thread, at every stop but the first.
    /// - Throws: `SystemError` when the system gives no thread.
    init(_ signals: Signals, stoppedAgain: @escaping @Sendable () -> Void) throws {
        _ = try GateThread.start(name: "gate-signals") { [self] in
            var isStopping = false
            while true {
                let wish = signals.next()
                if wish == .stop, isStopping { stoppedAgain() }
                if wish == .stop { isStopping = true }
                wishes.withLock { $0.append(wish) }
                arrived.notify()
            }
        }
    }

    /// Waits for the next one.
    func next() -> Signals.Wish {
        while true {
            let ticket = arrived.ticket()
            if let wish = wishes.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { return wish }
            arrived.wait(after: ticket)
        }
    }
}
