// What requests to one server came to lately, kept only where a rule wants to know.

/// Requests and failures of a sliding window, and the mean time to an answer.
struct OutcomeRecord {
    private var windowStartMs: UInt64 = 0
    private var requests = 0
    private var failures = 0
    private var lastRequests = 0
    private var lastFailures = 0
    private var latencyCount = 0
    private var latencyNs: Double = 0
    /// Each answer moves the mean by this share of the difference.
    private static let weight = 0.1

    mutating func note(failed: Bool, latencyNs sample: UInt64?, _ plan: FailureRatePlan?, nowMs: UInt64) {
        if let plan {
            roll(plan, nowMs)
            requests += 1
            if failed { failures += 1 }
        }
        guard let sample else { return }
        latencyCount += 1
        latencyNs = latencyCount == 1 ? Double(sample) : latencyNs + Self.weight * (Double(sample) - latencyNs)
    }

    /// Half a window is kept beside the one that fills, so that nothing is forgotten all at once.
    private mutating func roll(_ plan: FailureRatePlan, _ nowMs: UInt64) {
        let halfMs = UInt64(max(2, plan.windowMs) / 2)
        guard nowMs &- windowStartMs >= halfMs else { return }
        let isNext = nowMs - windowStartMs < 2 * halfMs
        lastRequests = isNext ? requests : 0
        lastFailures = isNext ? failures : 0
        requests = 0
        failures = 0
        windowStartMs = nowMs
    }

    /// The share of failures when it is too large.
    func failurePercent(_ plan: FailureRatePlan) -> Int? {
        let all = requests + lastRequests
        guard all >= plan.requestsMin else { return nil }
        let percent = (failures + lastFailures) * 100 / all
        return percent >= plan.percent ? percent : nil
    }

    func meanLatencyNs(_ plan: LatencyPlan) -> UInt64? {
        latencyCount >= plan.requestsMin ? UInt64(latencyNs) : nil
    }

    /// What a server did before it was left alone is not held against it twice.
    mutating func forget() { self = OutcomeRecord() }
}
