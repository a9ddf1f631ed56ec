// Parameters of queries and cookies, found where they stand.

import GateCore

/// `name=value&name=value`, as the WHATWG URL standard reads it. Names are compared with their percent-encoding undone.
enum QueryPairs {
    /// The end of the pair that begins at `start`.
    static func end(_ query: Span<UInt8>, from start: Int) -> Int {
        ASCII.index(of: UInt8(ascii: "&"), in: query, from: start)
    }

    /// The raw value of the first parameter with this name; empty for one without a value.
    static func value(of name: Span<UInt8>, in query: Span<UInt8>) -> Range<Int>? {
        var start = 0
        while start < query.count {
            let end = end(query, from: start)
            let nameEnd = start + nameCount(query.extracting(start..<end))
            if isName(query.extracting(start..<nameEnd), name) { return min(nameEnd + 1, end)..<end }
            start = end + 1
        }
        return nil
    }

    /// The bytes before the `=` of a pair.
    static func nameCount(_ pair: Span<UInt8>) -> Int { ASCII.index(of: UInt8(ascii: "="), in: pair, from: 0) }

    /// Whether a raw name means `name`.
    static func isName(_ raw: Span<UInt8>, _ name: Span<UInt8>) -> Bool {
        begins(raw, with: name) == raw.count
    }

    /// Whether a raw name means something that begins with `prefix`.
    static func hasPrefix(_ raw: Span<UInt8>, _ prefix: Span<UInt8>) -> Bool { begins(raw, with: prefix) != nil }

    /// How many raw bytes stand for `name` at the start of `raw`; nil when it begins with something else.
    private static func begins(_ raw: Span<UInt8>, with name: Span<UInt8>) -> Int? {
        var i = 0
        for j in 0..<name.count {
            guard i < raw.count else { return nil }
            var byte = raw[i]
            var width = 1
            if byte == UInt8(ascii: "+") {
                byte = ASCII.space
            } else if byte == UInt8(ascii: "%"), i + 2 < raw.count, let high = ASCII.hexValue(raw[i + 1]),
                let low = ASCII.hexValue(raw[i + 2])
            {
                byte = UInt8(high << 4 | low)
                width = 3
            }
            guard byte == name[j] else { return nil }
            i += width
        }
        return i
    }
}

/// `name=value; name=value` (RFC 6265 §4.2.1).
enum CookiePairs {
    /// The value of the first cookie with this name, its quotes included.
    static func value(of name: Span<UInt8>, in cookies: Span<UInt8>) -> Range<Int>? {
        var start = 0
        while start < cookies.count {
            let end = ASCII.index(of: UInt8(ascii: ";"), in: cookies, from: start)
            let nameEnd = start + QueryPairs.nameCount(cookies.extracting(start..<end))
            if nameEnd < end, ASCII.equals(cookies.extracting(ASCII.trimmed(cookies, start..<nameEnd)), name) {
                return ASCII.trimmed(cookies, (nameEnd + 1)..<end)
            }
            start = end + 1
        }
        return nil
    }
}
