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

extension PlanBuilder {
    func check(_ health: Configuration.Health) -> CheckPlan {
        var result = CheckPlan(probe: probe(health))
        result.intervalMs = health.intervalMs
        result.fastIntervalMs = min(health.downIntervalMs, health.intervalMs)
        result.jitterPercent = health.jitterPercent
        result.timeoutMs = health.timeoutMs
        result.rise = health.rise
        result.fall = health.fall
        result.startsDown = health.initial == .down
        result.port = health.port.map(UInt16.init)
        return result
    }

    private func probe(_ health: Configuration.Health) -> CheckPlan.Probe {
        switch health.kind {
        case .tcp: return .tcp
        case .grpc: return .grpc(service: health.service)
        case .http:
            var http = HTTPCheckPlan()
            http.method = health.method
            http.target = health.path
            http.host = health.host
            http.fields = health.fields.map { FixedAnswer.Field($0.name, $0.value) }
            http.statuses = health.statuses.set
            switch health.body {
            case .any: http.body = .any
            case .contains(let text): http.body = .contains(Array(text.utf8))
            case .matches(let pattern): http.body = .matches(pattern)
            }
            return .http(http)
        }
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
