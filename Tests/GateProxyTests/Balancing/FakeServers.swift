import Testing

@testable import GateProxy

/// Servers without connections, for the methods of balancing.
struct FakeServers: Candidates {
    struct Server {
        var weight = 1
        var isFit = true
        /// Of 256: less while it warms up.
        var warmth = 256
        var active = 0
        var cost = 0.0
    }

    var list: [Server]

    init(weights: [Int]) { list = weights.map { Server(weight: $0) } }

    init(count: Int) { self.init(weights: Array(repeating: 1, count: count)) }

    var count: Int { list.count }
    var weights: [Int] { list.map(\.weight) }
    func mayTake(_ index: Int) -> Bool { list[index].isFit }
    func weight(_ index: Int) -> Int { list[index].weight * list[index].warmth }
    func fullWeight(_ index: Int) -> Int { list[index].weight * Weight.one }
    func active(_ index: Int) -> Int { list[index].active }
    func cost(_ index: Int) -> Double { list[index].cost }

    func balancer(_ plan: BalancePlan, isSteady: Bool = true, phase: Int = 0) -> Balancer {
        Balancer(plan, names: Self.names(count), weights: weights, isSteady: isSteady, phase: phase)
    }

    static func names(_ count: Int) -> [String] { (0..<count).map { "10.0.0.\($0):80" } }

    /// How often each was picked, with a new key each time.
    func tally(_ plan: BalancePlan, picks: Int, isSteady: Bool = true, seed: UInt64 = 7) -> [Int] {
        var balancer = balancer(plan, isSteady: isSteady)
        var random = RandomSource(seed: seed)
        var counts = [Int](repeating: 0, count: count)
        for _ in 0..<picks {
            let key = random.next()
            if let index = balancer.pick(self, key: key, &random) { counts[index] += 1 }
        }
        return counts
    }
}

/// Pearson's statistic of counts against shares.
func chiSquare(_ counts: [Int], shares: [Int]) -> Double {
    let total = Double(counts.reduce(0, +))
    let whole = Double(shares.reduce(0, +))
    return zip(counts, shares).reduce(0) { sum, pair in
        let expected = total * Double(pair.1) / whole
        return expected == 0 ? sum : sum + (Double(pair.0) - expected) * (Double(pair.0) - expected) / expected
    }
}

/// Above this, by the Wilson-Hilferty approximation, chance alone gets once in a million.
func chiSquareMax(degrees: Int) -> Double {
    let k = Double(degrees)
    let root = 1 - 2 / (9 * k) + 4.75 * (2 / (9 * k)).squareRoot()
    return k * root * root * root
}
