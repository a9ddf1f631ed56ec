// Frames that cost us something and the peer nothing are counted, and so are the resets. What a peer does for a reason
// earns it credit: each stream and each frame of data that we sent allow for some more.

/// The counts of one connection: resets in the current `HTTP2Limits.resetIntervalMs`, all else in the current
/// `floodIntervalMs`.
struct FloodGuard: BitwiseCopyable {
    /// What is counted, each against its own limit.
    enum Kind: Int {
        case reset, madeReset, settings, ping, priority, priorityUpdate, emptyFrame, windowUpdate, tinyFrame
        case unknownFrame, strayFrame
    }

    private var startMs: UInt64
    private var resetStartMs: UInt64
    /// When one of the intervals may be over.
    private var dueMs: UInt64 = 0
    private var counts = InlineArray<11, UInt32>(repeating: 0)
    private var streams: UInt32 = 0
    private var dataFrames: UInt32 = 0
    /// Half kibibytes of data.
    private var dataUnits: UInt32 = 0
    private var ourResets: UInt32 = 0

    init(startMs: UInt64 = 0) {
        self.startMs = startMs
        resetStartMs = startMs
    }

    /// Ends intervals whose time is over.
    @inline(__always)
    mutating func roll(_ nowMs: UInt64, _ limits: borrowing HTTP2Limits) {
        if nowMs >= dueMs { begin(nowMs, limits) }
    }

    private mutating func begin(_ nowMs: UInt64, _ limits: borrowing HTTP2Limits) {
        if nowMs &- startMs >= limits.floodIntervalMs {
            let before = self
            self = FloodGuard(startMs: nowMs)
            resetStartMs = before.resetStartMs
            counts[Kind.reset.rawValue] = before.counts[Kind.reset.rawValue]
            counts[Kind.madeReset.rawValue] = before.counts[Kind.madeReset.rawValue]
        }
        if nowMs &- resetStartMs >= limits.resetIntervalMs {
            resetStartMs = nowMs
            counts[Kind.reset.rawValue] = 0
            counts[Kind.madeReset.rawValue] = 0
        }
        dueMs = min(startMs &+ limits.floodIntervalMs, resetStartMs &+ limits.resetIntervalMs)
    }

    /// A stream was opened.
    @inline(__always)
    mutating func streamOpened() { streams &+= 1 }

    /// A frame of data of ours left, and not because a tiny window cut it.
    @inline(__always)
    mutating func dataSent(_ bytes: Int) {
        dataFrames &+= 1
        dataUnits &+= UInt32(truncatingIfNeeded: bytes >> 9)
    }

    /// We reset a stream, so that what was under way for it will come and mean nothing.
    mutating func resetSent() { ourResets &+= 1 }

    /// Counts one; the answer is the reason to end the connection, when it was one too many.
    mutating func count(_ kind: Kind, _ limits: borrowing HTTP2Limits) -> HTTP2Failure? {
        counts[kind.rawValue] &+= 1
        return Int(counts[kind.rawValue]) > limit(kind, limits) ? Self.failure(kind) : nil
    }

    private func limit(_ kind: Kind, _ limits: borrowing HTTP2Limits) -> Int {
        switch kind {
        // One budget for both kinds: what the other one used is gone.
        case .reset: limits.resets - Int(counts[Kind.madeReset.rawValue])
        case .madeReset: limits.resets - Int(counts[Kind.reset.rawValue])
        case .settings: limits.settings
        case .ping: limits.pings + Int(dataFrames)
        case .priority: limits.priorities + 4 * Int(streams)
        case .priorityUpdate: limits.priorityUpdates + 4 * Int(streams)
        case .emptyFrame: limits.emptyFrames
        // There are clients that give back what they read four kibibytes at a time, and twice.
        case .windowUpdate: limits.windowUpdates + 4 * Int(streams) + 4 * Int(dataFrames) + Int(dataUnits)
        case .tinyFrame: limits.tinyFrames
        case .unknownFrame: limits.unknownFrames + 4 * Int(streams)
        // Credit for what was read of a stream that has ended meanwhile, and all that is under way when we reset one.
        case .strayFrame: limits.strayFrames + 4 * Int(streams) + 100 * Int(ourResets)
        }
    }

    private static func failure(_ kind: Kind) -> HTTP2Failure {
        switch kind {
        case .reset: .rapidReset
        case .madeReset: .madeUsReset
        case .settings: .settingsFlood
        case .ping: .pingFlood
        case .priority: .priorityFlood
        case .priorityUpdate: .priorityUpdateFlood
        case .emptyFrame: .emptyFrameFlood
        case .windowUpdate: .windowUpdateFlood
        case .tinyFrame: .tinyWindows
        case .unknownFrame: .unknownFrameFlood
        case .strayFrame: .strayFrameFlood
        }
    }
}
