import Testing

@testable import GateProxy

@Suite("Retry budgets and rates")
struct BudgetTests {
    private func plan(percent: Int, floor: Int) -> RetryPlan {
        var plan = RetryPlan()
        plan.budgetPercent = percent
        plan.perSecondMin = floor
        return plan
    }

    @Test("retries are a share of the requests")
    func share() {
        var budget = RetryBudget(plan(percent: 20, floor: 0))
        for _ in 0..<100 { budget.noteRequest(1000) }
        let granted = (0..<50).count { _ in budget.take(1000) }
        #expect(granted == 20)
    }

    @Test("a floor allows some in quiet times")
    func floor() {
        var budget = RetryBudget(plan(percent: 0, floor: 3))
        let granted = (0..<100).count { _ in budget.take(1000) }
        #expect(granted == 30)
    }

    @Test("the window moves on")
    func window() {
        var budget = RetryBudget(plan(percent: 100, floor: 0))
        for _ in 0..<10 { budget.noteRequest(20_000) }
        let first = (0..<20).count { _ in budget.take(20_000) }
        #expect(first == 10)
        for _ in 0..<10 { budget.noteRequest(60_000) }
        let second = (0..<20).count { _ in budget.take(60_000) }
        #expect(second == 10)
    }

    @Test("only time spent waiting for the other side counts against its rate")
    func rate() {
        var meter = RateMeter()
        var tooSlow = false
        meter.resume(1000)
        meter.add(100)
        meter.pause(1200)
        tooSlow = meter.isTooSlow(60_000, floor: 1000, windowMs: 500)
        #expect(!tooSlow)
        meter.resume(60_000)
        #expect(meter.dueMs(windowMs: 500) == 60_300)
        tooSlow = meter.isTooSlow(60_300, floor: 1000, windowMs: 500)
        #expect(tooSlow)
        // The next window begins with nothing held against anybody.
        meter.add(1000)
        tooSlow = meter.isTooSlow(60_800, floor: 1000, windowMs: 500)
        #expect(!tooSlow)
    }

    @Test("a floor of 0 is off")
    func off() {
        var meter = RateMeter()
        var tooSlow = false
        meter.resume(1000)
        tooSlow = meter.isTooSlow(100_000, floor: 0, windowMs: 500)
        #expect(!tooSlow)
    }
}
