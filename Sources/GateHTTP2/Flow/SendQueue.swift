// Whose turn it is to send, by RFC 9218: every decision costs a few bit operations, however many streams there are.
//
// Open streams have an order number, given in order of identifiers and made dense again when numbers run out. For each
// urgency there are two sets of order numbers, as bits with one word above that says which words are not empty: streams
// that come one after the other, and incremental ones, which take turns from where the last turn was.

/// The open streams that have data and a window for it.
struct SendQueue: ~Copyable {
    /// Order numbers at most: a word of bits over words of bits.
    static let ordersMax = 4096
    private static let noSlot = UInt16.max
    private static let noLane = UInt8.max
    private static let lanes = 16

    /// Slots by order number.
    private var slots: UnsafeMutablePointer<UInt16>?
    /// The lane that an order number is in: twice the urgency, one more for incremental ones.
    private var laneOf: UnsafeMutablePointer<UInt8>?
    /// `capacity / 64` words for each lane.
    private var words: UnsafeMutablePointer<UInt64>?
    private var capacity = 0
    private var nextOrder = 0
    private var live = 0
    /// Which of a lane's words are not empty.
    private var summaries = InlineArray<16, UInt64>(repeating: 0)
    /// Which lanes are not empty.
    private var lanesReady: UInt16 = 0
    /// Where the next turn of an urgency's incremental streams begins.
    private var cursors = InlineArray<8, UInt16>(repeating: 0)
    /// Which of an urgency's two lanes had the last turn.
    private var lastWasIncremental = false

    init() {}

    deinit {
        slots?.deallocate()
        laneOf?.deallocate()
        words?.deallocate()
    }

    /// Bytes of memory held.
    var heldBytes: Int { capacity * 3 + Self.lanes * capacity / 8 }
    /// Whether any stream is ready.
    var isEmpty: Bool { lanesReady == 0 }

    /// Gives the stream of `slot`, the newest, an order number.
    mutating func open(_ slot: Int, in streams: inout StreamTable) {
        if live == 0 {
            nextOrder = 0
            cursors = InlineArray(repeating: 0)
        }
        if nextOrder == capacity { makeRoom(&streams) }
        unsafe slots![nextOrder] = UInt16(truncatingIfNeeded: slot)
        unsafe laneOf![nextOrder] = Self.noLane
        streams[slot].order = UInt16(truncatingIfNeeded: nextOrder)
        nextOrder &+= 1
        live &+= 1
    }

    /// Takes a closed stream's order number back.
    mutating func close(order: Int) {
        setReady(order, lane: nil)
        unsafe slots![order] = Self.noSlot
        live &-= 1
    }

    static func lane(urgency: UInt8, isIncremental: Bool) -> Int { Int(urgency) &* 2 &+ (isIncremental ? 1 : 0) }

    /// Puts an order number into a lane, or (nil) out of all.
    @inline(__always)
    mutating func setReady(_ order: Int, lane: Int?) {
        precondition(order < capacity)
        let old = unsafe laneOf![order]
        let new = lane.map { UInt8(truncatingIfNeeded: $0) } ?? Self.noLane
        if old == new { return }
        if old != Self.noLane { remove(order, Int(old)) }
        unsafe laneOf![order] = new
        if let lane { insert(order, lane) }
    }

    private mutating func insert(_ order: Int, _ lane: Int) {
        let word = order >> 6
        // Safe: `order` is below the capacity, so `word` is one of the lane's words.
        unsafe words![lane &* (capacity >> 6) &+ word] |= 1 &<< UInt64(order & 63)
        summaries[lane] |= 1 &<< UInt64(word)
        lanesReady |= 1 &<< UInt16(lane)
    }

    private mutating func remove(_ order: Int, _ lane: Int) {
        let word = order >> 6
        let at = lane &* (capacity >> 6) &+ word
        unsafe words![at] &= ~(1 &<< UInt64(order & 63))
        guard unsafe words![at] == 0 else { return }
        summaries[lane] &= ~(1 &<< UInt64(word))
        if summaries[lane] == 0 { lanesReady &= ~(1 &<< UInt16(lane)) }
    }

