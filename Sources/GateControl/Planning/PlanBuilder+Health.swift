// Rules of health, as the data plane wants them.

import GateProxy

extension PlanBuilder {
    func ejection(_ passive: Configuration.Passive) -> EjectionPlan {
        var result = EjectionPlan()
        result.failuresMax = passive.failuresMax
        result.ejectionMs = passive.ejectionMs
        result.ejectionMsMax = max(passive.ejectionMs, passive.ejectionMsMax)
        result.shareMaxPercent = passive.shareMaxPercent
        result.statuses = passive.statuses.set
        result.rate = passive.failureRate.map { rule in
            var rate = FailureRatePlan()
            rate.percent = rule.percent
            rate.requestsMin = rule.requestsMin
            rate.windowMs = rule.windowMs
            return rate
        }
        result.latency = passive.latency.map { rule in
            var latency = LatencyPlan()
            latency.factorPercent = rule.factorPercent
            latency.floorMs = rule.floorMs
            latency.requestsMin = rule.requestsMin
            return latency
        }
        return result
    }
}

extension Statuses {
    /// As the data plane asks it.
    var set: StatusSet {
        var set: StatusSet = []
        for range in ranges {
            for status in range { set.insert(status) }
        }
        return set
    }
}
