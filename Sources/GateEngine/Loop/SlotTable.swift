/// Slots in chunks of 256; a free slot keeps its generation, so that an event meant for its last owner is told apart.
struct SlotTable: ~Copyable {
    static let chunkSlots = 256
    private var chunks: ContiguousArray<UnsafeMutablePointer<Slot>> = []
    private var free: ContiguousArray<Int32> = []
    private(set) var usedCount = 0

    deinit {
        for chunk in chunks {
            chunk.deinitialize(count: Self.chunkSlots)
            chunk.deallocate()
        }
    }

    /// Slots there are, the free ones among them.
    var count: Int { chunks.count * Self.chunkSlots }

    subscript(index: Int) -> UnsafeMutablePointer<Slot> {
        // Safe: the array checks the chunk, the mask bounds the slot.
        unsafe chunks[index >> 8] + (index & 255)
    }

    mutating func take(for loop: EventLoop) -> UnsafeMutablePointer<Slot> {
        if free.isEmpty { addChunk(loop) }
        usedCount += 1
        return self[Int(free.removeLast())]
    }

    mutating func giveBack(_ slot: UnsafeMutablePointer<Slot>) {
        slot.pointee.generation &+= 1
        slot.pointee.descriptor = -1
        slot.pointee.readiness = []
        slot.pointee.deadlineMs = Slot.never
        slot.pointee.handler = nil
        usedCount -= 1
        free.append(slot.pointee.index)
    }

    private mutating func addChunk(_ loop: EventLoop) {
        let first = chunks.count * Self.chunkSlots
        let chunk = UnsafeMutablePointer<Slot>.allocate(capacity: Self.chunkSlots)
        for i in 0..<Self.chunkSlots {
            (chunk + i).initialize(to: Slot(index: Int32(first + i), loop: loop))
        }
        chunks.append(chunk)
        free.reserveCapacity((chunks.count) * Self.chunkSlots)
        for i in (0..<Self.chunkSlots).reversed() { free.append(Int32(first + i)) }
    }
}
