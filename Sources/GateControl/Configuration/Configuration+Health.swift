public import GatePattern

extension Configuration {
    /// How servers are asked whether they are well.
    public struct Health: Sendable, Equatable {
        /// What is asked.
        public var kind: Kind
        /// The path and query of HTTP checks. Default `/`.
        public var path: String
        /// The method of HTTP checks. Default GET.
        public var method: String
        /// The Host of HTTP checks. Default the server's own.
        public var host: String?
        /// Further fields of HTTP checks.
        public var fields: [ResponseField]
        /// Statuses of a good answer. Default 200 to 399.
        public var statuses: Statuses
        /// What the beginning of the answer's body must hold. Default any.
        public var body: Body
        /// The service that gRPC checks ask for. Default the server as a whole.
        public var service: String
        /// The port of checks. Default that of the requests.
        public var port: Int?
        /// Milliseconds between two checks. Default 10,000.
        public var intervalMs: Int
        /// Milliseconds between two checks of a server that is down or not known yet. Default 2,000.
        public var downIntervalMs: Int
        /// How much earlier or later a check may come, as a percentage of the interval. Default 10.
        public var jitterPercent: Int
        /// Milliseconds that a check may take. Default 2,000.
        public var timeoutMs: Int
        /// Good checks in a row that make a server well. Default 2.
        public var rise: Int
        /// Bad checks in a row that make it unwell. Default 3.
        public var fall: Int
        /// What a server is until it has been checked. Default up.
        public var initial: Initial

        /// What is asked.
        public enum Kind: String, Sendable, CaseIterable {
            /// An HTTP request.
            case http
            /// A connection.
            case tcp
            /// The health service of gRPC.
            case grpc
        }

        /// What a body must be like.
        public enum Body: Sendable, Equatable {
            /// Whatever it is like.
            case any
            /// Its first 64 KiB hold this text.
            case contains(String)
            /// Its first 8 KiB match this expression.
            case matches(Pattern)
        }

        /// What a server is until it has been checked.
        public enum Initial: String, Sendable, CaseIterable {
            /// It takes requests.
            case up
            /// It takes none.
            case down
        }

        /// Makes checks; every argument left out has its default.
        public init(
            kind: Kind = .http, path: String = "/", method: String = "GET", host: String? = nil,
            fields: [ResponseField] = [], statuses: Statuses = [200...399], body: Body = .any, service: String = "",
            port: Int? = nil, intervalMs: Int = 10_000, downIntervalMs: Int = 2_000, jitterPercent: Int = 10,
            timeoutMs: Int = 2_000, rise: Int = 2, fall: Int = 3, initial: Initial = .up
        ) {
            self.kind = kind
            self.path = path
            self.method = method
            self.host = host
            self.fields = fields
            self.statuses = statuses
            self.body = body
            self.service = service
            self.port = port
            self.intervalMs = intervalMs
            self.downIntervalMs = downIntervalMs
            self.jitterPercent = jitterPercent
            self.timeoutMs = timeoutMs
            self.rise = rise
            self.fall = fall
            self.initial = initial
        }
    }
}
