// How long a test waits for what must happen. Waiting ends with the event; the bound only turns a hang into a failure.

internal import GateCore

/// A moment on the monotonic clock after which a test stops waiting.
public struct Deadline: Sendable {
    /// What a test waits when nothing else is said: far more than any event needs. `GATE_PATIENCE` multiplies it, for
    /// sanitizers and slow machines.
    public static let usual: Duration = .seconds(15) * (environmentValue("GATE_PATIENCE").flatMap { Int($0) } ?? 1)
    /// For what has many events before it: a program's whole run, a script's wait for its test, tasks that share their
    /// threads with every other test.
    public static let long: Duration = usual * 8

    private let atNs: UInt64

    /// The moment `bound` from now.
    public init(within bound: Duration = Deadline.usual) {
        atNs = Clock.monotonicNs() + UInt64(max(0, bound.nanoseconds))
    }

    /// Nanoseconds that are left; 0 when the moment has passed.
    public var leftNs: UInt64 {
        let now = Clock.monotonicNs()
        return now < atNs ? atNs - now : 0
    }

    /// Milliseconds that are left, rounded up, as `poll` takes them.
    public var leftMs: Int32 { Int32(clamping: (leftNs + 999_999) / 1_000_000) }

    /// True when nothing is left.
    public var hasPassed: Bool { leftNs == 0 }
}

extension Duration {
    /// The duration in whole nanoseconds.
    public var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}

/// How long something took, on the monotonic clock.
public struct Stopwatch: Sendable {
    private let startNs = Clock.monotonicNs()

    /// Starts to measure.
    public init() {}

    /// The time since the start.
    public var elapsed: Duration { .nanoseconds(Int64(Clock.monotonicNs() - startNs)) }
}
