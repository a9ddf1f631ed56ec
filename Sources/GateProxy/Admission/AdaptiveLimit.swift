// A limit that follows latency, as Netflix's concurrency-limits do (Gradient2): while answers come as fast as usual there
// is room to grow, and when they take longer there are more requests under way than the upstream can work on.

/// The number of requests that may be under way, and how many are.
struct AdaptiveLimit {
    /// Looks with fewer answers than this say nothing.
    private static let samplesMin = 10
    /// How much of a new limit is taken over at once.
    private static let smoothing = 0.2
    /// What is usual is the mean of so many windows first, and then follows the present as slowly as that.
    private static let firstWindows = 10.0
    private static let usualWindows = 300.0

    private let plan: AdaptivePlan
    private(set) var limit: Double
    private(set) var inFlight = 0
    private var windowEndMs: UInt64 = 0
    private var sumNs = 0.0
    private var samples = 0
    private var inFlightMax = 0
    private var usualNs = 0.0
    private var windows = 0.0

    init(_ plan: AdaptivePlan) {
        self.plan = plan
        limit = Double(plan.limitStart)
    }

    /// Counts a request in, or refuses it.
    mutating func enter() -> Bool {
        guard inFlight < Int(limit) else { return false }
        inFlight += 1
        inFlightMax = max(inFlightMax, inFlight)
        return true
    }

    /// Counts a request out. `latencyNs`: the time to its answer, or nil when it says nothing of the upstream.
    mutating func leave(latencyNs: UInt64?, nowMs: UInt64) {
        inFlight -= 1
        guard let latencyNs else { return }
        sumNs += Double(latencyNs)
        samples += 1
        guard nowMs >= windowEndMs, samples >= Self.samplesMin else { return }
        adjust(sumNs / Double(samples))
        windowEndMs = nowMs + UInt64(plan.windowMs)
        sumNs = 0
        samples = 0
        inFlightMax = inFlight
    }

    private mutating func adjust(_ nowNs: Double) {
        windows += 1
        usualNs += (nowNs - usualNs) / (windows <= Self.firstWindows ? windows : Self.usualWindows)
        // After a time of overload the usual comes down faster than it went up.
        if usualNs > 2 * nowNs { usualNs *= 0.9 }
        let gradient = max(0.5, min(1, usualNs * Double(plan.tolerancePercent) / 100 / max(nowNs, 1)))
        // What is not used need not grow.
        if gradient == 1 && Double(inFlightMax) < limit / 2 { return }
        let wanted = limit * gradient + (gradient == 1 ? max(4, limit.squareRoot()) : 0)
        limit = limit * (1 - Self.smoothing) + wanted * Self.smoothing
        limit = min(Double(plan.limitMax), max(Double(plan.limitMin), limit))
    }
}
