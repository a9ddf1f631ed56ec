// Field lines of heads and trailer sections. RFC 9112 §5, without its leniencies: what two recipients could read
// in two ways is refused.

import GateCore
public import GateHTTP

/// Parses field lines up to and with the empty line that ends them.
public enum FieldLines {
    /// `bytes` starts where `head.received` will start; lines are read from `start` on.
    ///
    /// - Returns: `.complete` with the index after the empty line. Records already appended stay when the answer is
    ///   another; the caller resets the head.
    public static func parse(
        _ bytes: Span<UInt8>, from start: Int, limits: HeadLimits, into head: inout MessageHead
    ) -> HeadParse {
        var at = start
        while true {
            guard at < bytes.count else { return incomplete(bytes, limits) }
            if bytes[at] == ASCII.carriageReturn { return end(bytes, at, limits) }
            switch line(bytes, at, limits, &head) {
            case .complete(let next): at = next
            case .needMore: return incomplete(bytes, limits)
            case .invalid(let violation): return .invalid(violation)
            }
        }
    }

    private static func incomplete(_ bytes: Span<UInt8>, _ limits: HeadLimits) -> HeadParse {
        bytes.count >= limits.headBytes ? .invalid(.headTooLarge) : .needMore
    }

    private static func end(_ bytes: Span<UInt8>, _ at: Int, _ limits: HeadLimits) -> HeadParse {
        guard at &+ 1 < bytes.count else { return incomplete(bytes, limits) }
        guard bytes[at &+ 1] == ASCII.lineFeed else { return .invalid(.badLineEnd) }
        return at &+ 2 > limits.headBytes ? .invalid(.headTooLarge) : .complete(at &+ 2)
    }

    /// One line: `field-name ":" OWS field-value OWS CRLF`.
    @inline(__always)
    private static func line(
        _ bytes: Span<UInt8>, _ start: Int, _ limits: HeadLimits, _ head: inout MessageHead
    ) -> HeadParse {
        let count = bytes.count
        var colon = ASCII.index(of: ASCII.colon, in: bytes, from: start)
        // Most names are known, and what is known is a token: only the others are looked at byte by byte.
        let known = colon < count ? KnownField(bytes.extracting(start..<colon)) : nil
        if known == nil {
            colon = start
            while colon < count && ASCII.isToken(bytes[colon]) { colon &+= 1 }
            guard colon < count else { return .needMore }
            guard bytes[colon] == ASCII.colon, colon > start, colon &- start <= 0xFFFF else {
                return .invalid(nameViolation(bytes, start, colon))
            }
        }
        var valueStart = colon &+ 1
        while valueStart < count && (bytes[valueStart] == 0x20 || bytes[valueStart] == 0x09) { valueStart &+= 1 }
        let lineEnd = ASCII.endOfFieldValue(bytes, from: valueStart)
        guard lineEnd < count else { return .needMore }
        guard bytes[lineEnd] == ASCII.carriageReturn else {
            return .invalid(bytes[lineEnd] == ASCII.lineFeed ? .badLineEnd : .badFieldValue)
        }
        guard lineEnd &+ 1 < count else { return .needMore }
        guard bytes[lineEnd &+ 1] == ASCII.lineFeed else { return .invalid(.badLineEnd) }
        guard head.fieldCount < limits.fields else { return .invalid(.tooManyFields) }
        var valueEnd = lineEnd
        while valueEnd > valueStart && (bytes[valueEnd &- 1] == 0x20 || bytes[valueEnd &- 1] == 0x09) { valueEnd &-= 1 }
        let canonical = valueStart &- colon == 2 && bytes[colon &+ 1] == 0x20 && valueEnd == lineEnd
        head.appendReceived(
            FieldRecord(
                name: start..<colon, known: known, value: valueStart..<valueEnd,
                flags: canonical ? .canonical : []))
        return .complete(lineEnd &+ 2)
    }

    /// Why the byte at `at` ends a name that began at `start`.
    private static func nameViolation(_ bytes: Span<UInt8>, _ start: Int, _ at: Int) -> HTTPViolation {
        let byte = bytes[at]
        if byte == ASCII.space || byte == ASCII.tab { return at == start ? .foldedLine : .spaceBeforeColon }
        if byte == ASCII.lineFeed || byte == ASCII.carriageReturn { return .badLineEnd }
        return .badFieldName
    }
}
