// An upstream's health on one worker: who is ejected, when health is ignored, and what the other workers are told.

import GateCore
import GateEngine

extension UpstreamRuntime {
    /// Whether servers are picked whatever their health is, since too few are fit. One comparison when nothing changed.
    @inline(__always)
    func ignoresHealth(_ nowMs: UInt64) -> Bool {
        if nowMs >= pool.reviewMs { reviewHealth(nowMs) }
        return pool.isPanicking
    }

    /// Counts again who is fit.
    func reviewHealth(_ nowMs: UInt64) {
        let wasPanicking = pool.isPanicking
        pool.review(servers, plan, nowMs: nowMs)
        for server in servers where server.health.hasReturned(nowMs) {
            worker.reporter.report(.notice, "upstream \(plan.name): server \(server.plan.name) is used again")
        }
        callWaiting()
        guard pool.isPanicking != wasPanicking, worker.index == 0 else { return }
        let counts = "\(pool.fitCount) of \(pool.usableCount) servers are fit"
        if pool.isPanicking {
            worker.reporter.report(.error, "upstream \(plan.name): only \(counts), so all of them are used")
        } else {
            worker.reporter.report(.notice, "upstream \(plan.name): \(counts), and only these are used")
        }
    }

    /// Whether one more server may be left alone.
    func mayEject(_ nowMs: UInt64) -> Bool {
        guard let ejection = plan.ejection else { return false }
        let ejected = servers.count { $0.health.isEjected(nowMs) }
        return (ejected + 1) * 100 <= servers.count * ejection.shareMaxPercent
    }

    /// Leaves a server alone, if that leaves enough others, and tells the other workers.
    func eject(_ server: ServerRuntime, because reason: String, nowMs: UInt64) {
        guard let ejection = plan.ejection, !server.health.isEjected(nowMs), mayEject(nowMs) else { return }
        let ms = server.health.nextEjectionMs(ejection, nowMs: nowMs)
        let notice = EjectionNotice(
            server: ServerKey(upstream: plan.name, server: server.plan), untilMs: nowMs + UInt64(ms),
            count: server.health.ejectionCount, reason: reason)
        server.health.eject(untilMs: notice.untilMs, count: notice.count, reason: reason, announcesReturn: true)
        worker.reporter.report(
            .warning,
            "upstream \(plan.name): server \(server.plan.name) \(reason), and is left alone for \(Self.seconds(ms))")
        reviewHealth(nowMs)
        for other in worker.others { other.post { $0.upstream(named: notice.server.upstream)?.follow(notice) } }
    }

    private static func seconds(_ ms: Int) -> String { ms % 1000 == 0 ? "\(ms / 1000) s" : "\(ms) ms" }

    /// Another worker has ejected a server.
    private func follow(_ notice: EjectionNotice) {
        let nowMs = worker.loop.nowMs
        for server in servers where notice.server.names(server.plan) {
            guard !server.health.isEjected(nowMs), mayEject(nowMs) else { continue }
            server.health.eject(untilMs: notice.untilMs, count: notice.count, reason: notice.reason)
        }
        reviewHealth(nowMs)
    }

    /// The checks' word on one of the servers.
    func follow(_ verdict: HealthVerdict) {
        let nowMs = worker.loop.nowMs
        guard plan.check != nil else { return }
        for server in servers where verdict.server.names(server.plan) {
            server.health.setDown(!verdict.isUp, reason: verdict.reason, nowMs: nowMs)
        }
        reviewHealth(nowMs)
    }

    // MARK: Latency

    private static let latencyReviewMs: UInt64 = 1000

    /// Now and then looks for servers that are far slower than the others.
    func reviewLatency(_ nowMs: UInt64) {
        guard let ejection = plan.ejection, let rule = ejection.latency, nowMs >= latencyReviewDueMs else { return }
        latencyReviewDueMs = nowMs + Self.latencyReviewMs
        let means = servers.filter { $0.isUsable && $0.health.isHealthy(nowMs) }
            .compactMap { server in server.health.meanLatencyNs(rule).map { (server, $0) } }
            .sorted { $0.1 < $1.1 }
        // With two there is no telling which one is out of the ordinary.
        guard means.count >= 3, let slowest = means.last else { return }
        let median = means[(means.count - 1) / 2].1
        guard slowest.1 >= UInt64(rule.floorMs) * 1_000_000, slowest.1 * 100 >= median * UInt64(rule.factorPercent)
        else { return }
        let words = "takes \(slowest.1 / 1_000_000) ms to answer where the median is \(median / 1_000_000) ms"
        eject(slowest.0, because: words, nowMs: nowMs)
    }
}
