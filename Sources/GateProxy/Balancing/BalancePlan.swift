// How an upstream chooses a server.

/// A method of balancing.
public enum BalancePlan: Sendable, Equatable {
    /// In turn, by weight.
    case roundRobin
    /// Where the fewest requests of this worker are under way, in proportion to weight.
    case leastRequests
    /// Where an answer is expected soonest.
    case leastTime
    /// By chance, by weight.
    case random
    /// The same server for the same key.
    case hash(HashPlan)
    /// The first that may take the request.
    case first

    /// Whether it asks how many requests are under way.
    var countsRequests: Bool {
        switch self {
        case .leastRequests, .leastTime: true
        case .hash(let plan): plan.loadMaxPercent > 0
        case .roundRobin, .random, .first: false
        }
    }
}

/// What is hashed, and how uneven the load may become.
public struct HashPlan: Sendable, Equatable {
    public var key: HashKey
    /// Requests under way at one server, in percent of its fair share; 0 is no bound.
    public var loadMaxPercent: Int

    public init(key: HashKey, loadMaxPercent: Int = 0) {
        self.key = key
        self.loadMaxPercent = loadMaxPercent
    }
}

/// The part of a request that decides.
public enum HashKey: Sendable, Equatable {
    case clientAddress
    /// By its name in lower case.
    case field([UInt8])
    case cookie([UInt8])
    /// The parameter of this name; nil is the whole query.
    case query([UInt8]?)
    /// The normalised path.
    case path
}
