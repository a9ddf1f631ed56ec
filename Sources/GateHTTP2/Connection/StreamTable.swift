/// Stream records by slot. Nothing is allocated before the first stream; slots are used again.
struct StreamTable: ~Copyable {
    private var base: UnsafeMutablePointer<StreamRecord>?
    private var capacity = 0
    private var firstFree = -1
    /// Slots taken.
    private(set) var held = 0

    init() {}

    deinit { base?.deallocate() }

    /// One more than the highest slot that was ever taken, for loops.
    var slots: Int { capacity }
    /// Bytes of memory held.
    var heldBytes: Int { capacity * MemoryLayout<StreamRecord>.stride }

    subscript(slot: Int) -> StreamRecord {
        @inline(__always)
        unsafeAddress {
            precondition(slot >= 0 && slot < capacity)
            return unsafe UnsafePointer(base! + slot)
        }
        @inline(__always)
        unsafeMutableAddress {
            precondition(slot >= 0 && slot < capacity)
            return unsafe base! + slot
        }
    }

    /// A slot with a fresh record.
    mutating func take() -> Int {
        if firstFree < 0 { grow() }
        let slot = firstFree
        firstFree = self[slot].nextFree
        self[slot] = StreamRecord()
        self[slot].flags = .isTaken
        held &+= 1
        return slot
    }

    mutating func give(_ slot: Int) {
        precondition(self[slot].flags.contains(.isTaken))
        self[slot] = StreamRecord()
        self[slot].nextFree = firstFree
        firstFree = slot
        held &-= 1
    }

    private mutating func grow() {
        let wanted = max(4, capacity * 2)
        let records = UnsafeMutablePointer<StreamRecord>.allocate(capacity: wanted)
        if let base {
            unsafe records.update(from: base, count: capacity)
            base.deallocate()
        }
        // The lowest slots are taken first.
        for slot in (capacity..<wanted).reversed() {
            unsafe (records + slot).initialize(to: StreamRecord(nextFree: firstFree))
            firstFree = slot
        }
        base = records
        capacity = wanted
    }

    /// Frees everything, when no slot is taken.
    mutating func shrink() {
        guard held == 0 else { return }
        base?.deallocate()
        base = nil
        capacity = 0
        firstFree = -1
    }
}
