import GateCore
import GateProxy

extension PlanBuilder {
    /// - Parameter timeouts: those of the route towards the upstream with an index.
    func split(
        _ split: Configuration.Split, _ indices: [String: Int], _ timeouts: (Int) -> ServerTimeouts
    ) -> SplitPlan {
        let choices = split.choices.map { choice in
            let index = indices[choice.upstream]!
            return SplitPlan.Choice(
                upstream: index, weight: choice.weight, mark: mark(choice.upstream), serverTimeouts: timeouts(index))
        }
        return SplitPlan(choices: choices, key: key(split.key), cookie: split.cookie)
    }

    /// A number made of the name, the same in each process: clients need not know what the upstreams are called.
    private func mark(_ name: String) -> String {
        let hash = name.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
        return String(hash, radix: 36)
    }

    func mirror(_ mirror: Configuration.Mirror, _ indices: [String: Int]) -> MirrorPlan {
        MirrorPlan(
            upstream: indices[mirror.upstream]!, sharePercent: mirror.sharePercent, bodyBytesMax: mirror.bodyBytesMax,
            inFlightMax: mirror.inFlightMax)
    }
}
