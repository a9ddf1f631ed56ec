internal import GateEngine
internal import Synchronization

/// Runs asynchronous work on a thread of its own, so that whoever starts it may wait for its end, whatever thread that is:
/// the threads that Swift's tasks share may all be waiting.
final class TaskThread: TaskExecutor {
    /// The one for certificates. It starts with its first work and never ends: a task that was cancelled may still wake up.
    static let shared = TaskThread()

    private let pool = BlockingPool(threadsMax: 1, queueMax: 65_536)

    private init() {}

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isAccepted = pool.submit { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
        precondition(isAccepted, "a task without a thread would never end")
    }

    /// Runs `body` and waits for its end.
    func wait<Value: Sendable>(_ body: @escaping @Sendable () async -> Value) -> Value {
        let box = Box<Value>()
        let signal = ThreadSignal()
        Task(executorPreference: self) {
            let value = await body()
            box.value.withLock { $0 = value }
            signal.notify()
        }
        while true {
            let ticket = signal.ticket()
            if let value = box.value.withLock({ $0 }) { return value }
            signal.wait(after: ticket)
        }
    }

    private final class Box<Value: Sendable>: Sendable {
        let value = Mutex<Value?>(nil)
    }
}
