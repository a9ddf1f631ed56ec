// Requests of all workers that wait for a server of one upstream, since all of them are full. First come, first served.
//
// A request stays in line until it has a server or gives up. When a server has room the first that was not called yet is
// called: a message to its worker. It tries, and leaves the line or stays where it stands.

import GateEngine
import Synchronization

/// An upstream's line. Safe to use from any thread; the lock is taken by those who wait, and by those who end a request
/// while somebody does.
final class RequestQueue: Sendable {
    private struct Entry {
        let ticket: UInt64
        let mailbox: Mailbox<Worker>
        let number: Int
        let generation: UInt32
        var isCalled = false
    }

    private struct State {
        var entries: [Entry] = []
        var ticketsGiven: UInt64 = 0
    }

    private let state = Mutex(State())
    private let count = Atomic<Int>(0)

    /// Whether anybody waits; see `ServerGate` for the ordering.
    var isEmpty: Bool { count.load(ordering: .sequentiallyConsistent) == 0 }

    /// Joins the end of the line.
    /// - Returns: a ticket, never 0; nil when the line is as long as it may be.
    func join(_ exchange: Exchange, lengthMax: Int) -> UInt64? {
        state.withLock { state in
            guard state.entries.count < lengthMax else { return nil }
            state.ticketsGiven += 1
            state.entries.append(
                Entry(
                    ticket: state.ticketsGiven, mailbox: exchange.worker.mailbox, number: exchange.number,
                    generation: exchange.generation))
            count.add(1, ordering: .sequentiallyConsistent)
            return state.ticketsGiven
        }
    }

    /// Calls the first that was not called yet.
    func callNext() {
        let called: Entry? = state.withLock { state in
            guard let index = state.entries.firstIndex(where: { !$0.isCalled }) else { return nil }
            state.entries[index].isCalled = true
            return state.entries[index]
        }
        guard let called else { return }
        let (number, generation, ticket) = (called.number, called.generation, called.ticket)
        called.mailbox.post { $0.exchange(number, generation)?.turnCame(ticket) }
    }

    /// The call was in vain: whoever waits behind has no better chance, and the next call is for this one again.
    func stay(_ ticket: UInt64) {
        state.withLock { state in
            if let index = state.entries.firstIndex(where: { $0.ticket == ticket }) {
                state.entries[index].isCalled = false
            }
        }
    }

    /// Leaves the line, with a server or without. A call goes on to the next: there may be more room.
    func leave(_ ticket: UInt64) {
        let wasCalled = state.withLock { state in
            guard let index = state.entries.firstIndex(where: { $0.ticket == ticket }) else { return false }
            count.subtract(1, ordering: .sequentiallyConsistent)
            return state.entries.remove(at: index).isCalled
        }
        if wasCalled && !isEmpty { callNext() }
    }
}
