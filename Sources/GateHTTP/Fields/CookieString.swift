// A Cookie field's pairs (RFC 6265 §4.2.1, read as leniently as §5.4 makes servers do).

import GateCore

/// Steps through the cookies of one Cookie field line.
///
///     var pairs = CookieString()
///     while let pair = pairs.next(in: value) { … }
public struct CookieString: BitwiseCopyable, Sendable {
    /// Where one cookie stands. Quotes around a value are part of it, as they are for browsers.
    public struct Pair: Equatable, Sendable {
        public var name: Range<Int>
        public var value: Range<Int>
    }

    private var at = 0

    public init() {}

    /// The next cookie; nil at the end. What has no `=` or no name is passed over.
    public mutating func next(in value: Span<UInt8>) -> Pair? {
        while at < value.count {
            let start = at
            let end = ASCII.index(of: ASCII.semicolon, in: value, from: start)
            at = end + 1
            let sign = start + ASCII.index(of: UInt8(ascii: "="), in: value.extracting(start..<end), from: 0)
            guard sign < end else { continue }
            let name = ASCII.trimmed(value, start..<sign)
            if !name.isEmpty { return Pair(name: name, value: ASCII.trimmed(value, (sign + 1)..<end)) }
        }
        return nil
    }

    /// The value of the first cookie with this name.
    public static func value(of name: Span<UInt8>, in cookies: Span<UInt8>) -> Range<Int>? {
        var pairs = CookieString()
        while let pair = pairs.next(in: cookies) {
            if ASCII.equals(cookies.extracting(pair.name), name) { return pair.value }
        }
        return nil
    }
}
