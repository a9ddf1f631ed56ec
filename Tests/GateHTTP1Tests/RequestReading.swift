import GateCore
import GateHTTP
import GateHTTP1
import GateTestSupport

/// What a connection makes of the bytes of a request: the shape that the wire tests compare.
struct ReadRequest: Equatable {
    enum Answer: Equatable {
        case needMore
        case invalid(HTTPViolation)
        /// Bytes of the head, with the empty lines before it.
        case complete(Int)
    }

    var answer: Answer
    var method = Method.get
    var target = ""
    var version = HTTPVersion.http11
    var lines: [String] = []

    /// Shows growing prefixes that end where the pieces end, as a connection does that keeps what was not used.
    static func read(_ pieces: [[UInt8]], limits: HeadLimits = HeadLimits()) -> ReadRequest {
        var held: [UInt8] = []
        var last = ReadRequest(answer: .needMore)
        for piece in pieces {
            held += piece
            last = once(held, limits)
            if last.answer != .needMore { return last }
        }
        return last
    }

    private static func once(_ bytes: [UInt8], _ limits: HeadLimits) -> ReadRequest {
        let skipped = RequestHeadParser.leadingEmptyLines(bytes.span)
        let rest = Array(bytes[skipped...])
        if rest.isEmpty { return ReadRequest(answer: .needMore) }
        var head = MessageHead()
        switch RequestHeadParser.parse(rest.span, limits: limits, into: &head) {
        case .needMore: return ReadRequest(answer: .needMore)
        case .invalid(let violation): return ReadRequest(answer: .invalid(violation))
        case .complete(let end):
            return ReadRequest(
                answer: .complete(skipped + end), method: head.method, target: String(latin1: head.target.array),
                version: head.version, lines: head.lines)
        }
    }
}

/// How a gateway judges a request's head: what it is and how long its body is, or why it is refused.
enum Verdict: Equatable, CustomStringConvertible {
    case accepted(BodyFraming)
    case refused(HTTPViolation)
    case needMore

    static func of(_ text: String) -> Verdict {
        var head = MessageHead()
        let bytes = text.bytes
        switch RequestHeadParser.parse(bytes.span, limits: HeadLimits(), into: &head) {
        case .needMore: return .needMore
        case .invalid(let violation): return .refused(violation)
        case .complete:
            switch MessageFraming.request(head) {
            case .violation(let violation): return .refused(violation)
            case .body(let framing): return .accepted(framing)
            }
        }
    }

    var isRefused: Bool { if case .refused = self { true } else { false } }

    var description: String {
        switch self {
        case .accepted(let framing): "accepted with \(framing)"
        case .refused(let violation): "refused as \(violation)"
        case .needMore: "unfinished"
        }
    }
}
