public import GateConfig
public import GateCore
public import GateProxy

extension Configuration {
    /// A group of servers that can do the same work.
    public struct Upstream: Sendable, Equatable {
        /// Its name; the URL for an upstream that a route wrote as a bare URL.
        public var name: String
        /// True if a route wrote it as a bare URL.
        public var isAnonymous: Bool
        /// The servers, never empty.
        public var servers: [Server]
        /// What to speak to the servers. Nil: by ALPN to those with `https://`, HTTP/1.1 to the others.
        public var serverProtocol: ServerProtocol?
        /// How HTTP/2 is spoken to the servers.
        public var http2 = ServerHTTP2()
        /// How a server is chosen. Default round robin by weight.
        public var balance: Balance
        /// The share of a tier's servers that must be healthy for it to be used, in percent. Default 0: one server.
        public var tierHealthyMinPercent = 0
        /// Milliseconds over which the weight of a new or recovered server grows. Default 0: off.
        public var slowStartMs = Configuration.off
        /// The cookie that binds clients to servers. Nil: none.
        public var sticky: Sticky?
        /// Where requests wait when all servers are full. Nil: they are refused.
        public var queue: Queue? = Queue()
        /// Idle connections kept for each server and worker, 0...65,536. Default 64.
        public var idleConnectionsMax: Int
        /// Milliseconds that an idle connection is kept. Default 60,000.
        public var idleTimeoutMs: Int
        /// Milliseconds after which a connection takes no new request. Default 0: off.
        public var connectionLifetimeMs: Int
        /// Requests on one connection. Default unlimited.
        public var requestsPerConnectionMax: Int
        /// How servers with `https://` are spoken to.
        public var tls = ServerTLS()
        /// The PROXY protocol header that opens each connection. Default off.
        public var proxyProtocol: ProxyProtocolOut
        /// What the servers get as Host. Default the client's.
        public var host: HostField
        /// Whether requests carry Via (RFC 9110 §7.6.3). Default true.
        public var sendsVia: Bool
        /// Timeouts of this upstream: connect, first byte, read, write.
        public var timeouts: TimeoutOverrides
        /// Limits of this upstream: the response head.
        public var limits: LimitOverrides
        /// When a request is tried again.
        public var retries: Retries
        /// Milliseconds without an answer after which a second server is asked, too. Default off.
        public var hedgeAfterMs: Int
        /// When a failing server is left out. Nil: never.
        public var passive: Passive?
        /// How the servers are asked whether they are well. Nil: they are not asked.
        public var health: Health?
        /// Bounds over the upstream as a whole. Nil: none.
        public var circuitBreaker: CircuitBreaker?
        /// A limit that follows latency. Nil: none.
        public var adaptiveConcurrency: AdaptiveConcurrency?
        /// All servers are used when fewer than this percentage are fit, 0...100. Default 10.
        public var panicPercent: Int
        /// Where it was written.
        public var origin: Origin

        /// Makes an upstream; every argument left out has its default.
        public init(
            name: String, servers: [Server], isAnonymous: Bool = false, serverProtocol: ServerProtocol? = nil,
            balance: Balance = Balance(), idleConnectionsMax: Int = 64, idleTimeoutMs: Int = 60_000,
            connectionLifetimeMs: Int = Configuration.off, requestsPerConnectionMax: Int = Configuration.unlimited,
            proxyProtocol: ProxyProtocolOut = .off, host: HostField = .keep, sendsVia: Bool = true,
            timeouts: TimeoutOverrides = TimeoutOverrides(), limits: LimitOverrides = LimitOverrides(),
            retries: Retries = Retries(), hedgeAfterMs: Int = Configuration.off,
            passive: Passive? = Passive(), health: Health? = nil,
            circuitBreaker: CircuitBreaker? = nil, adaptiveConcurrency: AdaptiveConcurrency? = nil,
            panicPercent: Int = 10, origin: Origin = Origin()
        ) {
            self.name = name
            self.isAnonymous = isAnonymous
            self.servers = servers
            self.serverProtocol = serverProtocol
            self.balance = balance
            self.idleConnectionsMax = idleConnectionsMax
            self.idleTimeoutMs = idleTimeoutMs
            self.connectionLifetimeMs = connectionLifetimeMs
            self.requestsPerConnectionMax = requestsPerConnectionMax
            self.proxyProtocol = proxyProtocol
            self.host = host
            self.sendsVia = sendsVia
            self.timeouts = timeouts
            self.limits = limits
            self.retries = retries
            self.hedgeAfterMs = hedgeAfterMs
            self.passive = passive
            self.health = health
            self.circuitBreaker = circuitBreaker
            self.adaptiveConcurrency = adaptiveConcurrency
            self.panicPercent = panicPercent
            self.origin = origin
        }
    }

    /// One server of an upstream.
    public struct Server: Sendable, Equatable {
        /// Where it is.
        public var address: ServerAddress
        /// Whether it is spoken to over TLS. Default false.
        public var isSecure: Bool
        /// Its share of the requests against the other weights, 1...256; 0 takes none. Default 1.
        public var weight: Int
        /// Its tier, 0...15: it takes requests when the tiers before have too few healthy servers. Default 0.
        public var tier = 0
        /// Whether it is being emptied. Default off.
        public var drain = Drain.off
        /// Requests under way at once, over all workers, 1...1,000,000. Default unlimited.
        public var requestsMax = Configuration.unlimited
        /// Connections open at once, over all workers, 1...1,000,000. Default unlimited.
        public var connectionsMax = Configuration.unlimited
        /// Where it was written.
        public var origin: Origin

        /// Makes a server.
        public init(address: ServerAddress, isSecure: Bool = false, weight: Int = 1, origin: Origin = Origin()) {
            self.address = address
            self.isSecure = isSecure
            self.weight = weight
            self.origin = origin
        }

        init(_ url: ServiceURL, origin: Origin) {
            self.init(address: url.address, isSecure: url.scheme == .https, origin: origin)
        }
    }

    /// A protocol between Gatehouse and a server.
    public enum ServerProtocol: String, Sendable, CaseIterable {
        /// HTTP/1.1.
        case h1
        /// HTTP/2: by ALPN with TLS, by prior knowledge in clear text (RFC 9113 §3.2, §3.3).
        case h2
        /// Whichever of the two the server chooses by ALPN; HTTP/1.1 in clear text.
        case auto
    }

    /// How HTTP/2 is spoken to servers.
    public struct ServerHTTP2: Sendable, Equatable {
        /// Requests under way at once on one connection, 1...1,000; a server may allow fewer. Default 100.
        public var streamsMax = 100
        /// Milliseconds of silence on a connection with requests under way after which the server is asked whether it is
        /// still there. Default 15,000.
        public var pingAfterMs = 15_000
        /// Milliseconds that the answer may take before the connection counts as dead. Default 5,000.
        public var pingTimeoutMs = 5_000

        public init() {}
    }

    /// The PROXY protocol header sent to servers.
    public enum ProxyProtocolOut: String, Sendable, CaseIterable {
        /// None.
        case off
        /// The text form.
        case v1
        /// The binary form.
        case v2
    }
}
