extension Configuration {
    /// When a request is tried again on another connection or server.
    public struct Retries: Sendable, Equatable {
        /// Further attempts for one request, 0...10. Default 1.
        public var attemptsMax: Int
        /// Retries as a percentage of the requests of the last seconds, 0...100. Default 20.
        public var budgetPercent: Int
        /// Retries per second that the budget always allows, 0...1,000,000. Default 10.
        public var perSecondMin: Int

        /// Makes retry rules; every argument left out has its default.
        public init(attemptsMax: Int = 1, budgetPercent: Int = 20, perSecondMin: Int = 10) {
            self.attemptsMax = attemptsMax
            self.budgetPercent = budgetPercent
            self.perSecondMin = perSecondMin
        }
    }
}
