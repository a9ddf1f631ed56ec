// Whether somebody who moves bytes all the time moves enough of them.

/// Measures a rate over windows. Only time in which the other side could have moved bytes is counted.
struct RateMeter {
    private var startMs: UInt64 = 0
    private var bytes = 0

    /// A new body, or a new wait, begins.
    mutating func start(_ nowMs: UInt64) {
        startMs = nowMs
        bytes = 0
    }

    var isRunning: Bool { startMs != 0 }

    mutating func stop() { startMs = 0 }

    /// Counts bytes; true when a whole window brought fewer than `floor` a second.
    mutating func add(_ count: Int, nowMs: UInt64, floor: Int, windowMs: Int) -> Bool {
        bytes &+= count
        guard floor > 0, startMs != 0 else { return false }
        let elapsedMs = nowMs &- startMs
        guard elapsedMs >= UInt64(windowMs) else { return false }
        let isTooSlow = bytes &* 1000 / Int(elapsedMs) < floor
        start(nowMs)
        return isTooSlow
    }
}
