extension Configuration {
    /// How a server is chosen.
    public struct Balance: Sendable, Equatable {
        /// The method. Default round robin.
        public var method: BalanceMethod
        /// What `hash` hashes. Nil: the client's address.
        public var key: BalanceKey?
        /// For `hash`: requests under way at a server, as a percentage of its fair share, 101...1000. Nil: no bound.
        public var loadMaxPercent: Int?

        /// Makes a rule.
        public init(_ method: BalanceMethod = .roundRobin, key: BalanceKey? = nil, loadMaxPercent: Int? = nil) {
            self.method = method
            self.key = key
            self.loadMaxPercent = loadMaxPercent
        }
    }

    /// A method of balancing.
    public enum BalanceMethod: String, Sendable, CaseIterable {
        /// In turn, by weight.
        case roundRobin = "round_robin"
        /// The server with the fewest requests under way.
        case leastRequests = "least_requests"
        /// The server that is expected to answer first.
        case leastTime = "least_time"
        /// By chance, by weight.
        case random
        /// The same server for the same key.
        case hash
        /// The first in the list that may take the request.
        case first
    }

    /// The part of a request that `hash` looks at.
    public enum BalanceKey: Sendable, Hashable {
        /// The client's address.
        case clientAddress
        /// The normalised path.
        case path
        /// The whole query.
        case query
        /// A field of the request, by its lower-case name.
        case field(String)
        /// A cookie.
        case cookie(String)
        /// A parameter of the query.
        case parameter(String)
    }

    /// Whether a server is being emptied.
    public enum Drain: Sendable {
        /// It is not.
        case off
        /// It takes nothing new.
        case on
        /// It takes only what sticky clients send.
        case sticky
    }
}
