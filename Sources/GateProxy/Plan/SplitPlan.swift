// A route whose requests are divided between upstreams.

/// Upstreams that share a route's requests, each client always with the same one.
public struct SplitPlan: Sendable, Equatable {
    /// One of the upstreams.
    public struct Choice: Sendable, Equatable {
        /// Its index in the plan.
        public var upstream: Int
        /// Its share against the other weights; 0 takes only those that its cookie names.
        public var weight: Int
        /// What the cookie says for it; it tells nothing else.
        public var mark: String
        public var serverTimeouts: ServerTimeouts?

        public init(upstream: Int, weight: Int, mark: String, serverTimeouts: ServerTimeouts? = nil) {
            self.upstream = upstream
            self.weight = weight
            self.mark = mark
            self.serverTimeouts = serverTimeouts
        }
    }

    /// At least one has a weight.
    public var choices: [Choice]
    /// What decides. A request that has none is decided by the client's address.
    public var key: HashKey
    /// A cookie that keeps a client where it was when weights change.
    public var cookie: String?

    public init(choices: [Choice], key: HashKey = .clientAddress, cookie: String? = nil) {
        self.choices = choices
        self.key = key
        self.cookie = cookie
    }
}
