// An array of small plain records that is filled and emptied once per message and keeps its room.

/// Plain records with one owner. Indexing is checked.
public struct RecordBuffer<Record: BitwiseCopyable>: ~Copyable {
    @usableFromInline var base: UnsafeMutablePointer<Record>
    @usableFromInline var capacity: Int
    @usableFromInline var held: Int

    /// Records held.
    @inlinable public var count: Int { held }

    public init(capacity: Int) {
        precondition(capacity > 0)
        self.capacity = capacity
        base = .allocate(capacity: capacity)
        held = 0
    }

    deinit { base.deallocate() }

    @inlinable
    public subscript(index: Int) -> Record {
        get {
            precondition(index >= 0 && index < count)
            return unsafe base[index]
        }
        set {
            precondition(index >= 0 && index < count)
            unsafe base[index] = newValue
        }
    }

    @inlinable
    public mutating func append(_ record: Record) {
        if count == capacity { grow() }
        unsafe (base + count).initialize(to: record)
        held &+= 1
    }

    @inlinable
    public mutating func removeAll() { held = 0 }

    @usableFromInline
    mutating func grow() {
        let wanted = capacity * 2
        let records = UnsafeMutablePointer<Record>.allocate(capacity: wanted)
        records.update(from: base, count: count)
        base.deallocate()
        base = records
        capacity = wanted
    }
}
