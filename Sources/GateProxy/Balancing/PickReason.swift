// Why a server was chosen: for the access log and for people.

/// The rule that chose a server.
public enum PickReason: UInt8, Sendable, CaseIterable {
    /// Nothing was chosen.
    case none
    /// The upstream has no other.
    case only
    case roundRobin, leastRequests, leastTime, random, hash, first
    /// The client's cookie names it.
    case sticky
    /// The tiers before its own have too few servers that are fit.
    case failover
    /// Too few servers are fit, so that health is ignored.
    case panic

    /// As the access log names it.
    public var name: StaticString {
        switch self {
        case .none: ""
        case .only: "only"
        case .roundRobin: "round_robin"
        case .leastRequests: "least_requests"
        case .leastTime: "least_time"
        case .random: "random"
        case .hash: "hash"
        case .first: "first"
        case .sticky: "sticky"
        case .failover: "failover"
        case .panic: "panic"
        }
    }
}

extension BalancePlan {
    /// Why a server is chosen that this method chose.
    var reason: PickReason {
        switch self {
        case .roundRobin: .roundRobin
        case .leastRequests: .leastRequests
        case .leastTime: .leastTime
        case .random: .random
        case .hash: .hash
        case .first: .first
        }
    }
}
