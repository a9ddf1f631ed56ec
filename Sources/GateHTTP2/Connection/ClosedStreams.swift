// What the peer may still say of a stream depends on how it ended (RFC 9113 §5.1). Each of the last streams is
// remembered by its identifier and two bits.

/// How the last streams ended.
struct ClosedStreams: ~Copyable {
    enum Ending: UInt32 {
        /// The peer had ended its side: nothing may come.
        case ended = 0
        /// The peer reset it: nothing may come.
        case peerReset = 1
        /// We reset it while the peer was speaking: what comes is thrown away.
        case weReset = 2
        /// It was so long ago that nobody knows, and we may have reset it.
        case forgotten = 3
    }

    /// Streams remembered at most.
    static let capacityMax = 128

    /// Half of the identifier, whose lowest bit is always 1, and the ending below it.
    private var ring: UnsafeMutablePointer<UInt32>?
    /// Grows until `capacityMax`, and is no ring before.
    private var capacity = 0
    private var written = 0
    /// Of the streams that are not remembered any more, the highest one that we reset.
    private var forgottenResetMax: UInt32 = 0

    init() {}

    deinit { ring?.deallocate() }

    /// Bytes of memory held.
    var heldBytes: Int { capacity * MemoryLayout<UInt32>.stride }

    mutating func remember(_ id: UInt32, _ ending: Ending) {
        if written == capacity && capacity < Self.capacityMax { grow() }
        let at = written % capacity
        // Safe: `at` is below the capacity; what was not written is not read.
        if written >= capacity { forget(unsafe ring![at]) }
        unsafe (ring! + at).initialize(to: (id >> 1) << 2 | ending.rawValue)
        written &+= 1
    }

    private mutating func forget(_ entry: UInt32) {
        if entry & 3 == Ending.weReset.rawValue { forgottenResetMax = max(forgottenResetMax, Self.id(entry)) }
    }

    /// How a stream ended that is neither open nor idle; nil: nobody ever opened it, or it was over long ago and the peer
    /// knows it.
    func ending(of id: UInt32) -> Ending? {
        for age in 0..<min(written, capacity) {
            let entry = unsafe ring![(written &- 1 &- age) % capacity]
            if Self.id(entry) == id { return Ending(rawValue: entry & 3) }
        }
        return id <= forgottenResetMax ? .forgotten : nil
    }

    private mutating func grow() {
        let wanted = max(16, capacity * 2)
        let grown = UnsafeMutablePointer<UInt32>.allocate(capacity: wanted)
        if let ring {
            // Safe: as many were written, and the new storage is larger.
            unsafe grown.update(from: ring, count: written)
            ring.deallocate()
        }
        ring = grown
        capacity = wanted
    }

    private static func id(_ entry: UInt32) -> UInt32 { (entry >> 2) << 1 | 1 }

    /// Forgets all, and frees the memory.
    mutating func shrink() {
        // Safe: as many were written.
        for at in 0..<min(written, capacity) { forget(unsafe ring![at]) }
        ring?.deallocate()
        ring = nil
        capacity = 0
        written = 0
    }
}
