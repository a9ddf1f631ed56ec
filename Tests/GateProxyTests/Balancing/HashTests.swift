import GateCore
import Testing

@testable import GateProxy

@Suite("Consistent hashing")
struct HashTests {
    private func table(_ names: [String], weights: [Int]? = nil) -> MaglevTable {
        MaglevTable(names: names, weights: weights ?? Array(repeating: 1, count: names.count))
    }

    private func keys(_ count: Int) -> [UInt64] {
        var random = RandomSource(seed: 11)
        return (0..<count).map { _ in random.next() }
    }

    @Test("shares follow the weights", arguments: [[1, 1, 1], [1, 2, 4], [100, 1], [3]])
    func shares(weights: [Int]) {
        let table = table(FakeServers.names(weights.count), weights: weights)
        let picks = keys(100_000)
        var counts = [Int](repeating: 0, count: weights.count)
        for key in picks { counts[table.server(key, attempt: 0)] += 1 }
        let total = weights.reduce(0, +)
        for (count, weight) in zip(counts, weights) {
            let fair = Double(picks.count * weight) / Double(total)
            #expect(abs(Double(count) - fair) < fair * 0.03 + 150, "\(counts)")
        }
    }

    @Test("a server that is removed from N moves 1/N of the keys and little more", arguments: [3, 10, 100])
    func removal(count: Int) {
        let names = FakeServers.names(count)
        let removed = count / 2
        let before = table(names)
        let after = table(names.filter { $0 != names[removed] })
        let picks = keys(50_000)
        let moved = picks.count { key in
            let (old, new) = (before.server(key, attempt: 0), after.server(key, attempt: 0))
            return old != (new >= removed ? new + 1 : new)
        }
        let share = Double(moved) / Double(picks.count)
        #expect(share < 1.1 / Double(count) + 0.03, "\(share)")
        #expect(share > 0.9 / Double(count), "\(share)")
    }

    @Test("a server that fails moves its own keys alone, to all of the others")
    func failure() {
        var servers = FakeServers(count: 10)
        let plan = BalancePlan.hash(HashPlan(key: .path))
        var balancer = servers.balancer(plan)
        var random = RandomSource(seed: 1)
        let picks = keys(20_000)
        let before = picks.map { balancer.pick(servers, key: $0, &random)! }
        servers.list[4].isFit = false
        let after = picks.map { balancer.pick(servers, key: $0, &random)! }
        for (old, new) in zip(before, after) where old != 4 { #expect(old == new) }
        let heirs = zip(before, after).filter { $0.0 == 4 }.map(\.1)
        #expect(Set(heirs).count == 9)
    }

    @Test("the order of the list counts for nothing but the order of the names' numbers")
    func order() {
        let names = FakeServers.names(5)
        let (first, second) = (table(names), table(names))
        for key in keys(1000) { #expect(first.server(key, attempt: 0) == second.server(key, attempt: 0)) }
    }

    @Test("a bounded load holds, whatever the keys are", arguments: [110, 125, 200])
    func bound(percent: Int) {
        var servers = FakeServers(count: 10)
        var balancer = servers.balancer(.hash(HashPlan(key: .path, loadMaxPercent: percent)))
        var random = RandomSource(seed: 1)
        for number in 0..<2000 {
            // Half of all have the same key.
            let key = number % 2 == 0 ? 42 : random.next()
            servers.list[balancer.pick(servers, key: key, &random)!].active += 1
            let most = servers.list.map(\.active).max()!
            #expect(most <= max(4, ((number + 1) * percent + 999) / 1000), "after \(number + 1)")
        }
    }

    @Test("with little to do a bound moves no key")
    func idle() {
        var servers = FakeServers(count: 10)
        var bounded = servers.balancer(.hash(HashPlan(key: .path, loadMaxPercent: 110)))
        var random = RandomSource(seed: 1)
        let own = bounded.pick(servers, key: 42, &random)!
        servers.list[own].active = 3
        #expect(bounded.pick(servers, key: 42, &random) == own)
        servers.list[own].active = 4
        #expect(bounded.pick(servers, key: 42, &random) != own)
    }

    @Test("a server that warms up takes its keys over one by one")
    func warm() {
        var servers = FakeServers(count: 4)
        var balancer = servers.balancer(.hash(HashPlan(key: .path)), isSteady: false)
        var random = RandomSource(seed: 1)
        let picks = keys(8000)
        var former: Set<UInt64> = []
        for warmth in [32, 128, 256] {
            servers.list[2].warmth = warmth
            let own = Set(picks.filter { balancer.pick(servers, key: $0, &random) == 2 })
            #expect(own.isSuperset(of: former))
            #expect(abs(own.count - 2000 * warmth / 256) < 250, "\(own.count) at \(warmth)")
            former = own
        }
    }

    @Test("SipHash-2-4 is what its authors published")
    func sipHash() {
        let sip = SipHash(0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908)
        let bytes = (0..<15).map(UInt8.init)
        #expect(sip.hash(bytes.span) == 0xa129_ca61_49be_45e5)
        let none: [UInt8] = []
        #expect(sip.hash(none.span) == 0x726f_db47_dd0e_0e31)
        let wide = sip.wideHash(none.span)
        #expect(wide.0 == 0xe6a8_25ba_047f_81a3 && wide.1 == 0x9302_55c7_1472_f66d)
    }
}

@Suite("Slow start and tried servers")
struct PickStateTests {
    @Test("the weight grows from a tenth to the whole")
    func slowStart() {
        func weight(_ nowMs: UInt64) -> Int { SlowStart.weight(2560, sinceMs: 1000, overMs: 10_000, nowMs: nowMs) }
        #expect(weight(1000) == 256)
        #expect(weight(6000) == 1408)
        #expect(weight(10_999) < 2560)
        #expect(weight(11_000) == 2560)
        #expect(SlowStart.weight(2560, sinceMs: 0, overMs: 10_000, nowMs: 5) == 2560)
    }

    @Test("tried servers are told apart beyond the sixty-fourth")
    func tried() {
        var tried = TriedServers()
        #expect(tried.isEmpty)
        for serial in [64, 65, 1000] as [UInt32] { tried.insert(serial) }
        #expect(tried.contains(64) && tried.contains(65) && tried.contains(1000))
        #expect(!tried.contains(66) && !tried.contains(63))
        tried.removeAll()
        #expect(tried.isEmpty && !tried.contains(64) && !tried.contains(65))
    }
}
