// How many of an upstream's servers are fit, counted when that changes and not when somebody asks.

/// The panic rule: when too few servers are fit, health is ignored, since all of the load on the few would end them, too.
struct PoolHealth {
    /// Too few are fit: all are used.
    private(set) var isPanicking = false
    /// Servers that may take requests by their configuration.
    private(set) var usableCount = 0
    private(set) var fitCount = 0
    /// When an ejection ends and the servers have to be counted again.
    private(set) var reviewMs = UInt64.max

    mutating func review(_ servers: [ServerRuntime], _ plan: UpstreamPlan, nowMs: UInt64) {
        usableCount = 0
        fitCount = 0
        reviewMs = .max
        for server in servers where server.isUsable {
            usableCount += 1
            if server.health.isHealthy(nowMs) {
                fitCount += 1
            } else {
                reviewMs = min(reviewMs, server.health.unfitUntilMs)
            }
        }
        isPanicking = fitCount * 100 < usableCount * plan.panicPercent
    }
}
