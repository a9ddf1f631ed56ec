extension Configuration {
    /// Bounds over an upstream as a whole.
    public struct CircuitBreaker: Sendable, Equatable {
        /// Open connections. Default unlimited.
        public var connectionsMax: Int
        /// Connections that are being made. Default unlimited.
        public var pendingMax: Int
        /// Requests under way. Default unlimited.
        public var requestsMax: Int
        /// Requests under way that are tried again. Default unlimited.
        public var retriesMax: Int

        /// Makes bounds; every argument left out has its default.
        public init(
            connectionsMax: Int = Configuration.unlimited, pendingMax: Int = Configuration.unlimited,
            requestsMax: Int = Configuration.unlimited, retriesMax: Int = Configuration.unlimited
        ) {
            self.connectionsMax = connectionsMax
            self.pendingMax = pendingMax
            self.requestsMax = requestsMax
            self.retriesMax = retriesMax
        }
    }

    /// A limit of requests under way that follows the upstream's latency.
    public struct AdaptiveConcurrency: Sendable, Equatable {
        /// The limit at the start, 1...1,000,000. Default 20.
        public var limitStart: Int
        /// The least that it shrinks to. Default 4.
        public var limitMin: Int
        /// The most that it grows to. Default 1000.
        public var limitMax: Int
        /// How long answers may take against the usual, in percent, 110...1000. Default 150.
        public var tolerancePercent: Int
        /// Milliseconds between two looks. Default 1000.
        public var windowMs: Int

        /// Makes rules; every argument left out has its default.
        public init(
            limitStart: Int = 20, limitMin: Int = 4, limitMax: Int = 1000, tolerancePercent: Int = 150,
            windowMs: Int = 1000
        ) {
            self.limitStart = limitStart
            self.limitMin = limitMin
            self.limitMax = limitMax
            self.tolerancePercent = tolerancePercent
            self.windowMs = windowMs
        }
    }
}
