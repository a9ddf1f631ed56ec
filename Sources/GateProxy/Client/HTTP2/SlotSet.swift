// Which of a connection's streams have something to do, so that nobody looks at the others.

/// A set of slots, 0...65,535. Taking one out costs the same however many slots there are; storage is made when the first
/// one is put in, a bit and a little for each slot.
struct SlotSet {
    /// A bit for each slot.
    private var words: ContiguousArray<UInt64> = []
    /// A bit for each word that is not empty.
    private var groups: ContiguousArray<UInt64> = []

    /// Whether no slot is in it.
    var isEmpty: Bool {
        for group in groups where group != 0 { return false }
        return true
    }

    /// Puts a slot in, if it is not in it.
    mutating func insert(_ slot: Int) {
        precondition(slot >= 0 && slot <= Int(UInt16.max))
        let word = slot >> 6
        while words.count <= word { words.append(0) }
        while groups.count <= word >> 6 { groups.append(0) }
        words[word] |= 1 &<< UInt64(slot & 63)
        groups[word >> 6] |= 1 &<< UInt64(word & 63)
    }

    /// Takes the first slot out that is not below `start`; nil when there is none.
    mutating func take(from start: Int) -> Int? {
        guard let slot = first(from: start) else { return nil }
        let word = slot >> 6
        words[word] &= ~(1 &<< UInt64(slot & 63))
        if words[word] == 0 { groups[word >> 6] &= ~(1 &<< UInt64(word & 63)) }
        return slot
    }

    private func first(from start: Int) -> Int? {
        let word = start >> 6
        guard word < words.count else { return nil }
        let rest = words[word] & (UInt64.max &<< UInt64(start & 63))
        if rest != 0 { return word << 6 | rest.trailingZeroBitCount }
        return firstWord(from: word + 1).map { $0 << 6 | words[$0].trailingZeroBitCount }
    }

    private func firstWord(from start: Int) -> Int? {
        var group = start >> 6
        guard group < groups.count else { return nil }
        var rest = groups[group] & (UInt64.max &<< UInt64(start & 63))
        while rest == 0 {
            group += 1
            guard group < groups.count else { return nil }
            rest = groups[group]
        }
        return group << 6 | rest.trailingZeroBitCount
    }

    /// Gives the storage back, if no slot is in it.
    mutating func shrink() { if isEmpty { self = SlotSet() } }
}
