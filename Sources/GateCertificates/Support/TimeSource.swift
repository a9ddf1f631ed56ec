public import FoundationEssentials

/// The time of day and waiting, so that tests can let days pass at once.
public struct TimeSource: Sendable {
    /// The time now.
    public let now: @Sendable () -> Date
    /// Returns after so many seconds; throws `CancellationError` when the task is cancelled.
    public let sleep: @Sendable (_ seconds: Double) async throws -> Void

    /// Puts one together.
    public init(
        now: @escaping @Sendable () -> Date, sleep: @escaping @Sendable (_ seconds: Double) async throws -> Void
    ) {
        self.now = now
        self.sleep = sleep
    }

    /// The system's clock.
    public static let system = TimeSource(now: { Date() }, sleep: { try await Task.sleep(for: .seconds($0)) })
}
