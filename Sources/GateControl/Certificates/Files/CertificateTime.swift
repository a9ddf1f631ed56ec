internal import Glibc

/// Times of certificates: seconds since 1970.
enum CertificateTime {
    /// The time now.
    static var now: Int64 { Int64(time(nil)) }

    /// A day as `2026-11-20`.
    static func day(_ seconds: Int64) -> String {
        let (year, month, day) = civil(seconds)
        return "\(year)-\(twoDigits(month))-\(twoDigits(day))"
    }

    private static func civil(_ seconds: Int64) -> (Int, Int, Int) {
        var (seconds, parts) = (time_t(seconds), tm())
        gmtime_r(&seconds, &parts)
        return (Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1, Int(parts.tm_mday))
    }

    private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
