import FoundationEssentials
import GateHTTP

/// Reads the field Retry-After (RFC 9110 §10.2.3): seconds, or a date.
enum RetryAfter {
    /// What nobody waits longer than: a year, so that nonsense does no harm.
    private static let secondsMax = 366 * 86_400

    static func date(_ text: String?, now: Date) -> Date? {
        guard let text else { return nil }
        if let seconds = Int(text), seconds >= 0 {
            return now.addingTimeInterval(Double(min(seconds, secondsMax)))
        }
        let nowSeconds = Int(now.timeIntervalSince1970)
        let bytes = Array(text.utf8)
        guard let seconds = HTTPDate.parse(bytes.span, nowSeconds: nowSeconds) else { return nil }
        return Date(timeIntervalSince1970: Double(min(max(seconds, nowSeconds), nowSeconds + secondsMax)))
    }
}
