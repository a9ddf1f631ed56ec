// Whether a server may take a request now: the one place where weight, drain, health and limits meet.

extension ServerRuntime {
    /// Whether the configuration lets new requests come here.
    var isUsable: Bool { plan.weight > 0 && plan.address != nil && plan.drain == .off }

    /// Whether requests may come here of clients whose cookie names this server.
    var isUsableForSticky: Bool { plan.weight > 0 && plan.address != nil && plan.drain != .on }

    /// Whether it may take this request but for its limits.
    func isFit(_ look: Look) -> Bool {
        (health.isHealthy(look.nowMs) || look.ignoresHealth) && !look.tried.contains(serial)
    }

    /// In 256ths; less than configured while it warms up.
    func weight(_ nowMs: UInt64) -> Int {
        let full = plan.weight * Weight.one
        guard slowStartMs > 0 else { return full }
        return SlowStart.weight(full, sinceMs: warmSinceMs, overMs: slowStartMs, nowMs: nowMs)
    }
}

/// How the weight of a server grows that is new or has recovered.
enum SlowStart {
    /// The share that it begins with, in percent: with none it would never be asked.
    static let firstPercent: UInt64 = 10

    /// - Parameter sinceMs: when it began; 0 is long ago.
    static func weight(_ full: Int, sinceMs: UInt64, overMs: Int, nowMs: UInt64) -> Int {
        guard sinceMs > 0, nowMs < sinceMs + UInt64(overMs) else { return full }
        let elapsed = nowMs > sinceMs ? nowMs - sinceMs : 0
        let percent = firstPercent + (100 - firstPercent) * elapsed / UInt64(overMs)
        return max(full * Int(percent) / 100, 1)
    }
}
