import GateCore
import GateHTTP
import GateHTTP2
import GateTestSupport

/// One direction of a connection as a test drives it: fields in, a head out.
final class HeadsStage {
    private var decoder = HPACKDecoder()
    var head = MessageHead()
    var facts = HTTP2HeadFacts()
    var limits = HeadLimits()
    var allowsConnectProtocol = true

    /// A request of these fields, as literals that are not indexed.
    func request(_ fields: [(String, String)]) -> HTTP2Heads.Outcome { request(block: Self.block(fields)) }

    func request(block: [UInt8]) -> HTTP2Heads.Outcome {
        HTTP2Heads.request(
            block.span, &decoder, limits: limits, allowsConnectProtocol: allowsConnectProtocol, into: &head,
            facts: &facts)
    }

    func response(_ fields: [(String, String)]) -> HTTP2Heads.Outcome {
        HTTP2Heads.response(Self.block(fields).span, &decoder, limits: limits, into: &head, facts: &facts)
    }

    func trailers(_ fields: [(String, String)]) -> HTTP2Heads.Outcome {
        HTTP2Heads.trailers(Self.block(fields).span, &decoder, limits: limits, into: &head)
    }

    static func block(_ fields: [(String, String)]) -> [UInt8] { fields.flatMap { literal($0.0, $0.1, first: 0) } }

    /// Whether nothing is left of what was refused.
    var isEmpty: Bool { head.isUntouched && head.fieldCount == 0 }

    var lines: [String] { head.lines }

    func text(_ range: Range<Int>) -> String { Self.text(head, range) }
    var methodText: String { Self.text(head, head.methodRange) }
    var target: String { Self.text(head, head.targetRange) }

    private static func text(_ head: borrowing MessageHead, _ range: Range<Int>) -> String {
        String(latin1: head.received.span.extracting(range).array)
    }
}

/// A GET with what is given put behind or in the place of its pseudo-fields.
func get(
    method: String? = "GET", scheme: String? = "https", authority: String? = "a.example", path: String? = "/",
    _ fields: [(String, String)] = []
) -> [(String, String)] {
    let pseudo = [(":method", method), (":scheme", scheme), (":authority", authority), (":path", path)]
    return pseudo.compactMap { name, value in value.map { (name, $0) } } + fields
}
