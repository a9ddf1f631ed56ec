// Whether an upstream takes one more request: bounds over all workers, and a limit of this worker that follows latency.

import GateCore
import GateEngine

/// An upstream's bounds on one worker; there is none where nothing is configured.
final class Admission {
    let plan: BreakerPlan
    /// Shared with the other workers; nil without bounds.
    let load: UpstreamLoad?
    var adaptive: AdaptiveLimit?

    init?(_ upstream: UpstreamPlan, _ loads: UpstreamLoads) {
        guard upstream.breaker != nil || upstream.adaptive != nil else { return nil }
        plan = upstream.breaker ?? BreakerPlan()
        load = upstream.breaker.map { _ in loads.load(of: upstream.name) }
        adaptive = upstream.adaptive.map { AdaptiveLimit($0) }
    }

    /// Counts a request in.
    /// - Returns: why it is refused, if so.
    func enter() -> EndReason? {
        if let load, !load.beginRequest(plan) { return .breakerOpen }
        guard adaptive?.enter() == false else { return nil }
        load?.endRequest()
        return .loadShed
    }

    func leave(latencyNs: UInt64?, nowMs: UInt64) {
        load?.endRequest()
        adaptive?.leave(latencyNs: latencyNs, nowMs: nowMs)
    }

    /// Whether a connection may be begun.
    var mayConnect: Bool { load?.mayConnect(plan) ?? true }
}

extension Exchange {
    /// Counts the exchange in, or ends it.
    /// - Returns: whether it goes on.
    @inline(never)
    func enter(_ admission: Admission) -> Bool {
        if let reason = admission.enter() {
            fail(reason)
            return false
        }
        self.admission = admission
        return true
    }

    /// Counts the exchange out; its request is over as far as the upstream's bounds go.
    @inline(never)
    func leaveAdmission() {
        guard let admission else { return }
        self.admission = nil
        admission.leave(latencyNs: latencyNs, nowMs: worker.loop.nowMs)
        guard isRetryCounted else { return }
        isRetryCounted = false
        admission.load?.endRetry()
    }

    /// The time to the answer, or how long it was waited for in vain.
    private var latencyNs: UInt64? {
        if firstByteNs > attemptNs { return firstByteNs - attemptNs }
        switch reason {
        case .firstByteTimeout, .readTimeout, .connectTimeout: return worker.loop.nowNs - attemptNs
        default: return nil
        }
    }

    /// Counts a retry in, where retries are bounded.
    func mayRetryBeyondBudget() -> Bool {
        guard let admission, let load = admission.load, !isRetryCounted else { return true }
        isRetryCounted = load.beginRetry(admission.plan)
        return isRetryCounted
    }
}
