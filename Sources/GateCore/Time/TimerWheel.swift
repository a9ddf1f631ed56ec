// Deadlines are fields; the wheel only remembers when to look at them next.
//
// Each entry (a slot of the event loop) stands in at most one of 4,096 buckets of one tick. Moving a deadline
// later costs nothing: when the bucket comes up, the loop looks at the field and files the entry anew.
// Deadlines beyond the horizon are filed at the horizon and looked at then.

/// A coarse wheel of slot numbers. Not thread safe.
public struct TimerWheel: ~Copyable {
    /// Milliseconds of one tick: deadlines are met up to this much late, never early.
    public static let tickMs: UInt64 = 16
    @usableFromInline static let bucketCount = 4096

    struct Entry: BitwiseCopyable {
        var next: Int32
        var previous: Int32
        /// -1 when the entry is in no bucket.
        var bucket: Int32
    }

    private var heads: [Int32]
    private var occupied: [UInt64]
    private var entries: [Entry]
    private var currentTick: UInt64
    private var filedCount = 0

    public init(nowMs: UInt64) {
        heads = Array(repeating: -1, count: Self.bucketCount)
        occupied = Array(repeating: 0, count: Self.bucketCount / 64)
        entries = []
        currentTick = nowMs / Self.tickMs
    }

    /// Entries that stand in a bucket.
    public var count: Int { filedCount }

    /// Files `entry` so that it comes up at or after `deadlineMs`, or at the horizon when that is sooner.
    public mutating func file(_ entry: Int, deadlineMs: UInt64) {
        ensureRoom(entry)
        if entries[entry].bucket >= 0 { remove(entry) }
        let wanted = deadlineMs / Self.tickMs + 1
        let horizon = currentTick + UInt64(Self.bucketCount) - 1
        let tick = min(max(wanted, currentTick + 1), horizon)
        let bucket = Int(tick % UInt64(Self.bucketCount))
        let head = heads[bucket]
        entries[entry] = Entry(next: head, previous: -1, bucket: Int32(bucket))
        if head >= 0 { entries[Int(head)].previous = Int32(entry) }
        heads[bucket] = Int32(entry)
        occupied[bucket >> 6] |= 1 << UInt64(bucket & 63)
        filedCount += 1
    }

    /// Takes `entry` out; no-op when it stands nowhere.
    public mutating func remove(_ entry: Int) {
        guard entry < entries.count else { return }
        let old = entries[entry]
        guard old.bucket >= 0 else { return }
        if old.next >= 0 { entries[Int(old.next)].previous = old.previous }
        if old.previous >= 0 {
            entries[Int(old.previous)].next = old.next
        } else {
            let bucket = Int(old.bucket)
            heads[bucket] = old.next
            if old.next < 0 { occupied[bucket >> 6] &= ~(1 << UInt64(bucket & 63)) }
        }
        entries[entry].bucket = -1
        filedCount -= 1
    }

    /// Takes the next entry whose bucket has come by `nowMs`, or answers nil when none is left.
    public mutating func next(nowMs: UInt64) -> Int? {
        let target = nowMs / Self.tickMs
        if filedCount == 0 {
            currentTick = max(currentTick, target)
            return nil
        }
        while true {
            let head = heads[Int(currentTick % UInt64(Self.bucketCount))]
            if head >= 0 {
                remove(Int(head))
                return Int(head)
            }
            if currentTick >= target { return nil }
            currentTick = min(target, nextOccupiedTick(after: currentTick))
        }
    }

    /// Milliseconds from `nowMs` until the next bucket with an entry comes up; nil when there is none.
    public func delayMs(nowMs: UInt64) -> UInt64? {
        guard filedCount > 0 else { return nil }
        let tick =
            heads[Int(currentTick % UInt64(Self.bucketCount))] >= 0 ? currentTick : nextOccupiedTick(after: currentTick)
        let atMs = tick * Self.tickMs
        return atMs > nowMs ? atMs - nowMs : 0
    }

    private func nextOccupiedTick(after tick: UInt64) -> UInt64 {
        var distance: UInt64 = 1
        while distance < UInt64(Self.bucketCount) {
            let bucket = Int((tick + distance) % UInt64(Self.bucketCount))
            let word = occupied[bucket >> 6] >> UInt64(bucket & 63)
            if word != 0 { return tick + distance + UInt64(word.trailingZeroBitCount) }
            distance += UInt64(64 - (bucket & 63))
        }
        return tick + UInt64(Self.bucketCount)
    }

    private mutating func ensureRoom(_ entry: Int) {
        while entries.count <= entry { entries.append(Entry(next: -1, previous: -1, bucket: -1)) }
    }
}
