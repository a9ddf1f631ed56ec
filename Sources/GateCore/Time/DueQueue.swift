// Things to do at a time, the earliest first. For what has no socket whose deadline could be moved.

/// A binary heap by time in milliseconds. Not thread safe.
public struct DueQueue<Element> {
    private var entries: ContiguousArray<(dueMs: UInt64, element: Element)> = []

    public init() {}

    @inlinable public var isEmpty: Bool { nextMs == .max }
    public var count: Int { entries.count }

    /// When the first is due; `UInt64.max` when there is none.
    public private(set) var nextMs = UInt64.max

    /// Adds an element. O(log n).
    public mutating func add(_ element: Element, dueMs: UInt64) {
        entries.append((dueMs, element))
        var at = entries.count - 1
        while at > 0, entries[(at - 1) / 2].dueMs > entries[at].dueMs {
            entries.swapAt(at, (at - 1) / 2)
            at = (at - 1) / 2
        }
        nextMs = entries[0].dueMs
    }

    /// The first element, if it is due. O(log n).
    public mutating func next(nowMs: UInt64) -> Element? {
        guard nextMs <= nowMs, let last = entries.popLast() else { return nil }
        guard !entries.isEmpty else {
            nextMs = .max
            return last.element
        }
        let first = entries[0]
        entries[0] = last
        sink()
        nextMs = entries[0].dueMs
        return first.element
    }

    private mutating func sink() {
        var at = 0
        while true {
            var least = at
            let (left, right) = (2 * at + 1, 2 * at + 2)
            if left < entries.count, entries[left].dueMs < entries[least].dueMs { least = left }
            if right < entries.count, entries[right].dueMs < entries[least].dueMs { least = right }
            if least == at { return }
            entries.swapAt(at, least)
            at = least
        }
    }

    /// How long a loop may wait for the first, in milliseconds; -1 when there is none.
    public func waitMs(nowMs: UInt64) -> Int32 {
        if nextMs == .max { return -1 }
        return nextMs <= nowMs ? 0 : Int32(clamping: nextMs - nowMs)
    }
}
