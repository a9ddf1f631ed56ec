// Draws by weight in constant time: Walker's alias method as Vose builds it.

/// Indices drawn in proportion to their weights.
struct AliasTable {
    /// Of 2^32: below it the column's own index is drawn, above it its alias.
    private let thresholds: [UInt64]
    private let aliases: [Int32]

    /// - Precondition: there are weights, and all are positive.
    init(_ weights: [Int]) {
        precondition(weights.allSatisfy { $0 > 0 })
        let total = weights.reduce(0, +)
        var shares = weights.map { Double($0) * Double(weights.count) / Double(total) }
        var thresholds = [UInt64](repeating: 1 << 32, count: weights.count)
        var aliases = (0..<weights.count).map(Int32.init)
        var small = shares.indices.filter { shares[$0] < 1 }
        var large = shares.indices.filter { shares[$0] >= 1 }
        while let less = small.last, let more = large.last {
            small.removeLast()
            thresholds[less] = UInt64(shares[less] * 0x1p32)
            aliases[less] = Int32(more)
            shares[more] -= 1 - shares[less]
            if shares[more] < 1 { small.append(large.removeLast()) }
        }
        self.thresholds = thresholds
        self.aliases = aliases
    }

    func draw(_ random: inout RandomSource) -> Int {
        let index = random.number(below: thresholds.count)
        return random.next() >> 32 < thresholds[index] ? index : Int(aliases[index])
    }
}
