/// Open streams' slots by identifier: open addressing with a multiplier that no peer knows, so that no choice of
/// identifiers makes look-ups slow.
struct StreamIDMap: ~Copyable {
    /// Odd and random, for each process.
    private static let multiplier = UInt32.random(in: 0...UInt32.max) | 1

    /// Identifier in the upper half, slot in the lower; 0 is empty.
    private var entries: UnsafeMutablePointer<UInt64>?
    private var capacity = 0
    private var shift: UInt32 = 0
    private let multiplier = StreamIDMap.multiplier
    private var count = 0
    /// What was looked up last: frames of a stream come in rows.
    private var lastID: UInt32 = 0
    private var lastSlot = -1

    init() {}

    deinit { entries?.deallocate() }

    /// Bytes of memory held.
    var heldBytes: Int { capacity * MemoryLayout<UInt64>.stride }

    /// The slot of an open stream, or -1.
    @inline(__always)
    mutating func slot(of id: UInt32) -> Int {
        if id == lastID { return lastSlot }
        return search(id)
    }

    private mutating func search(_ id: UInt32) -> Int {
        guard count > 0 else { return -1 }
        let at = place(of: id)
        guard unsafe entries![at] != 0 else { return -1 }
        lastID = id
        lastSlot = Int(truncatingIfNeeded: unsafe entries![at] & 0xFFFF_FFFF)
        return lastSlot
    }

    /// Where the identifier is, or where it would go.
    private func place(of id: UInt32) -> Int {
        var at = home(of: id)
        // Safe: `at` stays below the capacity, and at least half of the entries are empty.
        while unsafe entries![at] != 0 && entries![at] >> 32 != UInt64(id) { at = (at &+ 1) & (capacity &- 1) }
        return at
    }

    private func home(of id: UInt32) -> Int { Int((id &* multiplier) >> shift) }

    mutating func insert(_ id: UInt32, slot: Int) {
        precondition(id != 0)
        if count * 2 >= capacity { grow() }
        unsafe entries![place(of: id)] = UInt64(id) << 32 | UInt64(slot)
        count &+= 1
        lastID = id
        lastSlot = slot
    }

    mutating func remove(_ id: UInt32) {
        guard count > 0 else { return }
        var hole = place(of: id)
        guard unsafe entries![hole] != 0 else { return }
        if id == lastID {
            lastID = 0
            lastSlot = -1
        }
        count &-= 1
        // What stands behind moves up, unless it would come before its home.
        var at = hole
        while true {
            at = (at &+ 1) & (capacity &- 1)
            let entry = unsafe entries![at]
            if entry == 0 { break }
            let home = home(of: UInt32(truncatingIfNeeded: entry >> 32))
            if (at &- home) & (capacity &- 1) >= (at &- hole) & (capacity &- 1) {
                unsafe entries![hole] = entry
                hole = at
            }
        }
        unsafe entries![hole] = 0
    }

    private mutating func grow() {
        let old = entries
        let oldCapacity = capacity
        capacity = max(8, capacity * 2)
        shift = UInt32(32 - capacity.trailingZeroBitCount)
        let grown = UnsafeMutablePointer<UInt64>.allocate(capacity: capacity)
        grown.initialize(repeating: 0, count: capacity)
        entries = grown
        for at in 0..<oldCapacity {
            // Safe: the old entries are whole, and the new ones are twice as many.
            let entry = unsafe old![at]
            if entry != 0 { unsafe grown[place(of: UInt32(truncatingIfNeeded: entry >> 32))] = entry }
        }
        old?.deallocate()
    }

    /// Frees everything, when no stream is open.
    mutating func shrink() {
        guard count == 0 else { return }
        entries?.deallocate()
        entries = nil
        capacity = 0
        lastID = 0
        lastSlot = -1
    }
}
