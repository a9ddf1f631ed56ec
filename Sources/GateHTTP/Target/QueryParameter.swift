// A target's query as forms write it: `name=value&name=value`. Bytes are compared as they are, nothing is decoded.

import GateCore

/// Finds parameters in a query.
public enum QueryParameter {
    /// Where the value of the first parameter of this name stands; empty when it has none. `query` is without its `?`.
    public static func find(_ name: Span<UInt8>, in query: Span<UInt8>) -> Range<Int>? {
        var at = 0
        while at < query.count {
            var end = at
            while end < query.count, query[end] != UInt8(ascii: "&") { end += 1 }
            if let value = value(of: name, in: query, at..<end) { return value }
            at = end + 1
        }
        return nil
    }

    private static func value(of name: Span<UInt8>, in query: Span<UInt8>, _ pair: Range<Int>) -> Range<Int>? {
        let start = pair.lowerBound + name.count
        guard start <= pair.upperBound else { return nil }
        for index in 0..<name.count where query[pair.lowerBound + index] != name[index] { return nil }
        if start == pair.upperBound { return start..<start }
        return query[start] == UInt8(ascii: "=") ? start + 1..<pair.upperBound : nil
    }
}
