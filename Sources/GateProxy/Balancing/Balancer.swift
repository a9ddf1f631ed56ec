// The methods of balancing over one list of servers. Nothing here knows connections or requests: see `Candidates`.

import GateCore

/// Chooses among the servers of one tier.
struct Balancer {
    private enum Method {
        /// All weights are equal: the next in line.
        case rotation(next: Int)
        case stride(StrideScheduler)
        case leastRequests
        case leastTime
        case random
        case hash(MaglevTable, loadMaxPercent: Int)
        case first
    }

    /// Up to so many servers all are looked at; of more, two are drawn ("the power of two choices").
    static let scannedMax = 8
    /// Draws that may hit servers out of service before all are looked at.
    private static let drawsMax = 6

    private var method: Method
    private let alias: AliasTable

    /// - Parameters:
    ///   - names: tell the servers apart for hashing.
    ///   - weights: as configured, all positive.
    ///   - isSteady: weights never change on the way (no slow start).
    ///   - phase: where turns begin.
    init(_ plan: BalancePlan, names: [String], weights: [Int], isSteady: Bool, phase: Int) {
        precondition(!weights.isEmpty && names.count == weights.count)
        alias = AliasTable(weights)
        switch plan {
        case .roundRobin where isSteady && Set(weights).count == 1: method = .rotation(next: phase % weights.count)
        case .roundRobin: method = .stride(StrideScheduler(weights.map { $0 * Weight.one }, phase: phase))
        case .leastRequests: method = .leastRequests
        case .leastTime: method = .leastTime
        case .random: method = .random
        case .hash(let hash):
            method = .hash(MaglevTable(names: names, weights: weights), loadMaxPercent: hash.loadMaxPercent)
        case .first: method = .first
        }
    }

    /// The one to take the request; nil when none may. `key` counts for `hash` alone.
    mutating func pick(_ candidates: some Candidates, key: UInt64, _ random: inout RandomSource) -> Int? {
        switch method {
        case .rotation(let next): return rotate(from: next, candidates)
        case .stride: return nextByStride(candidates)
        case .leastRequests:
            return best(candidates, &random) { Double(candidates.active($0)) / Double(candidates.weight($0)) }
        case .leastTime: return best(candidates, &random) { candidates.cost($0) / Double(candidates.weight($0)) }
        case .random: return draw(candidates, &random)
        case .hash(let table, let loadMaxPercent):
            return HashChoice(candidates, key: key, loadMaxPercent: loadMaxPercent).find(in: table)
        case .first: return (0..<candidates.count).first { candidates.mayTake($0) }
        }
    }

    // MARK: In turn

    private mutating func rotate(from start: Int, _ candidates: some Candidates) -> Int? {
        var at = start
        for _ in 0..<candidates.count {
            let this = at
            at = at + 1 == candidates.count ? 0 : at + 1
            guard candidates.mayTake(this) else { continue }
            method = .rotation(next: at)
            return this
        }
        return nil
    }

    private mutating func nextByStride(_ candidates: some Candidates) -> Int? {
        guard case .stride(var scheduler) = method else { return nil }
        // Taken out, so that the heap is changed in place.
        method = .first
        defer { method = .stride(scheduler) }
        return scheduler.next(candidates)
    }

    // MARK: By chance

    /// By weight among those that may take the request.
    private func draw(_ candidates: some Candidates, _ random: inout RandomSource) -> Int? {
        for _ in 0..<Self.drawsMax {
            let index = alias.draw(&random)
            guard candidates.mayTake(index) else { continue }
            let (weight, full) = (candidates.weight(index), candidates.fullWeight(index))
            if weight == full || random.number(below: full) < weight { return index }
        }
        return drawFromAll(candidates, &random)
    }

    /// As `draw`, for when most are out of service.
    private func drawFromAll(_ candidates: some Candidates, _ random: inout RandomSource) -> Int? {
        var total = 0
        var chosen: Int?
        for index in 0..<candidates.count where candidates.mayTake(index) {
            let weight = max(candidates.weight(index), 1)
            total += weight
            if random.number(below: total) < weight { chosen = index }
        }
        return chosen
    }

    // MARK: The least of something

    private func best(_ candidates: some Candidates, _ random: inout RandomSource, _ value: (Int) -> Double) -> Int? {
        if candidates.count <= Self.scannedMax { return bestOfAll(candidates, &random, value) }
        guard let first = draw(candidates, &random), let second = draw(candidates, &random) else { return nil }
        return value(second) < value(first) ? second : first
    }

    /// Of equal ones each by its weight.
    private func bestOfAll(
        _ candidates: some Candidates, _ random: inout RandomSource, _ value: (Int) -> Double
    ) -> Int? {
        var chosen: Int?
        var least = Double.infinity
        var total = 0
        for index in 0..<candidates.count where candidates.mayTake(index) {
            let value = value(index)
            if value > least { continue }
            if value < least { total = 0 }
            least = value
            let weight = max(candidates.weight(index), 1)
            total += weight
            if random.number(below: total) < weight { chosen = index }
        }
        return chosen
    }
}
