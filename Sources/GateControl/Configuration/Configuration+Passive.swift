extension Configuration {
    /// When a server that fails requests is left out for a while.
    public struct Passive: Sendable, Equatable {
        /// Failures in a row, 1...1000. Default 5.
        public var failuresMax: Int
        /// Milliseconds that the server is left out the first time. Default 30,000.
        public var ejectionMs: Int
        /// The most milliseconds that repetition makes of it. Default 300,000.
        public var ejectionMsMax: Int
        /// The most servers left out at once, as a percentage of the upstream, 0...100. Default 50.
        public var shareMaxPercent: Int
        /// Answers that count as failures. Default 502, 503, 504.
        public var statuses: Statuses
        /// The share of failures that is too much. Default none.
        public var failureRate: FailureRate?
        /// When a server is too slow beside the others. Default never.
        public var latency: Latency?

        /// Makes the rules; every argument left out has its default.
        public init(
            failuresMax: Int = 5, ejectionMs: Int = 30_000, ejectionMsMax: Int = 300_000, shareMaxPercent: Int = 50,
            statuses: Statuses = [502...504], failureRate: FailureRate? = nil, latency: Latency? = nil
        ) {
            self.failuresMax = failuresMax
            self.ejectionMs = ejectionMs
            self.ejectionMsMax = ejectionMsMax
            self.shareMaxPercent = shareMaxPercent
            self.statuses = statuses
            self.failureRate = failureRate
            self.latency = latency
        }
    }

    /// The share of failed requests that is too much.
    public struct FailureRate: Sendable, Equatable {
        /// Of the requests, in percent, 1...100. Default 50.
        public var percent: Int
        /// Requests in the window below which nothing is said, for each worker. Default 50.
        public var requestsMin: Int
        /// Milliseconds that are looked at. Default 10,000.
        public var windowMs: Int

        /// Makes a rule; every argument left out has its default.
        public init(percent: Int = 50, requestsMin: Int = 50, windowMs: Int = 10_000) {
            self.percent = percent
            self.requestsMin = requestsMin
            self.windowMs = windowMs
        }
    }

    /// When a server is too slow in comparison with the others.
    public struct Latency: Sendable, Equatable {
        /// Its mean against the median of all means, in percent, 110...10,000. Default 300.
        public var factorPercent: Int
        /// Milliseconds that are never too slow. Default 50.
        public var floorMs: Int
        /// Answers that a mean needs, for each worker. Default 50.
        public var requestsMin: Int

        /// Makes a rule; every argument left out has its default.
        public init(factorPercent: Int = 300, floorMs: Int = 50, requestsMin: Int = 50) {
            self.factorPercent = factorPercent
            self.floorMs = floorMs
            self.requestsMin = requestsMin
        }
    }
}
