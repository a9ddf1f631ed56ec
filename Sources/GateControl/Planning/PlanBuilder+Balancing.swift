import GateCore
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

    func queue(_ queue: Configuration.Queue) -> QueuePlan {
        var plan = QueuePlan()
        plan.lengthMax = queue.lengthMax
        plan.timeoutMs = queue.timeoutMs
        return plan
    }

    func sticky(_ sticky: Configuration.Sticky, _ upstream: String) -> StickyPlan {
        var plan = StickyPlan(
            cookie: sticky.cookie ?? Self.cookieName(upstream), key: sticky.key.map(Self.key) ?? StickyKeys.ofProcess)
        plan.path = sticky.path
        plan.maxAgeSeconds = sticky.maxAgeMs.map { $0 / 1000 }
        return plan
    }

    private static func key(_ text: String) -> SipHash {
        let bytes = Array(text.utf8)
        let (low, high) = StickyKeys.derivation.wideHash(bytes.span)
        return SipHash(low, high)
    }

    /// Upstreams of one site do not share a cookie unless they are told to.
    private static func cookieName(_ upstream: String) -> String {
        let bytes = Array(upstream.utf8)
        return "gatehouse-" + String(StickyKeys.derivation.hash(bytes.span) >> 32, radix: 16)
    }

    func drain(_ drain: Configuration.Drain) -> ServerPlan.Drain {
        switch drain {
        case .off: .off
        case .on: .on
        case .sticky: .sticky
        }
    }
}

private enum StickyKeys {
    /// For cookies without a key of their own: as long as the process lives, over all reloads.
    static let ofProcess = SipHash(.random(in: 0 ... .max), .random(in: 0 ... .max))
    static let derivation = SipHash(0x6761_7465_686f_7573, 0x7374_6963_6b79_3031)
}
