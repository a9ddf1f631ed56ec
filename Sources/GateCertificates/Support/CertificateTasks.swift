internal import Dispatch

/// Where tasks about certificates run: on a queue of their own, so that whoever waits for one may wait on any thread. The
/// threads that Swift's tasks share may all be waiting.
public final class CertificateTasks: TaskExecutor {
    private static let shared = CertificateTasks()
    private let queue = DispatchQueue(label: "gate-certificates")

    private init() {}

    /// Hands a piece of a task to the queue.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
    }

    /// Starts a task there, which throws.
    @discardableResult
    public static func start<Value: Sendable>(
        _ work: @escaping @Sendable () async throws -> Value
    ) -> Task<Value, any Error> {
        Task(executorPreference: shared) { try await work() }
    }

    /// Starts a task there.
    @discardableResult
    public static func start<Value: Sendable>(_ work: @escaping @Sendable () async -> Value) -> Task<Value, Never> {
        Task(executorPreference: shared) { await work() }
    }
}