    /// The slot whose turn it is; nil when no stream is ready.
    mutating func next() -> Int? {
        guard lanesReady != 0 else { return nil }
        let urgency = lanesReady.trailingZeroBitCount >> 1
        let both = lanesReady >> UInt16(urgency &* 2) & 3
        // Those that come one after the other and those that share do so by turns, too.
        let isIncremental = both == 3 ? !lastWasIncremental : both == 2
        lastWasIncremental = isIncremental
        let lane = urgency &* 2 &+ (isIncremental ? 1 : 0)
        guard isIncremental else { return slot(first(lane, from: 0)) }
        let order = first(lane, from: Int(cursors[urgency]))
        cursors[urgency] = UInt16(truncatingIfNeeded: order &+ 1)
        return slot(order)
    }

    private func slot(_ order: Int) -> Int { Int(unsafe slots![order]) }

    /// The first order number of a lane that is not empty, from `start` on and then from 0.
    private func first(_ lane: Int, from start: Int) -> Int {
        let base = lane &* (capacity >> 6)
        var word = start >> 6
        if start < capacity {
            // Safe: words are looked at where the summary says that they are, and at `word`, below the capacity.
            let rest = unsafe words![base &+ word] & (UInt64.max &<< UInt64(start & 63))
            if rest != 0 { return word << 6 | rest.trailingZeroBitCount }
            let above = word == 63 ? 0 : summaries[lane] & (UInt64.max &<< UInt64(word &+ 1))
            if above != 0 {
                word = above.trailingZeroBitCount
                return word << 6 | (unsafe words![base &+ word]).trailingZeroBitCount
            }
        }
        word = summaries[lane].trailingZeroBitCount
        return word << 6 | (unsafe words![base &+ word]).trailingZeroBitCount
    }

    // MARK: Room

    /// Makes the order numbers dense, with twice the room when half of it is in use.
    private mutating func makeRoom(_ streams: inout StreamTable) {
        let wanted = live &* 2 >= capacity ? max(64, capacity * 2) : capacity
        precondition(wanted <= Self.ordersMax)
        let (oldSlots, oldLanes, oldWords) = (slots, laneOf, words)
        let (used, oldCursors) = (nextOrder, cursors)
        allocate(wanted)
        for order in 0..<used {
            // Safe: `used` order numbers were given, all below the old capacity.
            let slot = unsafe oldSlots![order]
            guard slot != Self.noSlot else { continue }
            unsafe slots![nextOrder] = slot
            streams[Int(slot)].order = UInt16(truncatingIfNeeded: nextOrder)
            let lane = unsafe oldLanes![order]
            unsafe laneOf![nextOrder] = lane
            if lane != Self.noLane { insert(nextOrder, Int(lane)) }
            nextOrder &+= 1
            // Turns go on where they were.
            for urgency in 0..<8 where Int(oldCursors[urgency]) > order {
                cursors[urgency] = UInt16(truncatingIfNeeded: nextOrder)
            }
        }
        oldSlots?.deallocate()
        oldLanes?.deallocate()
        oldWords?.deallocate()
    }

    private mutating func allocate(_ count: Int) {
        capacity = count
        slots = .allocate(capacity: count)
        slots!.initialize(repeating: Self.noSlot, count: count)
        laneOf = .allocate(capacity: count)
        laneOf!.initialize(repeating: Self.noLane, count: count)
        words = .allocate(capacity: Self.lanes * count / 64)
        words!.initialize(repeating: 0, count: Self.lanes * count / 64)
        summaries = InlineArray(repeating: 0)
        cursors = InlineArray(repeating: 0)
        lanesReady = 0
        nextOrder = 0
    }

    /// Frees everything, when no stream is open.
    mutating func shrink() {
        guard live == 0 else { return }
        slots?.deallocate()
        laneOf?.deallocate()
        words?.deallocate()
        (slots, laneOf, words) = (nil, nil, nil)
        capacity = 0
        nextOrder = 0
    }
}
