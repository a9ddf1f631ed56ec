// The request's Cookie field (RFC 6265 §4.2): `name=value; name=value`.

import GateCore

/// Finds cookies in the value of a Cookie field.
public enum CookieField {
    /// Where the value of the first cookie of this name stands, without quotes around it. Names are told apart by case.
    public static func find(_ name: Span<UInt8>, in field: Span<UInt8>) -> Range<Int>? {
        var at = 0
        while at < field.count {
            while at < field.count, isSpace(field[at]) { at += 1 }
            var end = at
            while end < field.count, field[end] != semicolon { end += 1 }
            if let value = value(of: name, in: field, at..<end) { return value }
            at = end + 1
        }
        return nil
    }

    private static let semicolon = UInt8(ascii: ";")
    private static let quote = UInt8(ascii: "\"")

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private static func value(of name: Span<UInt8>, in field: Span<UInt8>, _ pair: Range<Int>) -> Range<Int>? {
        let start = pair.lowerBound + name.count
        guard start < pair.upperBound, field[start] == UInt8(ascii: "=") else { return nil }
        for index in 0..<name.count where field[pair.lowerBound + index] != name[index] { return nil }
        var (first, end) = (start + 1, pair.upperBound)
        while end > first, isSpace(field[end - 1]) { end -= 1 }
        if end - first >= 2, field[first] == quote, field[end - 1] == quote { (first, end) = (first + 1, end - 1) }
        return first..<end
    }
}
