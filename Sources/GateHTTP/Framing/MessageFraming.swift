// How long a body is: the one question that two readers of a message must never answer differently. RFC 9112 §6.

import GateCore

/// Where a message's body ends.
public enum BodyFraming: Equatable, Sendable {
    /// There is no body.
    case none
    /// As many bytes.
    case length(Int)
    case chunked
    /// Until the sender closes: responses only.
    case untilClose
}

/// The framing that a head declares, or the rule that it breaks.
public enum FramingDecision: Equatable, Sendable {
    case body(BodyFraming)
    case violation(HTTPViolation)
}

/// The rules of RFC 9112 §6.3 without its leniencies.
public enum MessageFraming {
    /// A request's framing. Transfer-Encoding beside Content-Length, a length twice, any coding but `chunked`, and
    /// Transfer-Encoding in HTTP/1.0 are violations.
    @inlinable
    public static func request(_ head: borrowing MessageHead) -> FramingDecision {
        if !head.mayHave(.contentLength) && !head.mayHave(.transferEncoding) { return .body(.none) }
        return declared(head, otherwise: .none)
    }

    /// A response's framing; `method` is the request's.
    public static func response(_ head: borrowing MessageHead, to method: Method) -> FramingDecision {
        let declared = declared(head, otherwise: .untilClose)
        if case .violation = declared { return declared }
        if method == .head || head.status < 200 || head.status == 204 || head.status == 304 { return .body(.none) }
        return declared
    }

    @usableFromInline
    static func declared(_ head: borrowing MessageHead, otherwise: BodyFraming) -> FramingDecision {
        let coding = head.first(.transferEncoding)
        guard let length = head.first(.contentLength) else {
            guard let coding else { return .body(otherwise) }
            return transferEncoding(head, coding)
        }
        if coding != nil { return .violation(.lengthWithTransferEncoding) }
        if head.first(.contentLength, from: length + 1) != nil { return .violation(.repeatedContentLength) }
        guard let value = ASCII.decimal(head.value(length)) else { return .violation(.badContentLength) }
        return .body(.length(value))
    }

    private static func transferEncoding(_ head: borrowing MessageHead, _ index: Int) -> FramingDecision {
        if head.version == .http10 { return .violation(.transferEncodingInHTTP10) }
        guard head.first(.transferEncoding, from: index + 1) == nil, ASCII.matches(head.value(index), "chunked") else {
            return .violation(.badTransferEncoding)
        }
        return .body(.chunked)
    }
}
