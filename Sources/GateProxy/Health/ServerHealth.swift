// Whether a server takes requests, as one worker knows it. Two things decide: the checks' verdict, which comes from the
// control plane, and ejection, which follows from what requests met on this worker or another. On the way of a request
// it is one comparison, and one store for a good answer.

import GateCore

/// A server's health. It belongs to one worker.
struct ServerHealth {
    /// The server is left alone until this time of the loop's clock: 0 when it is fit, `.max` while checks say it is down.
    private(set) var unfitUntilMs: UInt64 = 0
    /// When it last became fit, or will: the clock at which a slow start begins. 0: it always was.
    private(set) var fitSinceMs: UInt64 = 0
    private var ejectedUntilMs: UInt64 = 0
    private(set) var isDown = false
    /// Ejections that were not forgiven yet.
    private(set) var ejectionCount = 0
    /// This worker ejected it, and says so when that is over.
    private var announcesReturn = false
    /// Why it is, or was last, unfit.
    private(set) var reason = ""
    /// The wall clock at the last change.
    private(set) var changedWallNs: UInt64 = 0

    private var failuresInRow = 0
    private var record: OutcomeRecord?
    /// Answers below this status need no look at the set.
    private var failingFrom = Int.max
    private var isWatching = false

    // MARK: Asking

    /// Whether the server takes new requests; one comparison.
    @inline(__always)
    func isHealthy(_ nowMs: UInt64) -> Bool { unfitUntilMs <= nowMs }

    func isEjected(_ nowMs: UInt64) -> Bool { ejectedUntilMs > nowMs }

    // MARK: Rules

    /// Takes the upstream's rules over. What is known of the server stays.
    mutating func follow(_ plan: UpstreamPlan) {
        failingFrom = plan.ejection?.statuses.lowest ?? .max
        isWatching = plan.ejection?.rate != nil || plan.ejection?.latency != nil
        if isWatching {
            if record == nil { record = OutcomeRecord() }
        } else {
            record = nil
        }
        if plan.ejection == nil { ejectedUntilMs = 0 }
        if plan.check == nil { isDown = false }
        settle()
    }

    /// A new server that must prove itself first.
    mutating func awaitFirstCheck() {
        isDown = true
        reason = "not checked yet"
        settle()
    }

    private mutating func settle() { unfitUntilMs = isDown ? .max : ejectedUntilMs }

    // MARK: What requests meet

    /// The head of an answer came.
    /// - Returns: false when that has to be looked at: `judge` does it.
    @inline(__always)
    mutating func noteAnswer(_ status: Int) -> Bool {
        guard status < failingFrom, !isWatching else { return false }
        failuresInRow = 0
        return true
    }

    /// An answer that may be a failure, or that the rules count.
    /// - Returns: why the server should be ejected, if so.
    mutating func judge(
        _ status: Int, latencyNs: UInt64, _ plan: EjectionPlan, nowMs: UInt64
    ) -> String? {
        if plan.statuses.contains(status) { return noteFailure("answers \(status)", plan, nowMs: nowMs) }
        failuresInRow = 0
        record?.note(failed: false, latencyNs: latencyNs, plan.rate, nowMs: nowMs)
        return nil
    }

    /// A request failed.
    /// - Returns: why the server should be ejected, if so.
    mutating func noteFailure(_ what: String, _ plan: EjectionPlan, nowMs: UInt64) -> String? {
        failuresInRow += 1
        record?.note(failed: true, latencyNs: nil, plan.rate, nowMs: nowMs)
        if failuresInRow >= plan.failuresMax { return "failed \(failuresInRow) times in a row, the last time: \(what)" }
        if let rate = plan.rate, let percent = record?.failurePercent(rate) {
            return "failed \(percent) % of its requests, the last time: \(what)"
        }
        return nil
    }

    /// The mean time to an answer, once enough of them are known.
    func meanLatencyNs(_ plan: LatencyPlan) -> UInt64? { record?.meanLatencyNs(plan) }

    // MARK: Changes

    /// How long an ejection that begins now lasts: longer with each repetition, less so after good behaviour.
    mutating func nextEjectionMs(_ plan: EjectionPlan, nowMs: UInt64) -> Int {
        if nowMs > ejectedUntilMs {
            let forgiven = Int(clamping: (nowMs - ejectedUntilMs) / UInt64(max(1, plan.ejectionMs)))
            ejectionCount = max(0, ejectionCount - forgiven)
        }
        ejectionCount += 1
        return min(plan.ejectionMs.multipliedReportingOverflow(by: ejectionCount).partialValue, plan.ejectionMsMax)
    }

    mutating func eject(untilMs: UInt64, count: Int, reason: String, announcesReturn: Bool = false) {
        self.announcesReturn = announcesReturn
        ejectedUntilMs = untilMs
        ejectionCount = count
        fitSinceMs = untilMs
        failuresInRow = 0
        record?.forget()
        change(reason)
    }

    /// Whether an ejection is over that somebody wants to hear of; true once.
    mutating func hasReturned(_ nowMs: UInt64) -> Bool {
        guard announcesReturn, isHealthy(nowMs) else { return false }
        announcesReturn = false
        return true
    }

    /// The checks' word.
    mutating func setDown(_ isDown: Bool, reason: String, nowMs: UInt64) {
        guard isDown != self.isDown else { return }
        self.isDown = isDown
        if !isDown {
            fitSinceMs = max(nowMs, ejectedUntilMs)
            failuresInRow = 0
        }
        change(reason)
    }

    private mutating func change(_ reason: String) {
        self.reason = reason
        changedWallNs = Clock.wallNs()
        settle()
    }
}
