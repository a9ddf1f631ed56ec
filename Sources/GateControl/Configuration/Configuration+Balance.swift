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

    /// The cookie that binds a client to a server.
    public struct Sticky: Sendable, Equatable {
        /// Its name. Nil: one made from the upstream's name.
        public var cookie: String?
        /// What its values are made with, 16 bytes or more. Nil: random, made anew when Gatehouse starts.
        public var key: String?
        /// Where clients send it. Default everywhere.
        public var path: String
        /// Milliseconds that clients keep it. Nil: until they are closed.
        public var maxAgeMs: Int?

        /// Makes a rule; every argument left out has its default.
        public init(cookie: String? = nil, key: String? = nil, path: String = "/", maxAgeMs: Int? = nil) {
            self.cookie = cookie
            self.key = key
            self.path = path
            self.maxAgeMs = maxAgeMs
        }
    }

    /// How requests wait for a server with room.
    public struct Queue: Sendable, Equatable {
        /// Requests that wait, over all workers, 1...1,000,000. Default 100.
        public var lengthMax: Int
        /// Milliseconds that a request waits. Default 5,000.
        public var timeoutMs: Int

        /// Makes a rule; every argument left out has its default.
        public init(lengthMax: Int = 100, timeoutMs: Int = 5_000) {
            self.lengthMax = lengthMax
            self.timeoutMs = timeoutMs
        }
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
