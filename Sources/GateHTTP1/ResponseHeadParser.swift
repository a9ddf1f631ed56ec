// A response's head: RFC 9112 §4.

import GateCore
public import GateHTTP

/// Parses a status line and the field lines behind it.
public enum ResponseHeadParser {
    /// As `RequestHeadParser.parse`, for a response. Nothing may stand before the status line.
    public static func parse(
        _ bytes: Span<UInt8>, limits: HeadLimits, into head: inout MessageHead
    ) -> HeadParse {
        head.reset()
        let answer = parseLines(bytes, limits, &head)
        if case .complete(let end) = answer {
            head.received.append(bytes, 0..<end)
        } else {
            head.reset()
        }
        return answer
    }

    private static func parseLines(
        _ bytes: Span<UInt8>, _ limits: HeadLimits, _ head: inout MessageHead
    ) -> HeadParse {
        switch statusLine(bytes, limits, &head) {
        case .complete(let next): return FieldLines.parse(bytes, from: next, limits: limits, into: &head)
        case let other: return other
        }
    }

    /// `HTTP-version SP status-code SP [ reason-phrase ] CRLF`; the second space may be missing with the phrase.
    private static func statusLine(
        _ bytes: Span<UInt8>, _ limits: HeadLimits, _ head: inout MessageHead
    ) -> HeadParse {
        guard bytes.count >= 13 else {
            return isPrefix(bytes) ? .needMore : .invalid(.badStatusLine)
        }
        guard ASCII.spells(bytes.extracting(0..<7), "HTTP/1."), ASCII.isDigit(bytes[7]), bytes[8] == ASCII.space else {
            return .invalid(.badStatusLine)
        }
        head.version = bytes[7] == 0x30 ? .http10 : .http11
        guard let status = ASCII.decimal(bytes.extracting(9..<12)), (100...599).contains(status) else {
            return .invalid(.badStatusLine)
        }
        head.status = status
        var at = 12
        if bytes[at] == ASCII.space { at = 13 }
        let lineEnd = ASCII.endOfFieldValue(bytes, from: at)
        if lineEnd > limits.startLineBytes { return .invalid(.badStatusLine) }
        guard lineEnd &+ 1 < bytes.count else { return .needMore }
        guard bytes[lineEnd] == ASCII.carriageReturn, bytes[lineEnd &+ 1] == ASCII.lineFeed,
            at == 13 || lineEnd == 12
        else { return .invalid(.badStatusLine) }
        head.reasonRange = at..<lineEnd
        return .complete(lineEnd &+ 2)
    }

    private static func isPrefix(_ bytes: Span<UInt8>) -> Bool {
        let pattern: StaticString = "HTTP/1.0 000"
        for i in 0..<min(bytes.count, 12) {
            let wanted = unsafe pattern.utf8Start[i]
            guard wanted == ASCII.zero ? ASCII.isDigit(bytes[i]) : bytes[i] == wanted else { return false }
        }
        return true
    }
}
