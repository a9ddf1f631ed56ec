// A request's head: RFC 9112 §2 and §3.

import GateCore
public import GateHTTP

/// Parses a request line and the field lines behind it.
public enum RequestHeadParser {
    /// Bytes of empty lines before a request line that are passed over (RFC 9112 §2.2), CRLF each.
    public static let leadingBytesMax = 8

    /// How many bytes of empty lines stand before the request line; a lone CR at the end counts as none yet.
    public static func leadingEmptyLines(_ bytes: Span<UInt8>) -> Int {
        var at = 0
        while at &+ 1 < bytes.count, at < leadingBytesMax, bytes[at] == ASCII.carriageReturn,
            bytes[at &+ 1] == ASCII.lineFeed
        {
            at &+= 2
        }
        return at
    }

    /// `bytes` starts with the request line. On `.complete`, `head` has its records, and its `received` holds the
    /// head's bytes. On any other answer `head` is as it was after `reset`.
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
        switch requestLine(bytes, limits, &head) {
        case .complete(let next): return FieldLines.parse(bytes, from: next, limits: limits, into: &head)
        case let other: return other
        }
    }

    /// `method SP request-target SP HTTP-version CRLF`
    private static func requestLine(
        _ bytes: Span<UInt8>, _ limits: HeadLimits, _ head: inout MessageHead
    ) -> HeadParse {
        let count = bytes.count
        var at = 0
        while at < count && ASCII.isToken(bytes[at]) { at &+= 1 }
        if at > limits.startLineBytes { return .invalid(.requestLineTooLong) }
        guard at < count else { return .needMore }
        // Half of an empty line, which the caller passes over when it is whole.
        if count == 1 && bytes[0] == ASCII.carriageReturn { return .needMore }
        guard bytes[at] == ASCII.space, at > 0 else { return .invalid(at == 0 ? .badRequestLine : .badMethod) }
        head.methodRange = 0..<at
        head.method = Method(bytes.extracting(0..<at))
        let targetStart = at &+ 1
        at = endOfTarget(bytes, from: targetStart)
        // What stands before the version may take the limit less ` HTTP/1.1`.
        if at &+ 9 > limits.startLineBytes { return .invalid(.requestLineTooLong) }
        guard at < count else { return .needMore }
        guard bytes[at] == ASCII.space, at > targetStart else {
            return .invalid(
                at == targetStart ? .badRequestLine : bytes[at] <= ASCII.space ? .badRequestLine : .badTarget)
        }
        head.targetRange = targetStart..<at
        return version(bytes, at &+ 1, &head)
    }

    /// The target's bytes are visible ASCII; which of them a URI may hold is for the target's own rules.
    private static func endOfTarget(_ bytes: Span<UInt8>, from start: Int) -> Int {
        var at = start
        while at < bytes.count && bytes[at] &- 0x21 < 0x5E { at &+= 1 }
        return at
    }

    private static func version(_ bytes: Span<UInt8>, _ start: Int, _ head: inout MessageHead) -> HeadParse {
        let end = start &+ 8
        guard bytes.count >= end &+ 2 else {
            return isPrefix(bytes, start) ? .needMore : .invalid(.badVersion)
        }
        guard ASCII.spells(bytes.extracting(start..<(start &+ 5)), "HTTP/"), ASCII.isDigit(bytes[start &+ 5]),
            bytes[start &+ 6] == 0x2E, ASCII.isDigit(bytes[start &+ 7])
        else { return .invalid(.badVersion) }
        guard bytes[end] == ASCII.carriageReturn, bytes[end &+ 1] == ASCII.lineFeed else {
            let lineEnd = bytes[end] == ASCII.carriageReturn || bytes[end] == ASCII.lineFeed
            return .invalid(lineEnd ? .badLineEnd : .badVersion)
        }
        guard bytes[start &+ 5] == 0x31 else { return .invalid(.unsupportedVersion) }
        // RFC 9110 §2.5: a higher minor version is read as the highest known one.
        head.version = bytes[start &+ 7] == 0x30 ? .http10 : .http11
        return .complete(end &+ 2)
    }

    /// Whether the rest of the bytes could still become `HTTP/d.d CR LF`.
    private static func isPrefix(_ bytes: Span<UInt8>, _ start: Int) -> Bool {
        let pattern: StaticString = "HTTP/0.0\r\n"
        for i in start..<max(start, bytes.count) {
            let wanted = unsafe pattern.utf8Start[i - start]
            guard wanted == ASCII.zero ? ASCII.isDigit(bytes[i]) : bytes[i] == wanted else { return false }
        }
        return true
    }
}
