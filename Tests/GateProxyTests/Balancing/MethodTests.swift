import GateCore
import Testing

@testable import GateProxy

private let byChance: [BalancePlan] = [.leastRequests, .leastTime, .random]
private let all: [BalancePlan] = byChance + [.roundRobin, .hash(HashPlan(key: .path)), .first]

@Suite("Methods of balancing")
struct MethodTests {
    @Test("shares follow the weights as chance allows", arguments: byChance, [[1, 1, 1], [1, 2, 3, 250], [256, 1]])
    func shares(plan: BalancePlan, weights: [Int]) {
        let counts = FakeServers(weights: weights).tally(plan, picks: 200_000)
        #expect(chiSquare(counts, shares: weights) < chiSquareMax(degrees: weights.count - 1), "\(counts)")
    }

    @Test("among many servers, too")
    func sharesOfMany() {
        let weights = (0..<100).map { 1 + $0 % 5 }
        let counts = FakeServers(weights: weights).tally(.random, picks: 500_000)
        #expect(chiSquare(counts, shares: weights) < chiSquareMax(degrees: 99))
    }

    @Test("only those that may take requests are picked, by weight among themselves", arguments: byChance)
    func eligible(plan: BalancePlan) {
        var servers = FakeServers(weights: Array(repeating: 1, count: 40))
        for index in 2..<40 { servers.list[index].isFit = false }
        servers.list[1].weight = 3
        let counts = servers.tally(plan, picks: 20_000)
        #expect(counts[2...].allSatisfy { $0 == 0 })
        #expect(counts[0] > 0 && counts[1] > 0)
        if plan == .random { #expect(chiSquare([counts[0], counts[1]], shares: [1, 3]) < chiSquareMax(degrees: 1)) }
    }

    @Test("nobody is picked where nobody may", arguments: all)
    func none(plan: BalancePlan) {
        for count in [1, 3, 20] {
            var servers = FakeServers(count: count)
            for index in servers.list.indices { servers.list[index].isFit = false }
            #expect(servers.tally(plan, picks: 3).reduce(0, +) == 0)
        }
    }

    @Test("one that is left is found", arguments: all)
    func last(plan: BalancePlan) {
        var servers = FakeServers(count: 100)
        for index in servers.list.indices where index != 73 { servers.list[index].isFit = false }
        #expect(servers.tally(plan, picks: 50)[73] == 50)
    }

    @Test("the same seed picks the same servers")
    func seeds() {
        let servers = FakeServers(weights: [3, 1, 4, 1, 5])
        #expect(servers.tally(.random, picks: 1000, seed: 1) == servers.tally(.random, picks: 1000, seed: 1))
        #expect(servers.tally(.random, picks: 1000, seed: 1) != servers.tally(.random, picks: 1000, seed: 2))
    }

    @Test("first is the first that may")
    func first() {
        var servers = FakeServers(count: 3)
        #expect(servers.tally(.first, picks: 5) == [5, 0, 0])
        servers.list[0].isFit = false
        #expect(servers.tally(.first, picks: 5) == [0, 5, 0])
    }
}

@Suite("Round robin")
struct RoundRobinTests {
    @Test("equal servers have their turns in order")
    func rotation() {
        let servers = FakeServers(count: 3)
        var balancer = servers.balancer(.roundRobin)
        var random = RandomSource(seed: 1)
        #expect((0..<7).map { _ in balancer.pick(servers, key: 0, &random) } == [0, 1, 2, 0, 1, 2, 0])
    }

