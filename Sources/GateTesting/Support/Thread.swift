// Threads for scripts and loads, so that no blocking call stands on Swift's cooperative pool.

internal import Glibc

/// A thread that runs one closure and can be waited for.
public struct Thread: Sendable {
    private let ended = Signal()

    /// Starts `body` on a thread of its own.
    public init(_ body: @escaping @Sendable () -> Void) {
        let ended = ended
        let job = Unmanaged.passRetained(
            Job {
                body()
                ended.fire()
            })
        var thread = pthread_t()
        let error = pthread_create(&thread, nil, runJob, job.toOpaque())
        precondition(error == 0, "no thread: errno \(error)")
        pthread_detach(thread)
    }

    /// Waits for the end of the closure; throws `TimedOut` when the bound passes first.
    public func join(within bound: Duration = Deadline.usual) throws { try ended.wait(within: bound) }
}

private final class Job: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

private func runJob(_ job: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let job else { return nil }
    Unmanaged<Job>.fromOpaque(job).takeRetainedValue().body()
    return nil
}

/// A result that another thread works out.
public struct Background<Value: Sendable>: Sendable {
    private let result = Monitor<Result<Value, any Error>?>(nil)

    /// Starts `body` on a thread of its own.
    public init(_ body: @escaping @Sendable () throws -> Value) {
        let result = result
        _ = Thread {
            let outcome = Result { try body() }
            result.update { $0 = outcome }
        }
    }

    /// Waits for the result; throws what `body` threw, or `TimedOut`.
    public func value(within bound: Duration = Deadline.usual) throws -> Value {
        guard let outcome = result.wait(within: bound, for: { $0 }) else { throw TimedOut("a thread's result", bound) }
        return try outcome.get()
    }
}
