public import GateConfig

extension Configuration {
    /// Which requests, and what happens to them.
    public struct Route: Sendable, Equatable {
        /// A name for logs. Default none.
        public var name: String?
        /// Which requests. Default all of the site.
        public var match: Match
        /// What happens to them.
        public var action: Action
        /// Timeouts of this route: all but head, idle and linger.
        public var timeouts: TimeoutOverrides
        /// Limits of this route: the body and the rates.
        public var limits: LimitOverrides
        /// Lower-case Upgrade tokens that may pass. Nil: inherited, at the outermost `websocket`.
        public var upgrade: [String]?
        /// Percent-encoded octets that the path may hold. Nil: inherited, at the outermost none.
        public var encoded: [EncodedOctet]?
        /// Who gets copies of forwarded requests. Nil: inherited, at the outermost nobody.
        public var mirror: Mirror?
        /// Whether gRPC-Web is turned into gRPC. Nil: inherited, at the outermost false.
        public var translatesGRPCWeb: Bool?
        /// What it changes of requests and responses.
        public var rewriting: Rewriting
        /// Routes that are asked before this one's own action. They inherit its conditions and its settings.
        public var routes: [Route]
        /// Where it was written.
        public var origin: Origin

        /// Makes a route; every argument left out has its default.
        public init(
            name: String? = nil, match: Match = Match(), action: Action,
            timeouts: TimeoutOverrides = TimeoutOverrides(),
            limits: LimitOverrides = LimitOverrides(), upgrade: [String]? = nil, encoded: [EncodedOctet]? = nil,
            mirror: Mirror? = nil, rewriting: Rewriting = Rewriting(), routes: [Route] = [], origin: Origin = Origin()
        ) {
            self.name = name
            self.match = match
            self.action = action
            self.timeouts = timeouts
            self.limits = limits
            self.upgrade = upgrade
            self.encoded = encoded
            self.mirror = mirror
            self.rewriting = rewriting
            self.routes = routes
            self.origin = origin
        }
    }

    /// What happens to a request.
    public enum Action: Sendable, Equatable {
        /// It goes to the upstream of that name.
        case proxy(upstream: String)
        /// It goes to one of several upstreams.
        case split(Split)
        /// It gets a fixed answer.
        case respond(FixedResponse)
        /// It gets a redirect.
        case redirect(Redirect)
        /// Nothing but what nested routes do; what none of them takes goes on to the next route.
        case pass
    }

    /// A percent-encoded octet that is refused in paths unless a route allows it.
    public enum EncodedOctet: String, Sendable, CaseIterable {
        /// `%2F`.
        case slash
        /// `%5C`.
        case backslash
        /// `%00`.
        case nul
    }

    /// An answer that Gatehouse gives itself.
    public struct FixedResponse: Sendable, Equatable {
        /// The status, 200...599. Default 200.
        public var status: Int
        /// The body. Default empty.
        public var body: String
        /// The Content-Type of a body. Default `text/plain; charset=utf-8`.
        public var contentType: String
        /// Further fields, in the order written.
        public var fields: [ResponseField]

        /// Makes an answer; every argument left out has its default.
        public init(
            status: Int = 200, body: String = "", contentType: String = "text/plain; charset=utf-8",
            fields: [ResponseField] = []
        ) {
            self.status = status
            self.body = body
            self.contentType = contentType
            self.fields = fields
        }
    }

    /// A field of a fixed answer.
    public struct ResponseField: Sendable, Equatable {
        /// The name.
        public var name: String
        /// The value.
        public var value: String

        /// Makes a field.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// A redirect.
    public struct Redirect: Sendable, Equatable {
        /// An absolute http(s) URL, or a path of the same host.
        public var location: String
        /// 301, 302, 303, 307 or 308. Default 302.
        public var status: Int

        /// Makes a redirect.
        public init(location: String, status: Int = 302) {
            self.location = location
            self.status = status
        }
    }
}
