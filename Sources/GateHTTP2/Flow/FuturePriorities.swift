/// Priorities of streams that are not open yet. RFC 9218 §7.1 lets PRIORITY_UPDATE come first; the last eight are kept.
struct FuturePriorities: BitwiseCopyable {
    /// Identifier in the upper half, urgency and a bit for incremental in the lower; 0 is empty.
    private var entries = InlineArray<8, UInt64>(repeating: 0)
    private var written = 0

    mutating func set(_ id: UInt32, _ priority: HTTP2Priority) {
        let entry = UInt64(id) << 32 | UInt64(priority.urgency) << 1 | (priority.isIncremental ? 1 : 0)
        for at in 0..<8 where entries[at] >> 32 == UInt64(id) {
            entries[at] = entry
            return
        }
        entries[written & 7] = entry
        written &+= 1
    }

    /// What was said for the stream, and forgets it.
    mutating func take(_ id: UInt32) -> HTTP2Priority? {
        if written == 0 { return nil }
        for at in 0..<8 where entries[at] >> 32 == UInt64(id) {
            let entry = entries[at]
            entries[at] = 0
            return HTTP2Priority(urgency: UInt8(entry >> 1 & 7), isIncremental: entry & 1 == 1)
        }
        return nil
    }
}
