// What a configuration comes to: immutable, checked, the same for every worker. Text and defaults are behind it.

public import GateCore
public import GateHTTP
public import GateTLS

/// Everything that the data plane needs to know. Built by the control plane, handed to the workers whole.
public final class Plan: Sendable {
    public let listeners: [ListenerPlan]
    public let upstreams: [UpstreamPlan]
    public let sites: [SitePlan]
    /// Peers whose forwarding fields are believed.
    public let trustedProxies: AddressSet
    public let accessLog: AccessLogPlan?
    /// Filters that an embedding program adds to every route.
    public let filters: [any FilterFactory]

    public init(
        listeners: [ListenerPlan], upstreams: [UpstreamPlan], sites: [SitePlan], trustedProxies: AddressSet = [],
        accessLog: AccessLogPlan? = nil, filters: [any FilterFactory] = []
    ) {
        self.listeners = listeners
        self.upstreams = upstreams
        self.sites = sites
        self.trustedProxies = trustedProxies
        self.accessLog = accessLog
        self.filters = filters
    }

    /// The same with other upstreams, of the same number and names.
    public func replacing(upstreams: [UpstreamPlan]) -> Plan {
        Plan(
            listeners: listeners, upstreams: upstreams, sites: sites, trustedProxies: trustedProxies,
            accessLog: accessLog, filters: filters)
    }
}

/// Waiting times towards clients, in milliseconds; 0 is off.
public struct ClientTimeouts: Sendable, Equatable {
    /// From the first byte of a request to the end of its head.
    public var headMs = 10_000
    /// Between two reads of a request's body.
    public var bodyMs = 30_000
    /// From the connection, or the PROXY header, to the end of the TLS handshake.
    public var handshakeMs = 10_000
    /// Between two requests.
    public var idleMs = 75_000
    /// While the client takes nothing of what waits for it.
    public var writeMs = 60_000
    /// Reading on after an answer that closes the connection, so that the client can read it.
    public var lingerMs = 5_000
    public init() {}
}

/// What a route changes of its listener's waiting times, in milliseconds.
public struct ClientTimeoutOverrides: Sendable, Equatable {
    public var bodyMs: Int?
    public var writeMs: Int?
    public init() {}
}

/// Waiting times towards servers and for the whole, in milliseconds; 0 is off.
public struct ServerTimeouts: Sendable, Equatable {
    public var connectMs = 3_000
    /// From the request's end to the response's first byte.
    public var firstByteMs = 60_000
    /// Between two reads of a response.
    public var readMs = 60_000
    /// While the server takes nothing of a request that waits.
    public var writeMs = 60_000
    /// While neither side of a tunnel says anything.
    public var tunnelMs = 3_600_000
    /// From the end of a request's head to the end of its response. Off by default.
    public var requestMs = 0
    /// From the beginning of an attempt to the head of its answer. Off by default.
    public var perTryMs = 0
    public init() {}
}

/// The least that a slow peer must move, in bytes per second, measured after a grace; 0 is off.
public struct RateFloor: Sendable, Equatable {
    public var requestBytesPerSecond = 240
    public var responseBytesPerSecond = 240
    public var graceMs = 10_000
    public init() {}
}

/// A place to listen and the rules for those who come there.
public struct ListenerPlan: Sendable {
    public var name: String
    public var address: SocketAddress
    public var backlog = 4096
    /// Permission bits of a Unix socket.
    public var unixMode = 0o660
    /// Peers that must begin with a PROXY header; nil when nobody may.
    public var proxyProtocolFrom: AddressSet?
    public var allowsUnderscores = false
    public var redirectsToHTTPS = false
    /// Seconds of silence before TCP probes the other side; 0 is off.
    public var keepAliveSeconds = 60
    public var headLimits = HeadLimits()
    public var connectionsMax = Int.max
    public var connectionsPerClientMax = Int.max
    public var requestsPerConnectionMax = Int.max
    public var timeouts = ClientTimeouts()
    public var rates = RateFloor()
    /// Nil: clear text.
    public var tls: ListenerTLSPlan?
    /// Never empty.
    public var protocols = ListenerProtocols.http1
    public var http2 = HTTP2Plan()

    public init(name: String, address: SocketAddress) {
        self.name = name
        self.address = address
    }

    /// What makes it the same listener in another plan. A port that the kernel picks belongs to the name.
    public var key: String { address.port == 0 ? "\(name) \(address)" : "\(address)" }
}

/// One server of an upstream.
public struct ServerPlan: Sendable, Hashable {
    /// As the configuration names it; what the access log shows.
    public var name: String
    /// nil while its name does not resolve.
    public var address: SocketAddress?
    /// Addresses of the other family that lead to the same server; which one is used is found out by connecting.
    public var alternatives: [SocketAddress] = []
    /// Who it must be, where it is spoken to over TLS; nil: in clear text.
    public var tlsName: TLSServerName?
    /// The Host that it is known by, with its port when that is not 80, or 443 with TLS.
    public var host: String
    /// Its share; 0 takes no new requests.
    public var weight: Int
    /// Servers of later tiers stand in for those of earlier ones.
    public var tier = 0
    public var drain = Drain.off
    /// Requests and connections under way at once, over all workers.
    public var requestsMax = Int.max
    public var connectionsMax = Int.max

