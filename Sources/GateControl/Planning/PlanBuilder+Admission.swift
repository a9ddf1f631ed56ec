// Bounds of upstreams, as the data plane wants them.

import GateProxy

extension PlanBuilder {
    func breaker(_ breaker: Configuration.CircuitBreaker) -> BreakerPlan {
        var result = BreakerPlan()
        result.connectionsMax = breaker.connectionsMax
        result.pendingMax = breaker.pendingMax
        result.requestsMax = breaker.requestsMax
        result.retriesMax = breaker.retriesMax
        return result
    }

    func adaptive(_ adaptive: Configuration.AdaptiveConcurrency) -> AdaptivePlan {
        var result = AdaptivePlan()
        result.limitStart = adaptive.limitStart
        result.limitMin = adaptive.limitMin
        result.limitMax = adaptive.limitMax
        result.tolerancePercent = adaptive.tolerancePercent
        result.windowMs = adaptive.windowMs
        return result
    }
}
