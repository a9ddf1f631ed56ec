import GateProxy

extension PlanBuilder {
    func balance(_ balance: Configuration.Balance) -> BalancePlan {
        switch balance.method {
        case .roundRobin: .roundRobin
        case .leastRequests: .leastRequests
        case .leastTime: .leastTime
        case .random: .random
        case .hash: .hash(HashPlan(key: key(balance.key), loadMaxPercent: balance.loadMaxPercent ?? 0))
        case .first: .first
        }
    }

    func key(_ key: Configuration.BalanceKey?) -> HashKey {
        switch key {
        case nil, .clientAddress: .clientAddress
        case .path: .path
        case .query: .query(nil)
        case .field(let name): .field(Array(name.utf8))
        case .cookie(let name): .cookie(Array(name.utf8))
        case .parameter(let name): .query(Array(name.utf8))
        }
    }

    func drain(_ drain: Configuration.Drain) -> ServerPlan.Drain {
        switch drain {
        case .off: .off
        case .on: .on
        case .sticky: .sticky
        }
    }
}
