// A query as `application/x-www-form-urlencoded` reads it (WHATWG URL, "urlencoded parsing"): the way that nearly every
// backend does, so that a route and the backend behind it see the same parameters.

public import GateCore

/// Steps through the parameters of a query.
///
///     var parameters = QueryParameters()
///     while let parameter = parameters.next(in: query) { … }
public struct QueryParameters: BitwiseCopyable, Sendable {
    /// Where one parameter stands, still encoded. The value is empty when there is no `=`.
    public struct Parameter: Equatable, Sendable {
        public var name: Range<Int>
        public var value: Range<Int>
    }

    private var at = 0

    public init() {}

    /// The next parameter of a query, which may begin with its `?`; nil at the end. Empty ones (`&&`) are passed over.
    public mutating func next(in query: Span<UInt8>) -> Parameter? {
        if at == 0 && query.count > 0 && query[0] == UInt8(ascii: "?") { at = 1 }
        while at < query.count {
            let start = at
            let end = ASCII.index(of: UInt8(ascii: "&"), in: query, from: start)
            at = end + 1
            guard end > start else { continue }
            let sign = start + ASCII.index(of: UInt8(ascii: "="), in: query.extracting(start..<end), from: 0)
            return Parameter(name: start..<sign, value: min(sign + 1, end)..<end)
        }
        return nil
    }

    /// Appends bytes with `+` as a space and percent triplets undone. What only looks like a triplet stays as it is.
    public static func decode(_ bytes: Span<UInt8>, into buffer: inout ByteBuffer) {
        var reading = Decoded()
        while let byte = reading.next(in: bytes) { buffer.append(byte: byte) }
    }

    /// Whether encoded bytes mean these.
    public static func decodes(_ bytes: Span<UInt8>, to plain: Span<UInt8>) -> Bool {
        var reading = Decoded()
        for i in 0..<plain.count where reading.next(in: bytes) != plain[i] { return false }
        return reading.next(in: bytes) == nil
    }

    /// Whether encoded bytes mean something that begins with these.
    public static func decodes(_ bytes: Span<UInt8>, toPrefix plain: Span<UInt8>) -> Bool {
        var reading = Decoded()
        for i in 0..<plain.count where reading.next(in: bytes) != plain[i] { return false }
        return true
    }

    /// The value, still encoded, of the first parameter with this name; empty for one without `=`.
    public static func value(of name: Span<UInt8>, in query: Span<UInt8>) -> Range<Int>? {
        var parameters = QueryParameters()
        while let parameter = parameters.next(in: query) {
            if decodes(query.extracting(parameter.name), to: name) { return parameter.value }
        }
        return nil
    }

    /// Decodes byte by byte.
    private struct Decoded {
        var at = 0

        mutating func next(in bytes: Span<UInt8>) -> UInt8? {
            guard at < bytes.count else { return nil }
            let byte = bytes[at]
            at += 1
            if byte == UInt8(ascii: "+") { return ASCII.space }
            guard byte == UInt8(ascii: "%"), at + 1 < bytes.count, let high = ASCII.hexValue(bytes[at]),
                let low = ASCII.hexValue(bytes[at + 1])
            else { return byte }
            at += 2
            return UInt8(high << 4 | low)
        }
    }
}
