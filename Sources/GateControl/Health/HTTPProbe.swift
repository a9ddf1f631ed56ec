// A check over HTTP/1.1: one request, its status, and perhaps some text of its body.

import GateCore
import GateHTTP
import GateHTTP1
import GateProxy

/// Asks by HTTP/1.1.
struct HTTPProbe: CheckProbe {
    private enum Part {
        case head
        case body(BodyFraming)
    }

    private let plan: HTTPCheckPlan
    private let host: String
    private var part = Part.head
    private var received: [UInt8] = []
    private var chunks = ChunkedDecoder()
    private var chunksAt = 0
    private var verdict: HTTPVerdict

    init(_ plan: HTTPCheckPlan, host: String) {
        self.plan = plan
        self.host = plan.host ?? host
        verdict = HTTPVerdict(plan)
    }

    private var words: String { verdict.words }

    var applicationProtocols: [String] { ["http/1.1"] }

    var opening: [UInt8] {
        var text = "\(plan.method) \(plan.target) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n"
        let names = Set(plan.fields.map { $0.name.lowercased() })
        if !names.contains("user-agent") { text += "User-Agent: gatehouse-health\r\n" }
        if !names.contains("accept") { text += "Accept: */*\r\n" }
        if plan.method == "POST" || plan.method == "PUT" { text += "Content-Length: 0\r\n" }
        for field in plan.fields { text += "\(field.name): \(field.value)\r\n" }
        return Array((text + "\r\n").utf8)
    }

    mutating func receive(_ bytes: Span<UInt8>) -> ProbeStep {
        let room = HTTPVerdict.answerBytesMax - received.count
        let taken = bytes.extracting(0..<min(room, bytes.count))
        taken.withUnsafeBufferPointer { received.append(contentsOf: $0) }
        while true {
            switch part {
            case .head:
                if let step = readHead() { return step }
            case .body(let framing): return readBody(framing)
            }
        }
    }

    /// Nil when it is over and something comes behind it.
    private mutating func readHead() -> ProbeStep? {
        var head = MessageHead()
        let limits = HeadLimits(startLineBytes: 8 << 10, headBytes: HTTPVerdict.answerBytesMax, fields: 256)
        switch ResponseHeadParser.parse(received.span, limits: limits, into: &head) {
        case .needMore:
            if received.count < HTTPVerdict.answerBytesMax { return .needMore }
            return .done(.bad("\(words): the answer's head is too long"))
        case .invalid: return .done(.bad("\(words): the answer is not HTTP/1"))
        case .complete(let count):
            received.removeFirst(count)
            if head.status < 200 && head.status != 101 { return nil }
            return final(head)
        }
    }

    private mutating func final(_ head: borrowing MessageHead) -> ProbeStep? {
        if let outcome = verdict.judge(status: head.status) { return .done(outcome) }
        guard case .body(let framing) = MessageFraming.response(head, to: .get) else {
            return .done(.bad("\(words): the answer's length is not clear"))
        }
        part = .body(framing)
        return nil
    }

    private mutating func readBody(_ framing: BodyFraming) -> ProbeStep {
        let isWhole: Bool
        switch framing {
        case .none: isWhole = true
        case .length(let count):
            verdict.body = Array(received.prefix(count))
            isWhole = verdict.body.count == count
        case .untilClose:
            verdict.body = received
            isWhole = false
        case .chunked:
            guard let isOver = readChunks() else { return .done(.bad("\(words): the answer's chunks are broken")) }
            isWhole = isOver
        }
        let outcome = verdict.judge(isWhole: isWhole || received.count >= HTTPVerdict.answerBytesMax)
        return outcome.map { .done($0) } ?? .needMore
    }

    /// True at the end, nil when they are broken.
    private mutating func readChunks() -> Bool? {
        let bytes = received
        while true {
            switch chunks.next(bytes.span, from: chunksAt) {
            case .data(let range):
                verdict.body.append(contentsOf: bytes[range])
                chunksAt = range.upperBound
            case .needMore:
                chunksAt = bytes.count
                return false
            case .end, .trailersBegin: return true
            case .invalid: return nil
            }
        }
    }

    mutating func ended() -> CheckOutcome {
        guard case .body(let framing) = part else {
            return .bad("\(words): the connection closed without an answer")
        }
        guard framing == .untilClose else { return .bad("\(words): the answer was cut") }
        return verdict.judge(isWhole: true) ?? verdict.missing
    }
}
