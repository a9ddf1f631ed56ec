import GateCore
import Testing

@testable import GateProxy

@Suite("A server's health")
struct HealthTests {
    private func plan(_ change: (inout EjectionPlan) -> Void = { _ in }) -> EjectionPlan {
        var plan = EjectionPlan()
        change(&plan)
        return plan
    }

    private func health(_ ejection: EjectionPlan?) -> ServerHealth {
        var upstream = UpstreamPlan(name: "u", servers: [])
        upstream.ejection = ejection
        var health = ServerHealth()
        health.follow(upstream)
        return health
    }

    @Test("failures in a row are counted, and a good answer ends the row")
    func row() {
        let plan = plan { $0.failuresMax = 3 }
        var health = health(plan)
        for _ in 1...2 {
            let early = health.noteFailure("x", plan, nowMs: 1)
            #expect(early == nil)
        }
        let good = health.noteAnswer(200)
        #expect(good)
        for _ in 1...2 {
            let early = health.noteFailure("x", plan, nowMs: 1)
            #expect(early == nil)
        }
        let last = health.noteFailure("reset", plan, nowMs: 1)
        #expect(last == "failed 3 times in a row, the last time: reset")
    }

    @Test("a status that the rules name is a failure, others are not", arguments: [502, 503, 504])
    func statuses(status: Int) {
        let plan = plan { $0.failuresMax = 1 }
        var health = health(plan)
        let isGood = health.noteAnswer(status)
        #expect(isGood == false)
        let unavailable = health.judge(status, latencyNs: 0, plan, nowMs: 1)
        #expect(unavailable != nil)
        let internalError = health.judge(500, latencyNs: 0, plan, nowMs: 1)
        #expect(internalError == nil)
        let notFound = health.noteAnswer(404)
        #expect(notFound)
    }

    @Test("a share of failures ejects once there are enough requests")
    func rate() {
        let plan = plan {
            $0.failuresMax = 1000
            $0.rate = FailureRatePlan()
            $0.rate!.percent = 20
            $0.rate!.requestsMin = 10
        }
        var health = health(plan)
        for round in 0..<9 {
            _ = health.judge(200, latencyNs: 1, plan, nowMs: 100)
            if round == 4 { _ = health.noteFailure("x", plan, nowMs: 100) }
        }
        let second = health.noteFailure("x", plan, nowMs: 100)
        #expect(second == nil, "2 of 11 are less than a fifth")
        let third = health.noteFailure("x", plan, nowMs: 100)
        #expect(third?.hasPrefix("failed 25 % of its requests") == true)
        // Half a window later they still count, after a whole one they do not.
        let soon = health.noteFailure("x", plan, nowMs: 5200)
        #expect(soon != nil)
        let late = health.noteFailure("x", plan, nowMs: 60_000)
        #expect(late == nil)
    }

    @Test("ejections grow with repetition up to a bound, and good behaviour makes up for them")
    func growth() {
        let plan = plan {
            $0.ejectionMs = 1000
            $0.ejectionMsMax = 2500
        }
        var health = health(plan)
        var now: UInt64 = 10_000
        for expected in [1000, 2000, 2500, 2500] {
            let ms = health.nextEjectionMs(plan, nowMs: now)
            #expect(ms == expected)
            health.eject(untilMs: now + UInt64(ms), count: health.ejectionCount, reason: "x")
            #expect(!health.isHealthy(now))
            now += UInt64(ms)
            #expect(health.isHealthy(now))
        }
        #expect(health.fitSinceMs == now)
        let isSilent = health.hasReturned(now)
        #expect(!isSilent, "another worker ejected it, and says so")
        health.eject(untilMs: now + 5, count: 4, reason: "x", announcesReturn: true)
        let returns = [now, now + 5, now + 6].map { health.hasReturned($0) }
        #expect(returns == [false, true, false])
        let later = health.nextEjectionMs(plan, nowMs: now + 3005)
        #expect(later == 2000, "three of four are forgiven")
    }

    @Test("the checks' word stands beside ejection")
    func checks() {
        var upstream = UpstreamPlan(name: "u", servers: [])
        upstream.check = CheckPlan(probe: .tcp)
        var health = ServerHealth()
        health.follow(upstream)
        health.setDown(true, reason: "refused", nowMs: 5)
        #expect(!health.isHealthy(.max - 1))
        health.eject(untilMs: 100, count: 1, reason: "x")
        health.setDown(false, reason: "ok", nowMs: 50)
        #expect(!health.isHealthy(99))
        #expect(health.isHealthy(100))
        health.setDown(true, reason: "refused", nowMs: 200)
        upstream.check = nil
        health.follow(upstream)
        #expect(health.isHealthy(200), "nobody checks any more")
    }

    @Test("the mean time to an answer needs enough answers and follows them")
    func latency() {
        let rule = LatencyPlan()
        let plan = plan { $0.latency = rule }
        var health = health(plan)
        for _ in 0..<49 { _ = health.judge(200, latencyNs: 1000, plan, nowMs: 1) }
        #expect(health.meanLatencyNs(rule) == nil)
        _ = health.judge(200, latencyNs: 1000, plan, nowMs: 1)
        #expect(health.meanLatencyNs(rule) == 1000)
        for _ in 0..<100 { _ = health.judge(200, latencyNs: 5000, plan, nowMs: 1) }
        #expect((4900...5000).contains(health.meanLatencyNs(rule)!))
    }

    @Test("a set of statuses knows its members, its lowest and how to say them")
    func statusSet() {
        var set = StatusSet(200...399)
        set.insert(503)
        #expect(set.contains(200) && set.contains(399) && set.contains(503))
        #expect(!set.contains(400) && !set.contains(199) && !set.contains(0) && !set.contains(600))
        #expect(set.lowest == 200)
        #expect(set.text == "200-399, 503")
        #expect(StatusSet().lowest == .max && StatusSet().isEmpty)
    }
}
