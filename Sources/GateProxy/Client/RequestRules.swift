// What every version's requests have to go through before the exchange has its turn.

import GateCore
import GateHTTP

/// Rules for request heads that do not depend on what carried them.
enum RequestRules {
    /// Whether it does no harm when somebody sends a recording of the request again (RFC 8470 §4, RFC 9110 §9.2.1).
    /// `isWhole`: as far as its frames go, nothing comes behind the head. HTTP/1 says so in its fields.
    static func mayBeEarly(_ request: borrowing MessageHead, isWhole: Bool = true) -> Bool {
        isWhole && request.method.isSafe && !request.has(.contentLength) && !request.has(.transferEncoding)
            && !request.has(.upgrade)
    }

    /// Names with `_` or `.` look like others to CGI and its kin.
    static func dropAmbiguousNames(_ head: inout MessageHead) {
        for index in 0..<head.fieldCount
        where head.field(index).known == 0 && isAmbiguous(head.name(index)) {
            head.removeField(at: index)
        }
    }

    private static func isAmbiguous(_ name: Span<UInt8>) -> Bool {
        for i in 0..<name.count where name[i] == 0x5F || name[i] == 0x2E { return true }
        return false
    }

    /// What may not come in a head may not come behind the body.
    static func dropUntrusted(_ trailers: inout MessageHead, allowsUnderscores: Bool, isPeerTrusted: Bool) {
        if !allowsUnderscores { dropAmbiguousNames(&trailers) }
        if !isPeerTrusted { Forwarding.removeUnlisted(&trailers) }
        trailers.remove(.via)
    }

    /// RFC 9110 §10.1.1.
    static func settleExpectation(_ exchange: Exchange) -> EndReason? {
        guard let index = exchange.request.first(.expect) else { return nil }
        if exchange.request.version == .http10 {
            exchange.request.remove(.expect)
            return nil
        }
        guard ASCII.matches(exchange.requestValue(index), "100-continue"),
            exchange.request.first(.expect, from: index + 1) == nil
        else { return .expectationFailed }
        if exchange.requestFraming == .none { exchange.request.remove(.expect) }
        exchange.expectsContinue = exchange.requestFraming != .none
        return nil
    }

    /// What a broken rule comes to.
    static func reason(for violation: HTTPViolation) -> EndReason {
        switch violation {
        case .requestLineTooLong: .requestLineTooLong
        case .headTooLarge, .tooManyFields, .trailersTooLarge: .headTooLarge
        case .unsupportedVersion: .unsupportedVersion
        default: .malformedRequest
        }
    }
}
