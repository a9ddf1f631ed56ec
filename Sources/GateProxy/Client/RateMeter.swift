// Whether somebody who moves bytes all the time moves enough of them.

/// Measures a rate over windows. Only time in which the other side could have moved bytes is counted.
struct RateMeter {
    private var waitedMs: UInt64 = 0
    /// 0 while nobody is waited for.
    private var sinceMs: UInt64 = 0
    private var bytes = 0

    /// Whether the other side is waited for.
    var isWaiting: Bool { sinceMs != 0 }

    /// From now on the other side is waited for.
    mutating func resume(_ nowMs: UInt64) { if sinceMs == 0 { sinceMs = nowMs } }

    /// The other side is not waited for any more.
    mutating func pause(_ nowMs: UInt64) {
        guard sinceMs != 0 else { return }
        waitedMs += nowMs - sinceMs
        sinceMs = 0
    }

    mutating func add(_ count: Int) { bytes &+= count }

    /// When the window ends, if the other side is waited for until then.
    func dueMs(windowMs: Int) -> UInt64 { sinceMs + UInt64(windowMs) - min(waitedMs, UInt64(windowMs)) }

    /// Whether a whole window of waiting brought fewer than `floor` bytes a second. Begins the next window.
    mutating func isTooSlow(_ nowMs: UInt64, floor: Int, windowMs: Int) -> Bool {
        let waited = waitedMs + (sinceMs == 0 ? 0 : nowMs - sinceMs)
        guard floor > 0, waited >= UInt64(windowMs), waited > 0 else { return false }
        let isTooSlow = bytes &* 1000 / Int(waited) < floor
        waitedMs = 0
        bytes = 0
        if sinceMs != 0 { sinceMs = nowMs }
        return isTooSlow
    }
}
