// When the requests of one worker give up waiting in line.

/// Requests in line with the time at which each gives up. Not thread safe.
struct WaitingList {
    private struct Entry {
        let ticket: UInt64
        let number: Int
        let generation: UInt32
        let dueMs: UInt64
    }

    private var entries: [Entry] = []
    private var nextDueMs = UInt64.max

    var isEmpty: Bool { entries.isEmpty }
    var count: Int { entries.count }

    mutating func add(_ exchange: Exchange, ticket: UInt64, dueMs: UInt64) {
        entries.append(
            Entry(ticket: ticket, number: exchange.number, generation: exchange.generation, dueMs: dueMs))
        nextDueMs = min(nextDueMs, dueMs)
    }

    mutating func remove(_ exchange: Exchange) {
        guard let index = entries.firstIndex(where: { $0.number == exchange.number }) else { return }
        entries.remove(at: index)
        if entries.isEmpty { nextDueMs = .max }
    }

    /// Milliseconds until somebody gives up; 0 when it is time.
    func delayMs(_ nowMs: UInt64) -> Int32 { nextDueMs <= nowMs ? 0 : Int32(clamping: nextDueMs - nowMs) }

    /// The numbers of the exchanges whose time is up. They stay in the list until they are removed.
    mutating func due(_ nowMs: UInt64) -> [(number: Int, generation: UInt32)] {
        nextDueMs = entries.lazy.map(\.dueMs).filter { $0 > nowMs }.min() ?? .max
        return entries.filter { $0.dueMs <= nowMs }.map { ($0.number, $0.generation) }
    }
}