    /// Whether a server is being emptied.
    public enum Drain: Sendable {
        case off
        /// It takes nothing new.
        case on
        /// It takes requests of clients whose cookie names it.
        case sticky
    }

    public init(name: String, address: SocketAddress?, host: String, weight: Int = 1) {
        self.name = name
        self.address = address
        self.host = host
        self.weight = weight
    }
}

/// Which PROXY header a server wants before anything else.
public enum ProxyProtocolVersion: Sendable { case v1, v2 }

/// A named set of servers and how they are used.
public struct UpstreamPlan: Sendable, Equatable {
    public var name: String
    public var servers: [ServerPlan]
    public var balance = BalancePlan.roundRobin
    /// A tier is used while as many of its servers are healthy, in percent; 0 is one.
    public var tierHealthyMinPercent = 0
    /// How long the weight of a server grows that is new or has recovered; 0 is off.
    public var slowStartMs = 0
    /// Binds clients to servers.
    public var sticky: StickyPlan?
    /// Where requests wait when all servers have as many as they may have; nil: nowhere.
    public var queue: QueuePlan? = QueuePlan()
    /// Idle connections kept for each server and worker.
    public var idleConnectionsMax = 64
    public var idleTimeoutMs = 60_000
    /// 0: as long as it lasts.
    public var connectionLifetimeMs = 0
    public var requestsPerConnectionMax = Int.max
    public var proxyProtocol: ProxyProtocolVersion?
    /// For servers with a `tlsName`; nil where there are none.
    public var tls: ClientTLSContext?
    public var serverProtocol = ServerProtocolPlan.negotiated
    public var http2 = ServerHTTP2Plan()
    /// What servers get as Host; a route may say otherwise.
    public var host = HostField.keep
    /// RFC 9110 §7.6.3.
    public var sendsVia = true
    public var responseHeadLimits = HeadLimits(startLineBytes: 8 << 10, headBytes: 64 << 10, fields: 256)
    public var timeouts = ServerTimeouts()
    public var retries = RetryPlan()
    public var ejection: EjectionPlan? = EjectionPlan()
    /// How the control plane asks the servers whether they are well.
    public var check: CheckPlan?
    /// Bounds over the upstream as a whole.
    public var breaker: BreakerPlan?
    /// A limit that follows latency.
    public var adaptive: AdaptivePlan?
    /// When fewer servers than this are fit, in percent, all are used.
    public var panicPercent = 10

    public init(name: String, servers: [ServerPlan]) {
        self.name = name
        self.servers = servers
    }
}

/// How requests wait for a server with room.
public struct QueuePlan: Sendable, Equatable {
    /// Requests that wait, over all workers.
    public var lengthMax = 100
    public var timeoutMs = 5_000
    public init() {}
}

/// The sites' hosts and routes.
public struct SitePlan: Sendable {
    public var name: String
    /// Empty: any host.
    public var hosts: [HostPattern]
    public var routes: [RoutePlan]
    /// For requests that no route takes.
    public var errorPages: ErrorPages?
    /// What its clients' connections must have proved.
    public var tls = SiteTLSPlan()
    /// Tells browsers to come by https alone.
    public var transportSecurity: TransportSecurityPlan?

    public init(name: String, hosts: [HostPattern], routes: [RoutePlan]) {
        self.name = name
        self.hosts = hosts
        self.routes = routes
    }
}

/// One route: what it takes and what becomes of it.
public struct RoutePlan: Sendable {
    /// What a matched request is given to.
    public enum Action: Sendable {
        /// The index of an upstream in the plan.
        case proxy(upstream: Int)
        case split(SplitPlan)
        case answer(FixedAnswer)
    }

    public var name: String
    /// Where it stands, as FILE:LINE:COLUMN.
    public var origin: String
    /// Any of these; empty: any path.
    public var paths: [PathPattern] = []
    /// What must hold besides.
    public var conditions: [RouteCondition] = []
    public var action: Action
    /// Who gets copies of forwarded requests.
    public var mirror: MirrorPlan?
    public var clientTimeouts = ClientTimeoutOverrides()
    public var serverTimeouts: ServerTimeouts?
    public var rates: RateFloor?
    /// Bytes of a request's body.
    public var bodyBytesMax = Int.max
    /// Lower-case Upgrade tokens that may pass.
    public var upgrades = ["websocket"]
    public var allowedEncodings: AllowedEncodings = []
    public var rewriting = RewritingPlan()
    /// gRPC-Web is turned into gRPC.
    public var translatesGRPCWeb = false
    /// Filters of this route alone.
    public var filters: [any FilterFactory] = []

    public init(name: String, origin: String, action: Action) {
        self.name = name
        self.origin = origin
        self.action = action
    }
}
