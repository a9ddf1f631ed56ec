// Where a worker's handshakes queue. Cryptography costs more than all the rest of a connection, so it is done in turns
// between which established connections have theirs, and a flood of handshakes slows handshakes down, nothing else.

import GateCore
import GateEngine

/// A worker's handshakes: whose turn it is, and how many there may be. Not thread safe.
final class HandshakeDesk {
    /// Nanoseconds of handshakes in one round of the loop; the last one begun is finished.
    private static let turnNs: UInt64 = 1_000_000
    /// The connections that are asked to make room before the newcomer is refused.
    private static let looksMax = 16

    /// Those that have something to do, in the order in which they had it.
    private var line: ContiguousArray<ClientArrival> = []
    private var nextInLine = 0
    /// Nobody is in line. By itself, since every round looks at it.
    private var isIdle = true
    /// All that are under way, the oldest first.
    private var all = ArrivalList()
    var complaints: HandshakeComplaints

    init(_ reporter: any Reporter) { complaints = HandshakeComplaints(reporter) }

    /// Handshakes under way.
    var count: Int { all.count }

    /// Counts a handshake in. At `limit` the oldest that waits for its client makes room; false when there is none.
    func admit(_ arrival: ClientArrival, limit: Int) -> Bool {
        if all.count >= limit {
            guard let idle = all.first(looking: Self.looksMax, where: { !$0.isInLine }) else { return false }
            idle.end(.crowdedOut)
        }
        all.append(arrival)
        return true
    }

    /// Counts a handshake out.
    func leave(_ arrival: ClientArrival) { all.remove(arrival) }

    /// The connection has something for its handshake.
    func enqueue(_ arrival: ClientArrival) {
        guard !arrival.isInLine else { return }
        arrival.isInLine = true
        isIdle = false
        line.append(arrival)
    }

    /// Gives those in line their turns, for a bounded time. True when there are more.
    @inline(__always)
    func work() -> Bool { isIdle ? false : giveTurns() }

    private func giveTurns() -> Bool {
        let endNs = Clock.monotonicNs() + Self.turnNs
        repeat {
            let arrival = line[nextInLine]
            nextInLine += 1
            arrival.isInLine = false
            arrival.step()
        } while nextInLine < line.count && Clock.monotonicNs() < endNs
        tidy()
        isIdle = nextInLine == line.count
        return !isIdle
    }

    /// What is done with goes once it is most of the array.
    private func tidy() {
        if nextInLine == line.count {
            line.removeAll(keepingCapacity: line.count < 1024)
            nextInLine = 0
        } else if nextInLine > 64 && nextInLine > line.count / 2 {
            line.removeSubrange(0..<nextInLine)
            nextInLine = 0
        }
    }

    /// Lets go of everybody.
    func discard() {
        line = []
        nextInLine = 0
        isIdle = true
        all = ArrivalList()
    }
}

/// Connections in the order in which they came. The loop's slots keep them alive; each leaves before it closes.
private struct ArrivalList {
    private(set) var count = 0
    private var head: Unmanaged<ClientArrival>?
    private var tail: Unmanaged<ClientArrival>?

    mutating func append(_ arrival: ClientArrival) {
        let link = Unmanaged.passUnretained(arrival)
        arrival.older = tail
        arrival.younger = nil
        if let tail { tail.takeUnretainedValue().younger = link } else { head = link }
        tail = link
        arrival.isListed = true
        count += 1
    }

    mutating func remove(_ arrival: ClientArrival) {
        guard arrival.isListed else { return }
        arrival.isListed = false
        if let older = arrival.older {
            older.takeUnretainedValue().younger = arrival.younger
        } else {
            head = arrival.younger
        }
        if let younger = arrival.younger {
            younger.takeUnretainedValue().older = arrival.older
        } else {
            tail = arrival.older
        }
        arrival.older = nil
        arrival.younger = nil
        count -= 1
    }

    /// The oldest that fits among the first few.
    func first(looking looksMax: Int, where condition: (ClientArrival) -> Bool) -> ClientArrival? {
        var next = head
        var looks = looksMax
        while let link = next, looks > 0 {
            let arrival = link.takeUnretainedValue()
            if condition(arrival) { return arrival }
            next = arrival.younger
            looks -= 1
        }
        return nil
    }
}
