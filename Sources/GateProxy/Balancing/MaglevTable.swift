// Consistent hashing by a table, as Maglev does it (Eisenbud et al. 2016, §3.4): shares follow the weights closely, a
// look-up is one access, and when one of N servers goes, little more than its own keys move.

import GateCore

/// A table from hashes to servers.
struct MaglevTable {
    private let slots: [UInt16]

    /// Names tell servers apart: the same names and weights make the same table on every worker, host and day.
    /// - Precondition: 1...65,535 servers, all weights positive.
    init(names: [String], weights: [Int]) {
        precondition((1...Int(UInt16.max)).contains(names.count))
        let size = Self.size(names.count)
        var walks = names.map { Walk($0, size: size) }
        let heaviest = Double(weights.max()!)
        let shares = weights.map { Double($0) / heaviest }
        var credits = [Double](repeating: 0, count: names.count)
        var slots = [UInt16](repeating: UInt16.max, count: size)
        var left = size
        while left > 0 {
            for index in walks.indices where left > 0 {
                credits[index] += shares[index]
                guard credits[index] >= 1 else { continue }
                credits[index] -= 1
                var slot = walks[index].next()
                while slots[slot] != UInt16.max { slot = walks[index].next() }
                slots[slot] = UInt16(index)
                left -= 1
            }
        }
        self.slots = slots
    }

    /// The server for a hash; `attempt` counts those that could not take the request.
    func server(_ hash: UInt64, attempt: Int) -> Int {
        let mixed = attempt == 0 ? hash : RandomSource.mix(hash &+ UInt64(attempt) &* 0x9E37_79B9_7F4A_7C15)
        return Int(slots[RandomSource.scale(mixed, below: slots.count)])
    }

    /// A prime, at least about a hundred for each server.
    private static func size(_ count: Int) -> Int {
        switch count {
        case ...160: 16_381
        case ...655: 65_537
        default: 655_373
        }
    }

    /// One server's preferences: every slot once.
    private struct Walk {
        private var at: Int
        private let step: Int
        private let size: Int

        init(_ name: String, size: Int) {
            let bytes = Array(name.utf8)
            let (first, second) = MaglevTable.names.wideHash(bytes.span)
            self.size = size
            at = Int(first % UInt64(size))
            step = Int(second % UInt64(size - 1)) + 1
        }

        mutating func next() -> Int {
            defer { at = (at + step) % size }
            return at
        }
    }

    /// Fixed, so that all agree.
    private static let names = SipHash(0x6761_7465_686f_7573, 0x6d61_676c_6576_2e31)
}
