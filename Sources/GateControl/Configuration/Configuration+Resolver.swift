public import GateCore

extension Configuration {
    /// How servers' names are looked up.
    public struct Resolver: Sendable, Equatable {
        /// Name servers. Empty: those of /etc/resolv.conf.
        public var servers: [SocketAddress]
        /// Milliseconds that a name server has to answer. Default 2,000.
        public var timeoutMs: Int
        /// Rounds through the name servers, 1...10. Default 2.
        public var attempts: Int
        /// The least that an answer holds, in milliseconds, and the pause after a first failure. Default 1,000.
        public var ttlMsMin: Int
        /// The most that an answer holds, in milliseconds. Default 3,600,000.
        public var ttlMsMax: Int

        /// Makes rules; every argument left out has its default.
        public init(
            servers: [SocketAddress] = [], timeoutMs: Int = 2_000, attempts: Int = 2, ttlMsMin: Int = 1_000,
            ttlMsMax: Int = 3_600_000
        ) {
            self.servers = servers
            self.timeoutMs = timeoutMs
            self.attempts = attempts
            self.ttlMsMin = ttlMsMin
            self.ttlMsMax = ttlMsMax
        }
    }
}
