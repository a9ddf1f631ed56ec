// What would become of a request, as values. Text and JSON are made of them elsewhere.

/// What would become of a request, and why.
public struct Explanation: Sendable {
    /// A route before the one that takes the request.
    public struct Refusal: Sendable {
        /// The route's name.
        public var route: String
        /// Where it stands, as FILE:LINE:COLUMN.
        public var origin: String
        /// What it asks that the request does not fulfil.
        public var why: String
        /// Whether its path would have taken the request.
        public var isPathTaken: Bool
    }

    /// One of an upstream's servers.
    public struct Candidate: Sendable {
        public var name: String
        public var weight: Int
        public var tier: Int
        /// Who it must be, where it is spoken to over TLS; nil: in clear text.
        public var tlsName: String?
        /// Whether anybody looks at its certificate.
        public var isVerified: Bool
        /// Why it would get nothing now; nil if it may.
        public var excluded: String?
    }

    /// Where a request would go.
    public struct Forwarding: Sendable {
        /// The request's head as the chosen server would get it: a request line and fields, or with HTTP/2 pseudo-fields
        /// and fields. While it is for the server to choose (`negotiated`), what HTTP/1.1 would have.
        public var head: [String]
        public var upstream: String
        public var candidates: [Candidate]
        /// What the chosen server would be spoken to in, or the first one when there is none to ask.
        public var serverProtocol: ServerProtocolPlan
        /// The server that a process which has just started would ask; nil when there is none to ask.
        public var server: String?
        /// The rule that chose it.
        public var rule: String
        public var timeouts: ServerTimeouts
        public var retries: RetryPlan
        /// Bounds over the upstream as a whole.
        public var breaker: BreakerPlan?
        /// The upstreams among which the route divides its requests; empty when it has one.
        public var split: [(upstream: String, weight: Int)]
        /// The upstream that would get a copy, and of how many requests in a hundred.
        public var mirror: (upstream: String, sharePercent: Int)?
        /// What would happen to the fields of an answer, each as a line.
        public var responseChanges: [String]
    }

    /// An answer of Gatehouse's own.
    public struct OwnAnswer: Sendable {
        public var status: Int
        /// The fields as lines.
        public var fields: [String]
        /// What the access log would say.
        public var reason: String
    }

    /// How it would end.
    public enum Outcome: Sendable {
        case forward(Forwarding)
        case answer(OwnAnswer)
        /// A filter of the embedding program would think about it first.
        case wait
    }

    public var listener: String
    public var host = ""
    /// The path that routing sees.
    public var path = ""
    public var clientAddress = ""
    /// The site; nil when no site has the host.
    public var site: String?
    public var siteHosts: [String] = []
    public var route: String?
    public var routeOrigin = ""
    /// What the route asks, each condition in words.
    public var routeConditions: [String] = []
    /// Routes of the site that were asked before and did not take the request, in file order.
    public var refusals: [Refusal] = []
    /// Groups of the route's pattern, by number or name.
    public var captures: [(name: String, value: String)] = []
    public var bodyBytesMax = Int.max
    public var outcome = Outcome.wait

    init(listener: String) { self.listener = listener }
}

/// A request to explain.
public struct ExplainedRequest: Sendable {
    public var method: String
    /// A path with an optional query.
    public var target: String
    public var host: String
    public var isSecure: Bool
    public var fields: [FixedAnswer.Field]
    /// An address; who asks.
    public var client: String
    /// The listener's name; nil is the first.
    public var listener: String?

    public init(
        method: String, target: String, host: String, isSecure: Bool = false, fields: [FixedAnswer.Field] = [],
        client: String = "127.0.0.1", listener: String? = nil
    ) {
        self.method = method
        self.target = target
        self.host = host
        self.isSecure = isSecure
        self.fields = fields
        self.client = client
        self.listener = listener
    }
}
