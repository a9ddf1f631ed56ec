// From threads that wait to tasks about certificates, which run elsewhere.

internal import Dispatch
internal import GateCertificates
internal import Synchronization

/// Runs a task and waits for it.
func waitFor<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) throws -> Value {
    let outcome = Mutex<Result<Value, any Error>?>(nil)
    let done = DispatchSemaphore(value: 0)
    CertificateTasks.start {
        do {
            let value = try await work()
            outcome.withLock { $0 = .success(value) }
        } catch {
            outcome.withLock { $0 = .failure(error) }
        }
        done.signal()
    }
    done.wait()
    guard let outcome = outcome.withLock({ $0 }) else { preconditionFailure("the work has ended") }
    return try outcome.get()
}

/// Runs a task and waits for it, but not longer than this. It goes on then.
func waitFor(secondsMax: Double, _ work: @escaping @Sendable () async -> Void) {
    let done = DispatchSemaphore(value: 0)
    CertificateTasks.start {
        await work()
        done.signal()
    }
    _ = done.wait(timeout: .now() + secondsMax)
}
