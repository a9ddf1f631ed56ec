// A check over HTTP/2: the same question as over HTTP/1.1, on the one stream of a connection.

import GateCore
import GateHTTP
import GateHTTP2
import GateProxy

/// Asks by HTTP/2: by ALPN over TLS, without asking in clear text.
final class HTTP2Probe: CheckProbe {
    private let plan: HTTPCheckPlan
    private let host: String
    private let isSecure: Bool
    private var core: HTTP2Connection
    private let workspace = HTTP2Workspace()
    private var stream = HTTP2StreamIndex(slot: 0)
    private var received = ByteBuffer()
    private var verdict: HTTPVerdict
    private var isHeadThere = false

    init(_ plan: HTTPCheckPlan, host: String, isSecure: Bool) {
        self.plan = plan
        self.host = plan.host ?? host
        self.isSecure = isSecure
        verdict = HTTPVerdict(plan)
        var limits = HTTP2Limits()
        limits.streams = 1
        limits.head = HeadLimits(startLineBytes: 8 << 10, headBytes: HTTPVerdict.answerBytesMax, fields: 256)
        core = HTTP2Connection(role: .client, limits: limits)
    }

    private var words: String { verdict.words }

    var applicationProtocols: [String] { ["h2"] }

    func agreed(_ protocol: String?) -> CheckOutcome? {
        `protocol` == "h2" ? nil : .bad("\(words): the server does not choose HTTP/2 by ALPN")
    }

    // MARK: Asking

    private(set) lazy var opening: [UInt8] = {
        var out = ByteBuffer(capacity: 1024)
        core.begin(nowMs: 0, into: &out)
        guard let stream = core.open() else { return out.bytes }
        self.stream = stream
        let head = makeHead()
        let (method, scheme) = (Array(plan.method.utf8), Array((isSecure ? "https" : "http").utf8))
        let (authority, path) = (Array(host.utf8), Array(plan.target.utf8))
        core.sendRequest(
            stream, method: method.span, scheme: scheme.span, authority: authority.span, path: path.span,
            protocol: Span(), head, isEnd: true, into: &out)
        return out.bytes
    }()

    private func makeHead() -> MessageHead {
        var head = MessageHead()
        let names = Set(plan.fields.map { $0.name.lowercased() })
        if !names.contains("user-agent") { head.add("user-agent", "gatehouse-health") }
        if !names.contains("accept") { head.add("accept", "*/*") }
        if plan.method == "POST" || plan.method == "PUT" { head.add("content-length", "0") }
        for field in plan.fields where field.name.lowercased() != "host" { head.add(field.name, field.value) }
        return head
    }

    // MARK: Listening

    func receive(_ bytes: Span<UInt8>) -> ProbeStep {
        received.append(bytes)
        var out = ByteBuffer(capacity: 256)
        let input = received.takeOut()
        var at = 0
        let outcome = read(input.span, &at, &out)
        received.append(input.span.extracting(at..<input.count))
        if let outcome { return .done(outcome) }
        return out.isEmpty ? .needMore : .send(out.bytes)
    }

    /// Nil when more is needed.
    private func read(_ input: Span<UInt8>, _ at: inout Int, _ out: inout ByteBuffer) -> CheckOutcome? {
        while true {
            let event = core.next(input, at: &at, nowMs: 0, workspace: workspace, into: &out)
            if event == .needMore { return nil }
            if let outcome = judge(event, input, &out) { return outcome }
        }
    }

    private func judge(_ event: HTTP2Event, _ input: Span<UInt8>, _ out: inout ByteBuffer) -> CheckOutcome? {
        switch event {
        case .head(_, let isEnd):
            let status = workspace.head.status
            if status < 200 { return nil }
            isHeadThere = true
            return verdict.judge(status: status) ?? (isEnd ? verdict.judge(isWhole: true) : nil)
        case .data(_, let range):
            for i in range { verdict.body.append(input[i]) }
            core.consumed(stream, range.count, into: &out)
            return verdict.judge(isWhole: verdict.body.count >= HTTPVerdict.answerBytesMax)
        case .trailers, .end: return ended()
        case .reset, .streamFailed: return .bad("\(words): the server reset the stream")
        case .goAway(let last, _) where last == 0: return .bad("\(words): the server said GOAWAY")
        case .failed: return .bad("\(words): the server does not speak HTTP/2")
        case .needMore, .settings, .sendable, .alive, .goAway, .refusedHead, .streamRefused: return nil
        }
    }

    func ended() -> CheckOutcome {
        guard isHeadThere else { return .bad("\(words): the connection closed without an answer") }
        return verdict.judge(isWhole: true) ?? verdict.missing
    }
}

extension ByteBuffer {
    fileprivate var bytes: [UInt8] { span.withUnsafeBufferPointer { Array($0) } }
}

/// Asks by what the server chooses.
struct NegotiatedProbe: CheckProbe {
    private let plan: HTTPCheckPlan
    private let host: String
    private var chosen: any CheckProbe

    init(_ plan: HTTPCheckPlan, host: String) {
        self.plan = plan
        self.host = host
        chosen = HTTPProbe(plan, host: host)
    }

    var applicationProtocols: [String] { ["h2", "http/1.1"] }
    var opening: [UInt8] { chosen.opening }

    mutating func agreed(_ protocol: String?) -> CheckOutcome? {
        if `protocol` == "h2" { chosen = HTTP2Probe(plan, host: host, isSecure: true) }
        return nil
    }

    mutating func receive(_ bytes: Span<UInt8>) -> ProbeStep { chosen.receive(bytes) }
    mutating func ended() -> CheckOutcome { chosen.ended() }
}
