// Dates of HTTP: RFC 9110 §5.6.7. One form is written, three are read.

public import GateCore

/// Writes and reads HTTP dates as seconds since 1970.
public enum HTTPDate {
    /// Bytes of the form that is written: `Sun, 06 Nov 1994 08:49:37 GMT`.
    public static let byteCount = 29
    /// The last second of the year 9999, behind which four digits end.
    public static let secondsMax = 253_402_300_799

    private static let weekdays: StaticString = "SunMonTueWedThuFriSat"
    private static let months: StaticString = "JanFebMarAprMayJunJulAugSepOctNovDec"

    /// Appends the IMF-fixdate of `unixSeconds`, 29 bytes. What lies outside of 1970 to 9999 is written as their ends.
    public static func append(unixSeconds: Int, to buffer: inout ByteBuffer) {
        let time = CivilTime(unixSeconds: min(max(unixSeconds, 0), secondsMax))
        buffer.reserve(byteCount)
        appendName(weekdays, time.weekday, to: &buffer)
        buffer.append(", ")
        appendTwoDigits(time.day, to: &buffer)
        buffer.append(byte: ASCII.space)
        appendName(months, time.month - 1, to: &buffer)
        buffer.append(byte: ASCII.space)
        appendTwoDigits(time.year / 100, to: &buffer)
        appendTwoDigits(time.year % 100, to: &buffer)
        buffer.append(byte: ASCII.space)
        appendTwoDigits(time.hour, to: &buffer)
        buffer.append(byte: ASCII.colon)
        appendTwoDigits(time.minute, to: &buffer)
        buffer.append(byte: ASCII.colon)
        appendTwoDigits(time.second, to: &buffer)
        buffer.append(" GMT")
    }

    private static func appendName(_ names: StaticString, _ index: Int, to buffer: inout ByteBuffer) {
        precondition(index >= 0)
        precondition(index * 3 + 3 <= names.utf8CodeUnitCount)
        // Safe: the index was just checked.
        for i in 0..<3 { unsafe buffer.append(byte: names.utf8Start[index * 3 + i]) }
    }

    private static func appendTwoDigits(_ value: Int, to buffer: inout ByteBuffer) {
        buffer.append(byte: 0x30 + UInt8(value / 10))
        buffer.append(byte: 0x30 + UInt8(value % 10))
    }

    /// Reads an IMF-fixdate, an RFC 850 date or an asctime date; nil for anything else.
    ///
    /// A two-digit year that seems more than 50 years ahead of `nowSeconds` lies in the past (RFC 9110 §5.6.7).
    /// Names are read in any case, a weekday is not checked against its date.
    public static func parse(_ bytes: Span<UInt8>, nowSeconds: Int) -> Int? {
        guard bytes.count >= 24 && bytes.count <= 33 else { return nil }
        if bytes[3] == ASCII.comma { return fixdate(bytes) }
        if bytes[3] == ASCII.space { return asctime(bytes) }
        return rfc850(bytes, nowSeconds)
    }

    /// `Sun, 06 Nov 1994 08:49:37 GMT`
    private static func fixdate(_ bytes: Span<UInt8>) -> Int? {
        guard bytes.count == byteCount, name(bytes, 0, weekdays) != nil else { return nil }
        guard bytes[4] == ASCII.space, bytes[7] == ASCII.space, bytes[11] == ASCII.space, bytes[16] == ASCII.space,
            ASCII.spells(bytes.extracting(25..<29), " GMT")
        else { return nil }
        return seconds(bytes, year: number(bytes, 12, 4), month: 8, day: number(bytes, 5, 2), clock: 17)
    }

    /// `Sun Nov  6 08:49:37 1994`
    private static func asctime(_ bytes: Span<UInt8>) -> Int? {
        guard bytes.count == 24, name(bytes, 0, weekdays) != nil else { return nil }
        guard bytes[7] == ASCII.space, bytes[10] == ASCII.space, bytes[19] == ASCII.space else { return nil }
        let day = bytes[8] == ASCII.space ? number(bytes, 9, 1) : number(bytes, 8, 2)
        return seconds(bytes, year: number(bytes, 20, 4), month: 4, day: day, clock: 11)
    }

    /// `Sunday, 06-Nov-94 08:49:37 GMT`
    private static func rfc850(_ bytes: Span<UInt8>, _ nowSeconds: Int) -> Int? {
        let comma = ASCII.index(of: ASCII.comma, in: bytes, from: 0)
        guard bytes.count == comma + 24, isLongWeekday(bytes.extracting(0..<comma)) else { return nil }
        guard bytes[comma + 1] == ASCII.space, bytes[comma + 4] == 0x2D, bytes[comma + 8] == 0x2D,
            bytes[comma + 11] == ASCII.space, ASCII.spells(bytes.extracting((comma + 20)..<(comma + 24)), " GMT"),
            let shortYear = number(bytes, comma + 9, 2)
        else { return nil }
        let thisYear = CivilTime(unixSeconds: min(max(nowSeconds, 0), secondsMax)).year
        var year = thisYear - thisYear % 100 + shortYear
        if year > thisYear + 50 { year -= 100 }
        return seconds(bytes, year: year, month: comma + 5, day: number(bytes, comma + 2, 2), clock: comma + 12)
    }

    private static func isLongWeekday(_ bytes: Span<UInt8>) -> Bool {
        ASCII.matches(bytes, "sunday") || ASCII.matches(bytes, "monday") || ASCII.matches(bytes, "tuesday")
            || ASCII.matches(bytes, "wednesday") || ASCII.matches(bytes, "thursday") || ASCII.matches(bytes, "friday")
            || ASCII.matches(bytes, "saturday")
    }

    /// `month` and `clock` are the indices of a month's name and of `hh:mm:ss`.
    private static func seconds(_ bytes: Span<UInt8>, year: Int?, month: Int, day: Int?, clock: Int) -> Int? {
        guard let year, let day, let month = name(bytes, month, months), bytes[clock + 2] == ASCII.colon,
            bytes[clock + 5] == ASCII.colon, let hour = number(bytes, clock, 2),
            let minute = number(bytes, clock + 3, 2), let second = number(bytes, clock + 6, 2)
        else { return nil }
        let time = CivilTime(year: year, month: month + 1, day: day, hour: hour, minute: minute, second: second)
        return time.isValid ? time.unixSeconds : nil
    }

    private static func number(_ bytes: Span<UInt8>, _ at: Int, _ count: Int) -> Int? {
        ASCII.decimal(bytes.extracting(at..<(at + count)))
    }

    /// Which of `names`, three letters each, stands at `at`.
    private static func name(_ bytes: Span<UInt8>, _ at: Int, _ names: StaticString) -> Int? {
        for index in 0..<(names.utf8CodeUnitCount / 3) where isName(bytes, at, names, index) { return index }
        return nil
    }

    private static func isName(_ bytes: Span<UInt8>, _ at: Int, _ names: StaticString, _ index: Int) -> Bool {
        for i in 0..<3 {
            // Safe: callers pass an index below utf8CodeUnitCount / 3.
            let letter = unsafe names.utf8Start[index * 3 + i]
            if ASCII.lowercased(bytes[at + i]) != ASCII.lowercased(letter) { return false }
        }
        return true
    }
}
