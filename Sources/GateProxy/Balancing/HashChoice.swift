// Consistent hashing with bounded loads (Mirrokni, Thorup, Zadimoghaddam 2016): a key's server takes its requests unless
// it has too many; then, and when it is out of service, the key's next choice does.

/// One look for a key's server.
struct HashChoice<Servers: Candidates> {
    /// Looks into the table before all servers are looked at.
    private static var probesMax: Int { 16 }
    /// A server with fewer requests under way than this is never said to have too many: with little to do, keys stay.
    private static var freeRequests: Int { 4 }

    private let candidates: Servers
    private let key: UInt64
    private let loadMaxPercent: Int

    init(_ candidates: Servers, key: UInt64, loadMaxPercent: Int) {
        self.candidates = candidates
        self.key = key
        self.loadMaxPercent = loadMaxPercent
    }

    func find(in table: MaglevTable) -> Int? {
        let own = table.server(key, attempt: 0)
        if isFit(own), loadMaxPercent == 0 || candidates.active(own) < Self.freeRequests { return own }
        let bound = loadMaxPercent == 0 ? nil : Bound(candidates, loadMaxPercent)
        for attempt in 0..<Self.probesMax {
            let index = table.server(key, attempt: attempt)
            if isFit(index), isWithin(bound, index) { return index }
        }
        return highest(within: bound) ?? highest(within: nil)
    }

    /// A server that warms up takes its keys over one by one, each for good.
    private func isFit(_ index: Int) -> Bool {
        guard candidates.mayTake(index) else { return false }
        let (weight, full) = (candidates.weight(index), candidates.fullWeight(index))
        return weight == full || RandomSource.scale(RandomSource.mix(key ^ 0x51_0e52), below: full) < weight
    }

    private func isWithin(_ bound: Bound?, _ index: Int) -> Bool {
        guard let bound else { return true }
        return candidates.active(index) < max(bound.requests(weight: candidates.fullWeight(index)), Self.freeRequests)
    }

    /// Rendezvous hashing over all: the key's own order of servers.
    private func highest(within bound: Bound?) -> Int? {
        var chosen: (index: Int, rank: UInt64)?
        for index in 0..<candidates.count where candidates.mayTake(index) && isWithin(bound, index) {
            let rank = RandomSource.mix(key ^ RandomSource.mix(UInt64(index) &+ 1))
            if chosen.map({ rank > $0.rank }) ?? true { chosen = (index, rank) }
        }
        return chosen?.index
    }

    /// What the servers in service may have under way, by weight.
    private struct Bound {
        private var active = 1
        private var weight = 0
        private let percent: Int

        init(_ candidates: Servers, _ percent: Int) {
            self.percent = percent
            for index in 0..<candidates.count where candidates.mayTake(index) {
                active += candidates.active(index)
                weight += candidates.fullWeight(index)
            }
        }

        /// Rounded up.
        func requests(weight own: Int) -> Int {
            let divisor = max(weight, 1) * 100
            return (active * own * percent + divisor - 1) / divisor
        }
    }
}
