import FoundationEssentials

/// Looks at an object until it has changed, as often as its authority likes and not for ever.
struct Polling: Sendable {
    var time: TimeSource
    /// What all waits may come to.
    var secondsMax = 300.0

    /// The shortest and the longest wait, whatever the authority says.
    private static let waitSeconds = 0.5...60.0

    /// - Parameter look: answers nil when there is nothing new, along with what Retry-After said.
    /// - Throws: `ACMEFailure` of the kind `late`, and what `look` throws.
    func until<Value>(
        _ what: String, _ look: () async throws -> (value: Value?, response: ACMEResponse)
    ) async throws -> Value {
        let end = time.now().addingTimeInterval(secondsMax)
        var usual = Self.waitSeconds.lowerBound
        while true {
            let (value, response) = try await look()
            if let value { return value }
            let now = time.now()
            let asked = RetryAfter.date(response.retryAfter, now: now)?.timeIntervalSince(now)
            let wait = min(max(asked ?? usual, Self.waitSeconds.lowerBound), Self.waitSeconds.upperBound)
            guard now.addingTimeInterval(wait) < end else {
                throw ACMEFailure(.late, "the authority has not finished \(what) within \(Int(secondsMax)) s")
            }
            try await time.sleep(wait)
            usual = min(usual * 1.5, 10)
        }
    }
}
