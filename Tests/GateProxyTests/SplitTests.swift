import Testing

@testable import GateProxy

@Suite("Splits")
struct SplitTests {
    private func plan(_ weights: [Int]) -> SplitPlan {
        SplitPlan(choices: weights.enumerated().map { SplitPlan.Choice(upstream: $0, weight: $1, mark: "\($0)") })
    }

    private func choices(_ weights: [Int], keys: Int) -> [Int] {
        let plan = plan(weights)
        let total = weights.reduce(0, +)
        return (0..<keys).map { key in
            plan.index(at: RandomSource.scale(RandomSource.mix(UInt64(key)), below: total), total)
        }
    }

    @Test("the shares are those of the weights", arguments: [[95, 5], [1, 1], [50, 30, 20], [1, 0, 3], [9999, 1]])
    func shares(_ weights: [Int]) {
        let keys = 100_000
        let chosen = choices(weights, keys: keys)
        for (index, weight) in weights.enumerated() {
            let expected = Double(keys * weight) / Double(weights.reduce(0, +))
            let count = Double(chosen.count { $0 == index })
            // Five standard deviations of a binomial distribution.
            #expect(abs(count - expected) <= 5 * (expected * (1 - expected / Double(keys))).squareRoot(), "\(index)")
        }
    }

    @Test("a canary that grows keeps those whom it has")
    func growing() {
        let before = choices([95, 5], keys: 20_000)
        let after = choices([80, 20], keys: 20_000)
        for (old, new) in zip(before, after) where old == 1 { #expect(new == 1) }
        #expect(zip(before, after).count { $0 != $1 } < 20_000 * 17 / 100)
    }
}
