// Seconds since 1970 and the proleptic Gregorian calendar, in UTC. No time zones, no leap seconds, no library.

/// A moment as people write it.
struct CivilTime: Equatable, Sendable {
    /// 0...9999 where a date is written.
    var year: Int
    /// 1...12
    var month: Int
    /// 1...31
    var day: Int
    var hour: Int
    var minute: Int
    var second: Int

    static let secondsOfDay = 86_400

    init(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) {
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
    }

    /// The moment that is `seconds` after 1970-01-01.
    init(unixSeconds seconds: Int) {
        let days = Self.floorDivide(seconds, Self.secondsOfDay)
        let rest = seconds - days * Self.secondsOfDay
        (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60)
        (year, month, day) = Self.date(days: days)
    }

    var unixSeconds: Int {
        Self.days(year: year, month: month, day: day) * Self.secondsOfDay + hour * 3600 + minute * 60 + second
    }

    /// 0 for Sunday.
    var weekday: Int {
        let days = Self.days(year: year, month: month, day: day)
        return days + 4 - Self.floorDivide(days + 4, 7) * 7
    }

    /// Whether the parts name a moment. A leap second (60) is one: it counts as the next minute's first.
    var isValid: Bool {
        guard (0...9999).contains(year), (1...12).contains(month), day >= 1 else { return false }
        guard (0...23).contains(hour), (0...59).contains(minute), (0...60).contains(second) else { return false }
        return day <= Self.daysIn(month: month, year: year)
    }

    private static func daysIn(month: Int, year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970-01-01. The year begins in March here, so that the leap day comes last: eras of 400 years.
    private static func days(year: Int, month: Int, day: Int) -> Int {
        let y = month <= 2 ? year - 1 : year
        let era = floorDivide(y, 400)
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    private static func date(days: Int) -> (Int, Int, Int) {
        let z = days + 719_468
        let era = floorDivide(z, 146_097)
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
    }

    private static func floorDivide(_ a: Int, _ b: Int) -> Int { a >= 0 ? a / b : -((b - 1 - a) / b) }
}
