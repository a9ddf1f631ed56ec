public import GateConfig

extension Configuration {
    /// What is served for some hosts.
    public struct Site: Sendable, Equatable {
        /// A name for logs. Default none; then logs show the first host.
        public var name: String?
        /// The hosts; empty is any host that no other site names.
        public var hosts: [HostPattern]
        /// TLS for these hosts, where listeners speak it.
        public var tls: SiteTLS
        /// Strict-Transport-Security. Nil: none of ours.
        public var hsts: HSTS?
        /// The routes; the first that matches answers.
        public var routes: [Route]
        /// Timeouts of this site: all but head, idle and linger.
        public var timeouts: TimeoutOverrides
        /// Limits of this site: the body and the rates.
        public var limits: LimitOverrides
        /// What it changes of requests and responses.
        public var rewriting: Rewriting
        /// Where it was written.
        public var origin: Origin

        /// Makes a site; every argument left out has its default.
        public init(
            name: String? = nil, hosts: [HostPattern] = [], tls: SiteTLS = SiteTLS(), hsts: HSTS? = nil,
            routes: [Route] = [],
            timeouts: TimeoutOverrides = TimeoutOverrides(), limits: LimitOverrides = LimitOverrides(),
            rewriting: Rewriting = Rewriting(), origin: Origin = Origin()
        ) {
            self.name = name
            self.hosts = hosts
            self.tls = tls
            self.hsts = hsts
            self.routes = routes
            self.timeouts = timeouts
            self.limits = limits
            self.rewriting = rewriting
            self.origin = origin
        }

        /// The name, or the first host, or `*`.
        public var label: String { name ?? hosts.first.map { "\($0)" } ?? "*" }
    }
}
