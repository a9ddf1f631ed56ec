import Testing

@testable import GateProxy

@Suite("Bounds of upstreams")
struct AdmissionTests {
    @Test("levels are bounded exactly, and what is refused is not counted")
    func levels() {
        let load = UpstreamLoad()
        var plan = BreakerPlan()
        plan.requestsMax = 2
        plan.connectionsMax = 3
        plan.pendingMax = 1
        #expect([1, 2, 3].map { _ in load.beginRequest(plan) } == [true, true, false])
        load.endRequest()
        #expect(load.beginRequest(plan))
        #expect(load.beginConnection(plan))
        #expect(!load.mayConnect(plan))
        #expect(!load.beginConnection(plan), "one is pending")
        load.connectionReady()
        #expect(load.mayConnect(plan))
        #expect(load.beginConnection(plan))
        load.connectionReady()
        #expect(load.beginConnection(plan))
        load.connectionReady()
        #expect(!load.beginConnection(plan), "three are open")
        load.endConnection(isPending: false)
        #expect(load.beginConnection(plan))
        load.endConnection(isPending: true)
        #expect(load.beginConnection(plan))
        #expect(load.beginRetry(plan))
    }

    /// A server that works on `capacity` requests at a time, as fast as ever, and makes the others wait. Clients keep
    /// `demand` requests under way where the limit lets them.
    private func settle(_ limit: inout AdaptiveLimit, capacity: Int, demand: Int, rounds: Int, nowMs: inout UInt64) {
        for _ in 0..<rounds {
            var entered = 0
            while entered < demand, limit.enter() { entered += 1 }
            let slowness = max(1, Double(entered) / Double(capacity))
            for _ in 0..<entered { limit.leave(latencyNs: UInt64(10_000_000 * slowness), nowMs: nowMs) }
            nowMs += 100
        }
    }

    private func plan() -> AdaptivePlan {
        var plan = AdaptivePlan()
        plan.windowMs = 100
        return plan
    }

    @Test("the limit grows while it is used and answers come as fast as usual, up to its bound")
    func growth() {
        var limit = AdaptiveLimit(plan())
        var now: UInt64 = 1000
        settle(&limit, capacity: 10_000, demand: 10_000, rounds: 1000, nowMs: &now)
        #expect(Int(limit.limit) == 1000)
        #expect(limit.inFlight == 0)
    }

    @Test("what is not used does not grow")
    func idle() {
        var limit = AdaptiveLimit(plan())
        var now: UInt64 = 1000
        settle(&limit, capacity: 100, demand: 5, rounds: 200, nowMs: &now)
        #expect(Int(limit.limit) == 20)
    }

    @Test("when answers take longer the limit comes down, not below its bound, and up again afterwards")
    func overload() {
        var limit = AdaptiveLimit(plan())
        var now: UInt64 = 1000
        settle(&limit, capacity: 50, demand: 1000, rounds: 100, nowMs: &now)
        let usual = limit.limit
        #expect((40...110).contains(usual), "\(usual) for a capacity of 50")
        settle(&limit, capacity: 2, demand: 1000, rounds: 30, nowMs: &now)
        let low = limit.limit
        #expect(low < 15, "\(low) for a capacity of 2")
        #expect(low >= 4)
        settle(&limit, capacity: 50, demand: 1000, rounds: 100, nowMs: &now)
        let recovered = limit.limit
        #expect(recovered > 30, "\(recovered)")
    }

    @Test("a request that says nothing of the upstream changes nothing")
    func silence() {
        var limit = AdaptiveLimit(plan())
        for round in 0..<1000 {
            let isIn = limit.enter()
            #expect(isIn)
            limit.leave(latencyNs: nil, nowMs: UInt64(round))
        }
        #expect(limit.limit == 20)
    }
}
