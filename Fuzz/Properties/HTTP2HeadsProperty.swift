import GateCore
import GateHTTP
import GateHTTP1
import GateHTTP2

/// A head that is accepted can be written in HTTP/1's form and is then read as what it was: nothing is smuggled.
///
/// The first byte of an input chooses what its blocks are.
enum HTTP2HeadsProperty {
    /// A field fewer than other heads may have: Host comes of a pseudo-field.
    private static let limits = HeadLimits(
        startLineBytes: 128, headBytes: 1024, fields: HeadProperty.limits.fields - 1)

    static func check(_ bytes: Span<UInt8>) {
        guard bytes.count > 1 else { return }
        var decoder = HPACKDecoder()
        var head = MessageHead()
        var facts = HTTP2HeadFacts()
        var pieces = FuzzPieces(from: 1)
        while let piece = pieces.next(bytes) {
            let block = bytes.extracting(piece)
            let outcome: HTTP2Heads.Outcome
            switch bytes[0] & 3 {
            case 0, 1:
                outcome = HTTP2Heads.request(
                    block, &decoder, limits: limits, allowsConnectProtocol: bytes[0] & 1 != 0, into: &head,
                    facts: &facts)
                if outcome == .complete { checkRequest(head, facts) }
            case 2:
                outcome = HTTP2Heads.response(block, &decoder, limits: limits, into: &head, facts: &facts)
                if outcome == .complete { checkResponse(head) }
            default:
                outcome = HTTP2Heads.trailers(block, &decoder, limits: limits, into: &head)
            }
            // Joined cookies take their bytes a second time.
            precondition(head.received.count <= 2 * limits.headBytes)
            if outcome == .complete { checkFields(head) } else { precondition(head.isUntouched) }
            if case .undecodable = outcome { return }
        }
    }

    private static func checkFields(_ head: borrowing MessageHead) {
        HeadProperty.checkFields(head)
        precondition(!head.has(.connection) && !head.has(.transferEncoding) && !head.has(.upgrade))
        for i in 0..<head.fieldCount {
            for byte in 0..<head.name(i).count {
                precondition(ASCII.lowercased(head.name(i)[byte]) == head.name(i)[byte])
            }
        }
    }

    private static func checkRequest(_ head: borrowing MessageHead, _ facts: HTTP2HeadFacts) {
        precondition(head.methodRange.count + head.targetRange.count <= limits.startLineBytes)
        precondition(!head.target.isEmpty && !head.methodBytes.isEmpty)
        let host = head.first(.host)
        precondition(host != nil && head.first(.host, from: host! + 1) == nil)
        var cookies = 0
        for i in 0..<head.fieldCount where head.field(i).known == KnownField.cookie.rawValue {
            cookies += head.field(i).isRemoved ? 0 : 1
        }
        precondition(cookies <= 1)
        let buffer = RequestHeadProperty.written(head)
        var again = MessageHead()
        let answer = RequestHeadParser.parse(buffer.span, limits: HeadProperty.roomyLimits, into: &again)
        precondition(answer == .complete(buffer.count), "what we write for HTTP/1 is not read")
        precondition(HeadProperty.haveEqualFields(head, again))
        precondition(ASCII.equals(head.target, again.target) && ASCII.equals(head.methodBytes, again.methodBytes))
        let framing: FramingDecision = .body(facts.contentLength.map { .length($0) } ?? .none)
        precondition(MessageFraming.request(again) == framing)
    }

    private static func checkResponse(_ head: borrowing MessageHead) {
        precondition((100...599).contains(head.status) && head.status != 101)
        var buffer = ByteBuffer()
        HeadWriter.statusLine(head.status, reason: Span(), into: &buffer)
        HeadWriter.fields(head, into: &buffer)
        buffer.append("\r\n")
        var again = MessageHead()
        let answer = ResponseHeadParser.parse(buffer.span, limits: HeadProperty.roomyLimits, into: &again)
        precondition(answer == .complete(buffer.count), "what we write for HTTP/1 is not read")
        precondition(HeadProperty.haveEqualFields(head, again) && head.status == again.status)
    }
}