    @Test("over a cycle each has its weight's turns", arguments: [[5, 1, 1], [1, 2, 3, 4], [256, 255, 1], [7, 3]])
    func exact(weights: [Int]) {
        let cycle = weights.reduce(0, +)
        let counts = FakeServers(weights: weights).tally(.roundRobin, picks: cycle * 10)
        for (count, weight) in zip(counts, weights) { #expect(abs(count - weight * 10) <= 1, "\(counts)") }
    }

    @Test("a heavy server's turns are spread, not in one run")
    func smooth() {
        let servers = FakeServers(weights: [4, 1, 1, 1, 1])
        var balancer = servers.balancer(.roundRobin)
        var random = RandomSource(seed: 1)
        let picks = (0..<80).map { _ in balancer.pick(servers, key: 0, &random)! }
        for at in 0..<(picks.count - 3) { #expect(picks[at..<(at + 4)].contains { $0 != 0 }) }
        for at in 0..<(picks.count - 5) { #expect(picks[at..<(at + 6)].contains(0)) }
    }

    @Test("one that was out of service has no turns to make up for")
    func comesBack() {
        var servers = FakeServers(weights: [2, 1, 1])
        var balancer = servers.balancer(.roundRobin)
        var random = RandomSource(seed: 1)
        servers.list[0].isFit = false
        for _ in 0..<1000 { #expect(balancer.pick(servers, key: 0, &random) != 0) }
        servers.list[0].isFit = true
        let turns = (0..<40).count { _ in balancer.pick(servers, key: 0, &random) == 0 }
        #expect((19...22).contains(turns))
    }

    @Test("a server that warms up has fewer turns")
    func warm() {
        var servers = FakeServers(count: 2)
        servers.list[1].warmth = 64
        let counts = servers.tally(.roundRobin, picks: 1000, isSteady: false)
        #expect(abs(counts[1] - 200) <= 2, "\(counts)")
    }

    @Test("workers begin at different servers")
    func phases() {
        let servers = FakeServers(count: 4)
        var random = RandomSource(seed: 1)
        let firsts = (0..<4).map { phase in
            var balancer = servers.balancer(.roundRobin, phase: phase)
            return balancer.pick(servers, key: 0, &random)
        }
        #expect(Set(firsts).count == 4)
    }
}

@Suite("The least of something")
struct LeastTests {
    @Test("the one with the fewest requests for its weight")
    func requests() {
        var servers = FakeServers(weights: [1, 4, 2])
        for (index, active) in [2, 7, 5].enumerated() { servers.list[index].active = active }
        #expect(servers.tally(.leastRequests, picks: 100) == [0, 100, 0])
    }

    @Test("of many servers the better of two, so that none has far more than the others")
    func twoChoices() {
        var servers = FakeServers(count: 100)
        var balancer = servers.balancer(.leastRequests)
        var random = RandomSource(seed: 3)
        for _ in 0..<10_000 {
            let index = balancer.pick(servers, key: 0, &random)!
            servers.list[index].active += 1
        }
        let counts = servers.list.map(\.active)
        #expect(counts.max()! <= 106 && counts.min()! >= 90, "\(counts.min()!)...\(counts.max()!)")
    }

    @Test("the quicker one, until it has too many requests")
    func time() {
        var servers = FakeServers(count: 2)
        var quick = LatencyAverage()
        var slow = LatencyAverage()
        quick.add(1_000_000, at: 1_000_000_000)
        slow.add(4_000_000, at: 1_000_000_000)
        func settle() {
            servers.list[0].cost = quick.cost(active: servers.list[0].active, at: 1_000_000_000)
            servers.list[1].cost = slow.cost(active: servers.list[1].active, at: 1_000_000_000)
        }
        for _ in 0..<100 {
            settle()
            var balancer = servers.balancer(.leastTime)
            var random = RandomSource(seed: 3)
            servers.list[balancer.pick(servers, key: 0, &random)!].active += 1
        }
        #expect((78...82).contains(servers.list[0].active), "\(servers.list.map(\.active))")
    }

    @Test("a slow answer counts at once, quick ones little by little, and time heals")
    func average() {
        var latency = LatencyAverage()
        #expect(latency.cost(active: 0, at: 1) == 0)
        #expect(latency.cost(active: 1, at: 1) > 0)
        latency.add(1_000_000, at: 1_000_000_000)
        latency.add(9_000_000, at: 1_001_000_000)
        #expect(latency.cost(active: 0, at: 1_001_000_000) == 9_000_000)
        latency.add(1_000_000, at: 1_101_000_000)
        #expect((8_000_000...9_000_000).contains(latency.cost(active: 0, at: 1_101_000_000)))
        #expect(latency.cost(active: 0, at: 61_000_000_000) < 100_000)
    }
}
