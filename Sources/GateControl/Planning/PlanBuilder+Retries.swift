// Rules of retries, as the data plane wants them.

import GateProxy

extension PlanBuilder {
    func retries(_ upstream: Configuration.Upstream) -> RetryPlan {
        let retries = upstream.retries
        var result = RetryPlan()
        result.attemptsMax = retries.attemptsMax
        result.triggers = RetryTriggers(retries.triggers.map(trigger))
        result.statuses = retries.statuses.set
        result.perTryMs = retries.perTryMs
        result.backoffMs = retries.backoff.fromMs
        result.backoffMsMax = max(retries.backoff.fromMs, retries.backoff.toMs)
        result.budgetPercent = retries.budgetPercent
        result.perSecondMin = retries.perSecondMin
        result.hedgeAfterMs = upstream.hedgeAfterMs
        return result
    }

    private func trigger(_ trigger: Configuration.RetryTrigger) -> RetryTriggers {
        switch trigger {
        case .connect: .connect
        case .reset: .reset
        case .timeout: .timeout
        case .badResponse: .badResponse
        }
    }
}
