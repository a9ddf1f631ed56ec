// When the authority wants a certificate renewed (RFC 9773).

import FoundationEssentials

/// A span of time in which to renew.
struct RenewalWindow: Sendable, Codable, Equatable {
    var start: Date
    var end: Date
}

/// What an authority says about renewing a certificate.
struct RenewalInfo: Sendable, Equatable {
    var window: RenewalWindow
    /// When to ask again, within bounds.
    var askAgain: Date
    /// A page that says why, when it wants an early renewal.
    var explanation: String?
}

extension ACMEClient {
    private struct Answer: Decodable {
        struct Window: Decodable {
            var start: String
            var end: String
        }
        var suggestedWindow: Window
        var explanationURL: String?
    }

    /// RFC 9773 §4.3.2: what an authority may ask for, within reason.
    private static let askAgainSeconds = 60.0...86_400.0
    private static let askAgainUsualSeconds = 21_600.0

    /// Nil when the authority has no such service, or does not know the certificate.
    /// - Parameter identifier: RFC 9773 §4.1.
    func renewalInfo(_ identifier: String) async throws -> RenewalInfo? {
        guard let base = try await directory().renewalInfo else { return nil }
        let response = try await get("\(base)/\(identifier)")
        if response.status == 404 { return nil }
        guard response.status == 200 else { throw failure(response, doing: "to say when to renew") }
        let answer = try decode(Answer.self, response, "renewal time")
        guard let start = RFC3339.date(answer.suggestedWindow.start),
            let end = RFC3339.date(answer.suggestedWindow.end),
            start < end
        else { throw ACMEFailure(.unreachable, "\(authority.directory) suggests a renewal at no time at all") }
        let now = time.now()
        let wait = RetryAfter.date(response.retryAfter, now: now).map { $0.timeIntervalSince(now) }
        let bounds = Self.askAgainSeconds
        let seconds = min(max(wait ?? Self.askAgainUsualSeconds, bounds.lowerBound), bounds.upperBound)
        return RenewalInfo(
            window: RenewalWindow(start: start, end: end), askAgain: now.addingTimeInterval(seconds),
            explanation: answer.explanationURL)
    }
}

/// Times as RFC 3339 writes them, with or without fractions of seconds.
enum RFC3339 {
    static func date(_ text: String) -> Date? {
        if let date = try? Date(text, strategy: .iso8601) { return date }
        return try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}
