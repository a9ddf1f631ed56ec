extension Configuration {
    /// When a request is tried again on another connection or server.
    public struct Retries: Sendable, Equatable {
        /// Further attempts for one request, 0...10. Default 1.
        public var attemptsMax: Int
        /// After which failures. Default connect, reset, timeout.
        public var triggers: Set<RetryTrigger>
        /// After which statuses. Default none.
        public var statuses: Statuses
        /// Milliseconds that one attempt may take up to the head of its answer. Default off.
        public var perTryMs: Int
        /// The waits between attempts.
        public var backoff: Backoff
        /// Retries as a percentage of the requests of the last seconds, 0...100. Default 20.
        public var budgetPercent: Int
        /// Retries per second that the budget always allows, 0...1,000,000. Default 10.
        public var perSecondMin: Int

        /// Makes retry rules; every argument left out has its default.
        public init(
            attemptsMax: Int = 1, triggers: Set<RetryTrigger> = [.connect, .reset, .timeout], statuses: Statuses = [],
            perTryMs: Int = Configuration.off, backoff: Backoff = Backoff(), budgetPercent: Int = 20,
            perSecondMin: Int = 10
        ) {
            self.attemptsMax = attemptsMax
            self.triggers = triggers
            self.statuses = statuses
            self.perTryMs = perTryMs
            self.backoff = backoff
            self.budgetPercent = budgetPercent
            self.perSecondMin = perSecondMin
        }
    }

    /// A failure after which a request may be tried again.
    public enum RetryTrigger: String, Sendable, CaseIterable {
        /// No connection came about.
        case connect
        /// The connection ended before the head of the answer was there.
        case reset
        /// The head of the answer was not there in time.
        case timeout
        /// The head of the answer broke HTTP's rules.
        case badResponse = "bad_response"
    }

    /// The waits between attempts: random, up to a bound that doubles.
    public struct Backoff: Sendable, Equatable {
        /// Milliseconds that the second retry waits at most; the first does not wait. Default 25.
        public var fromMs: Int
        /// Milliseconds that any retry waits at most. Default 250.
        public var toMs: Int

        /// Makes the rules; every argument left out has its default.
        public init(fromMs: Int = 25, toMs: Int = 250) {
            self.fromMs = fromMs
            self.toMs = toMs
        }
    }
}
