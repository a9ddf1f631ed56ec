import FoundationEssentials
import Testing

@testable import GateCertificates

@Suite("Times of renewal and of attempts")
struct ScheduleTests {
    private let start = Date(timeIntervalSince1970: 1_800_000_000)
    private let day = 86_400.0

    @Test("two thirds of the life, half of a short one", arguments: [(90.0, 60.0), (10.001, 6.667), (10, 5), (6, 3)])
    func life(_ days: Double, _ renewal: Double) {
        let date = RenewalSchedule.renewal(notBefore: start, notAfter: start.addingTimeInterval(days * day))
        #expect(abs(date.timeIntervalSince(start) / day - renewal) < 0.01)
    }

    @Test(
        "waits grow by four from a minute to a day",
        arguments: [(1, 60.0), (2, 240), (3, 960), (6, 61_440), (7, 86_400), (1000, 86_400)])
    func waits(_ failures: Int, _ seconds: Double) {
        #expect(RenewalSchedule.wait(afterFailures: failures) { _ in 1 } == seconds)
        #expect(RenewalSchedule.wait(afterFailures: failures) { $0.lowerBound } == seconds * 0.9)
        #expect(RenewalSchedule.wait(afterFailures: failures) { $0.upperBound } == seconds * 1.1)
    }

    @Test("an hour has no more attempts than Let's Encrypt allows failed validations for a name")
    func hour() {
        var at = 0.0
        var attempts = 1
        while true {
            at += RenewalSchedule.wait(afterFailures: attempts) { $0.lowerBound }
            guard at < 3600 else { break }
            attempts += 1
        }
        #expect(attempts <= 4)
    }

    @Test("any moment in the window (RFC 9773 §4.2)")
    func window() {
        let window = RenewalWindow(start: start, end: start.addingTimeInterval(100))
        #expect(RenewalSchedule.moment(in: window) { $0.lowerBound } == start)
        #expect(RenewalSchedule.moment(in: window) { $0.upperBound } == window.end)
    }

    @Test("Retry-After is seconds or a date, within a year (RFC 9110 §10.2.3)")
    func retryAfter() {
        func seconds(_ text: String?) -> Double? { RetryAfter.date(text, now: start)?.timeIntervalSince(start) }
        #expect(seconds("120") == 120)
        #expect(seconds("Fri, 15 Jan 2027 08:01:00 GMT") == 60)
        #expect(seconds("Thu, 14 Jan 2027 08:01:00 GMT") == 0)
        #expect(seconds("99999999999999") == 366 * day)
        for text in [nil, "", "-1", "soon", "1.5", "99999999999999999999"] { #expect(seconds(text) == nil) }
    }

    @Test(
        "times are read with and without fractions (RFC 3339)",
        arguments: ["2027-01-15T08:00:00Z", "2027-01-15T08:00:00.000Z", "2027-01-15T09:00:00+01:00"])
    func times(_ text: String) { #expect(RFC3339.date(text) == start) }
}
