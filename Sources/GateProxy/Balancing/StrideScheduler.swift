// Smooth weighted round robin in O(log n): stride scheduling (Waldspurger 1995). Each server stands on a line at the
// time of its next turn; a turn moves it on by the inverse of its weight.

/// Whose turn it is.
struct StrideScheduler {
    private struct Entry {
        var pass: UInt64
        var index: Int32
    }

    /// A heap: the first has the next turn.
    private var heap: [Entry]
    private var passedOver: [Entry] = []
    /// Times are moved back before they overflow.
    private static let passMax = UInt64(1) << 62

    /// Begins at another place for another `phase`, so that workers do not all begin with the same server.
    init(_ weights: [Int], phase: Int) {
        heap = weights.indices.map { index in
            // Steps of the golden ratio spread the first turns evenly.
            let fraction = UInt64(truncatingIfNeeded: index &+ phase) &* 0x9E37_79B9 & 0xFFFF_FFFF
            return Entry(pass: Self.step(weights[index]) >> 16 * fraction >> 16, index: Int32(index))
        }
        passedOver.reserveCapacity(weights.count)
        for at in heap.indices.reversed() { siftDown(at) }
    }

    private static func step(_ weight: Int) -> UInt64 { (1 << 40) / UInt64(max(weight, 1)) }

    /// The first in turn of those that may take the request; the others lose theirs.
    mutating func next(_ candidates: some Candidates) -> Int? {
        var chosen: Entry?
        while let top = heap.first {
            guard candidates.mayTake(Int(top.index)) else {
                passedOver.append(removeFirst())
                continue
            }
            chosen = top
            heap[0].pass += Self.step(candidates.weight(Int(top.index)))
            siftDown(0)
            break
        }
        if !passedOver.isEmpty { putBack(after: chosen?.pass, candidates) }
        guard let chosen else { return nil }
        if chosen.pass > Self.passMax { rebase() }
        return Int(chosen.index)
    }

    /// Without a choice nobody lost a turn.
    private mutating func putBack(after pass: UInt64?, _ candidates: some Candidates) {
        for entry in passedOver {
            let step = Self.step(candidates.weight(Int(entry.index)))
            insert(Entry(pass: pass.map { $0 + step } ?? entry.pass, index: entry.index))
        }
        passedOver.removeAll(keepingCapacity: true)
    }

    private mutating func rebase() {
        let first = heap[0].pass
        for at in heap.indices { heap[at].pass -= first }
    }

    // MARK: The heap

    private func isBefore(_ a: Entry, _ b: Entry) -> Bool {
        a.pass < b.pass || a.pass == b.pass && a.index < b.index
    }

    private mutating func removeFirst() -> Entry {
        let first = heap[0]
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            siftDown(0)
        }
        return first
    }

    private mutating func insert(_ entry: Entry) {
        heap.append(entry)
        var at = heap.count - 1
        while at > 0, isBefore(heap[at], heap[(at - 1) / 2]) {
            heap.swapAt(at, (at - 1) / 2)
            at = (at - 1) / 2
        }
    }

    private mutating func siftDown(_ start: Int) {
        var at = start
        while true {
            let left = 2 * at + 1
            var least = at
            if left < heap.count && isBefore(heap[left], heap[least]) { least = left }
            if left + 1 < heap.count && isBefore(heap[left + 1], heap[least]) { least = left + 1 }
            if least == at { return }
            heap.swapAt(at, least)
            at = least
        }
    }
}
