import FoundationEssentials

/// When a certificate is renewed, and when a failure is followed by another attempt.
enum RenewalSchedule {
    /// Lives that are short leave less room for failures, so they are renewed at their half.
    static let shortLifeSeconds = 10.0 * 86_400

    /// The first wait after a failure. The waits grow by four, so that an hour has five attempts: as many failed validations
    /// for a name as Let's Encrypt allows.
    static let retrySecondsMin = 60.0
    static let retrySecondsMax = 86_400.0
    private static let growth = 4.0
    private static let pauseSecondsMax = 6.0 * 3600

    /// Two thirds of the life, or a half if that is short.
    static func renewal(notBefore: Date, notAfter: Date) -> Date {
        let life = notAfter.timeIntervalSince(notBefore)
        return notBefore.addingTimeInterval(life <= shortLifeSeconds ? life / 2 : life * 2 / 3)
    }

    /// The least time from one certificate to the next, in seconds, so that an authority that always wants a renewal at once
    /// does not get orders without end.
    static func pause(notBefore: Date, notAfter: Date) -> Double {
        min(pauseSecondsMax, notAfter.timeIntervalSince(notBefore) / 4)
    }

    /// A time in the window, each as likely (RFC 9773 §4.2).
    static func moment(in window: RenewalWindow, random: (ClosedRange<Double>) -> Double) -> Date {
        window.start.addingTimeInterval(random(0...window.end.timeIntervalSince(window.start)))
    }

    /// Seconds to wait after so many failures in a row: grows up to a day, with a tenth more or less.
    static func wait(afterFailures failures: Int, random: (ClosedRange<Double>) -> Double) -> Double {
        precondition(failures >= 1)
        var wait = retrySecondsMin
        for _ in 1..<failures where wait < retrySecondsMax { wait *= growth }
        return min(wait, retrySecondsMax) * random(0.9...1.1)
    }
}
