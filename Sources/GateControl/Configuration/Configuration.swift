// What a user can say, as values. Made from text by ConfigurationLoader, or by a program through the initialisers.
// Nothing here listens, connects or routes: that is the plan's business.
public import GateCertificates
public import GateConfig
public import GateCore

/// A whole configuration.
///
/// Two sentinels keep the settings plain numbers: a duration or rate of `0` is off, a count of `Int.max` is no limit.
public struct Configuration: Sendable, Equatable {
    /// Threads that serve, 1...256. Nil: one per core.
    public var workers: Int?
    /// Milliseconds that a graceful stop waits for exchanges to end. Default 30,000.
    public var shutdownTimeoutMs: Int
    /// Addresses whose X-Forwarded-* and Forwarded fields are believed. Default none.
    public var trustedProxies: AddressSet
    /// The folder where keys and certificates that Gatehouse got or made itself live. Nil: `StateFolder` finds one.
    public var state: String?
    /// Where clients connect.
    public var listeners: [Listener]
    /// Groups of servers, in the order of the file; those that routes wrote as a bare URL come last.
    public var upstreams: [Upstream]
    /// What is served, by host.
    public var sites: [Site]
    /// Timeouts where no listener, upstream, site or route says otherwise.
    public var timeouts: Timeouts
    /// Limits where no listener, upstream, site or route says otherwise.
    public var limits: Limits
    /// The error log and the access log.
    public var log: Log
    /// How servers' names are looked up.
    public var resolver = Resolver()
    /// How certificates are got from public authorities.
    public var acme = ACMESettings()
    /// The program of `acme.dns.hook`, so that a check can say where a missing one is written. Nil: there is none, or the
    /// settings come from a program.
    public var dnsHook: FileReference?

    /// Makes a configuration; every argument left out has its default.
    public init(
        workers: Int? = nil, shutdownTimeoutMs: Int = 30_000, trustedProxies: AddressSet = [],
        listeners: [Listener] = [],
        upstreams: [Upstream] = [], sites: [Site] = [], timeouts: Timeouts = Timeouts(), limits: Limits = Limits(),
        log: Log = Log()
    ) {
        self.workers = workers
        self.shutdownTimeoutMs = shutdownTimeoutMs
        self.trustedProxies = trustedProxies
        self.listeners = listeners
        self.upstreams = upstreams
        self.sites = sites
        self.timeouts = timeouts
        self.limits = limits
        self.log = log
    }

    /// The upstream of that name. O(n).
    public func upstream(named name: String) -> Upstream? { upstreams.first { $0.name == name } }

    /// The value of a count that has no limit.
    public static let unlimited = Int.max
    /// The value of a duration or rate that is switched off.
    public static let off = 0
}
