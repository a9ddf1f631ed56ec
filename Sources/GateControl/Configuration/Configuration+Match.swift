public import GateCore
public import GatePattern

extension Configuration {
    /// Which requests a route takes; all conditions must hold.
    public struct Match: Sendable, Equatable {
        /// Any of these hosts; empty is all hosts of the site.
        public var hosts: [HostPattern]
        /// Any of these paths; empty is all.
        public var paths: [PathPattern]
        /// Any of these methods; empty is all.
        public var methods: [String]
        /// This scheme. Nil: both.
        public var scheme: Scheme?
        /// Any of these listeners, by name; empty is all.
        public var listeners: [String]
        /// Clients with these addresses. Nil: all.
        public var clients: AddressSet?
        /// What fields must be like.
        public var fields: [NamedTests]
        /// What query parameters must be like.
        public var query: [NamedTests]
        /// What cookies must be like.
        public var cookies: [NamedTests]
        /// All of these.
        public var all: [Match]
        /// At least one of these; empty asks nothing.
        public var any: [Match]
        /// None of these.
        public var none: [Match]

        /// Makes conditions; every argument left out asks nothing.
        public init(
            hosts: [HostPattern] = [], paths: [PathPattern] = [], methods: [String] = [], scheme: Scheme? = nil,
            listeners: [String] = [], clients: AddressSet? = nil, fields: [NamedTests] = [], query: [NamedTests] = [],
            cookies: [NamedTests] = [], all: [Match] = [], any: [Match] = [], none: [Match] = []
        ) {
            self.hosts = hosts
            self.paths = paths
            self.methods = methods
            self.scheme = scheme
            self.listeners = listeners
            self.clients = clients
            self.fields = fields
            self.query = query
            self.cookies = cookies
            self.all = all
            self.any = any
            self.none = none
        }
    }

    /// How a client came.
    public enum Scheme: String, Sendable, CaseIterable {
        /// In clear text.
        case http
        /// Encrypted.
        case https
    }

    /// What is asked of the values of one name: any of them passes any of the tests.
    public struct NamedTests: Sendable, Equatable {
        /// A field's, a parameter's or a cookie's name.
        public var name: String
        /// The tests, never empty.
        public var tests: [ValueTest]

        /// Makes tests.
        public init(name: String, tests: [ValueTest]) {
            self.name = name
            self.tests = tests
        }
    }

    /// What is asked of a value. Letters' case counts.
    public enum ValueTest: Sendable, Equatable {
        /// Whether it is there at all.
        case present(Bool)
        /// It is this.
        case exact(String)
        /// It begins with this.
        case prefix(String)
        /// It ends with this.
        case suffix(String)
        /// It holds this.
        case contains(String)
        /// The pattern is found in it.
        case regex(Pattern)
    }
}
