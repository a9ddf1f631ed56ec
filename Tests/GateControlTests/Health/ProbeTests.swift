import GateCore
import GatePattern
import GateProxy
import Testing

@testable import GateControl

@Suite("Checks")
struct ProbeTests {
    // MARK: Verdicts

    private static let bad = CheckOutcome.bad("refused")

    @Test("it takes `fall` bad checks in a row to be down and `rise` good ones to be up again")
    func history() {
        var history = CheckHistory(rise: 2, fall: 3)
        var states: [CheckHistory.State] = []
        let outcomes: [CheckOutcome] = [
            Self.bad, Self.bad, .good, Self.bad, Self.bad, .unknown, Self.bad, .good, Self.bad, .good, .good,
        ]
        for outcome in outcomes {
            _ = history.note(outcome)
            states.append(history.state)
        }
        let (unknown, up, down) = (CheckHistory.State.unknown, CheckHistory.State.up, CheckHistory.State.down)
        #expect(states == [unknown, unknown, up, up, up, up, down, down, down, down, up])
        #expect(history.reason == "2 checks passed")
    }

    @Test("the first good check is enough, and reasons are words for people")
    func first() {
        var history = CheckHistory(rise: 5, fall: 1)
        #expect([history.note(.good), history.note(Self.bad)] == [true, true])
        #expect(history.state == .down)
        #expect(history.reason == "refused")
        history = CheckHistory(rise: 1, fall: 2)
        #expect([history.note(Self.bad), history.note(Self.bad), history.note(Self.bad)] == [false, true, false])
        #expect(history.reason == "2 checks failed, the last one: refused")
    }

    // MARK: HTTP

    private func plan(_ change: (inout HTTPCheckPlan) -> Void = { _ in }) -> HTTPCheckPlan {
        var plan = HTTPCheckPlan()
        change(&plan)
        return plan
    }

    /// What a check comes to when an answer arrives in pieces of this size, and the connection ends behind it.
    private func outcome(_ plan: HTTPCheckPlan, _ answer: String, pieces: Int) -> CheckOutcome {
        var probe: any CheckProbe = HTTPProbe(plan, host: "app:8080")
        return Self.outcome(&probe, Array(answer.utf8), pieces)
    }

    private static func outcome(_ probe: inout any CheckProbe, _ bytes: [UInt8], _ pieces: Int) -> CheckOutcome {
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            let piece = Array(bytes[start..<min(bytes.count, start + pieces)])
            if case .done(let outcome) = probe.receive(piece.span) { return outcome }
        }
        return probe.ended()
    }

    @Test("the request is what the configuration says")
    func request() {
        let plan = plan {
            $0.method = "POST"
            $0.target = "/healthz?full=1"
            $0.host = "app.internal"
            $0.fields = [FixedAnswer.Field("X-Check", "1"), FixedAnswer.Field("User-Agent", "me")]
        }
        let text = String(decoding: HTTPProbe(plan, host: "other").opening, as: UTF8.self)
        #expect(
            text == "POST /healthz?full=1 HTTP/1.1\r\nHost: app.internal\r\nConnection: close\r\nAccept: */*\r\n"
                + "Content-Length: 0\r\nX-Check: 1\r\nUser-Agent: me\r\n\r\n")
        let plain = String(decoding: HTTPProbe(HTTPCheckPlan(), host: "app:8080").opening, as: UTF8.self)
        #expect(plain.hasPrefix("GET / HTTP/1.1\r\nHost: app:8080\r\n"))
    }

    @Test(
        "an answer is judged by its status",
        arguments: [
            ("HTTP/1.1 200 OK\r\n\r\n", nil), ("HTTP/1.0 302 Found\r\n\r\n", nil),
            ("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", nil),
            ("HTTP/1.1 500 Oops\r\n\r\n", "GET / answered 500, expected 200-399"),
            ("HTTP/1.1 404 Not Found\r\n\r\n", "GET / answered 404, expected 200-399"),
            ("SSH-2.0-OpenSSH_9.2\r\n", "GET /: the answer is not HTTP/1"),
            ("HTTP/1.1 200 OK\r\nX: ", "GET /: the connection closed without an answer"),
            ("", "GET /: the connection closed without an answer"),
        ] as [(String, String?)])
    func status(answer: String, reason: String?) {
        for pieces in [1, 3, 1000] {
            #expect(outcome(plan(), answer, pieces: pieces) == (reason.map { .bad($0) } ?? .good))
        }
    }

    @Test(
        "a body must hold the text, whatever its framing",
        arguments: [
            ("Content-Length: 9\r\n\r\nall is ok", true), ("Content-Length: 9\r\n\r\nall is ko", false),
            ("Transfer-Encoding: chunked\r\n\r\n4\r\nis o\r\n1\r\nk\r\n0\r\n\r\n", true),
            ("Transfer-Encoding: chunked\r\n\r\n4\r\nis o\r\n0\r\n\r\n", false),
            ("Transfer-Encoding: chunked\r\n\r\nxx\r\n", false), ("\r\nit is ok", true), ("\r\nit is not", false),
            ("Content-Length: 90\r\n\r\nall", false), ("Content-Length: 0\r\n\r\n", false),
        ])
    func body(rest: String, isGood: Bool) {
        let plan = plan { $0.body = .contains(Array("is ok".utf8)) }
        for pieces in [1, 5, 1000] {
            let outcome = outcome(plan, "HTTP/1.1 200 OK\r\n" + rest, pieces: pieces)
            #expect((outcome == .good) == isGood, "\(outcome)")
        }
    }

    @Test(
        "a body may have to match an expression, of which a catastrophic one fails the check",
        arguments: [
            ("^all is (ok|well)$", "Content-Length: 9\r\n\r\nall is ok", true),
            ("^all is (ok|well)$", "\r\nall is well", true), ("^all is ok$", "\r\nall is ok!", false),
            ("(a+)+$", "\r\n" + String(repeating: "a", count: 200) + "b", false),
            ("x$", "\r\n" + String(repeating: "y", count: 100_000) + "x", false),
        ])
    func expression(pattern: String, rest: String, isGood: Bool) throws {
        let compiled = try Pattern(pattern)
        let plan = plan { $0.body = .matches(compiled) }
        for pieces in [7, 100_000] {
            let outcome = outcome(plan, "HTTP/1.1 200 OK\r\n" + rest, pieces: pieces)
            #expect((outcome == .good) == isGood, "\(outcome)")
        }
    }

    @Test("an endless answer comes to an end")
    func endless() {
        let plan = plan { $0.body = .contains(Array("never".utf8)) }
        var probe: any CheckProbe = HTTPProbe(plan, host: "a")
        let flood = "HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "x", count: 200_000)
        let outcome = Self.outcome(&probe, Array(flood.utf8), 4096)
        #expect(outcome == .bad("GET /: the answer's body does not contain `never`"))
        var head: any CheckProbe = HTTPProbe(HTTPCheckPlan(), host: "a")
        let fields = "HTTP/1.1 200 OK\r\n" + String(repeating: "X: y\r\n", count: 30_000)
        #expect(Self.outcome(&head, Array(fields.utf8), 4096) != .good)
    }

    // MARK: gRPC

    private static let settings: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 0, 0]

    /// Frames of an answer: a head, then a message with this HealthCheckResponse.
    private static func answer(_ response: [UInt8], padding: Int? = nil) -> [UInt8] {
        let message = [0] + [0, 0, 0, UInt8(response.count)] + response
        let padded = padding.map { [UInt8($0)] + message + [UInt8](repeating: 0, count: $0) } ?? message
        return settings + GRPCProbe.frame(1, 4, stream: 1, [0x88])
            + GRPCProbe.frame(0, padding == nil ? 0 : 8, stream: 1, padded)
            + GRPCProbe.frame(1, 5, stream: 1, [])
    }

    private static let cases: [(name: String, bytes: [UInt8], reason: String?)] = [
        ("serving", answer([0x08, 1]), nil),
        ("serving, padded", answer([0x08, 1], padding: 7), nil),
        ("not serving", answer([0x08, 2]), "answered NOT_SERVING"),
        ("service unknown", answer([0x08, 3]), "answered SERVICE_UNKNOWN"),
        ("unknown", answer([]), "answered UNKNOWN"),
        ("something else", answer([0x12, 1, 2]), "no HealthCheckResponse"),
        ("trailers only", settings + GRPCProbe.frame(1, 5, stream: 1, [0x88]), "without a status"),
        ("reset", settings + GRPCProbe.frame(3, 0, stream: 1, [0, 0, 0, 8]), "reset the stream"),
        ("goaway", settings + GRPCProbe.frame(7, 0, stream: 0, [0, 0, 0, 0, 0, 0, 0, 0]), "GOAWAY"),
        ("HTTP/1", Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8), "does not speak HTTP/2"),
        ("silence", [], "without a status"),
        ("padding beyond the frame", settings + GRPCProbe.frame(0, 8, stream: 1, [9, 0]), "does not speak HTTP/2"),
    ]

    @Test("gRPC's health protocol is understood", arguments: cases.indices)
    func grpc(index: Int) {
        let (name, bytes, reason) = Self.cases[index]
        for pieces in [1, 4, 1000] {
            var probe: any CheckProbe = GRPCProbe(service: "s", authority: "a")
            let outcome = Self.outcome(&probe, bytes, pieces)
            switch (outcome, reason) {
            case (.good, nil): break
            case (.bad(let words), let reason?): #expect(words.hasSuffix(reason) || words.contains(reason), "\(name)")
            default: Issue.record("\(name): \(outcome)")
            }
        }
    }

    @Test("settings and pings are acknowledged")
    func acknowledges() {
        var probe = GRPCProbe(service: "", authority: "a")
        let ping = GRPCProbe.frame(6, 0, stream: 0, [1, 2, 3, 4, 5, 6, 7, 8])
        let step = probe.receive((Self.settings + ping).span)
        #expect(
            step
                == .send(
                    GRPCProbe.frame(4, 1, stream: 0, []) + GRPCProbe.frame(6, 1, stream: 0, [1, 2, 3, 4, 5, 6, 7, 8])))
    }

    @Test("the call is what RFC 7541 and gRPC want, also for long names")
    func call() {
        let long = String(repeating: "s", count: 300)
        let bytes = GRPCProbe(service: long, authority: "app:90").opening
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.hasPrefix("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
        #expect(text.contains("/grpc.health.v1.Health/Check"))
        // 303 bytes of HealthCheckRequest: its tag, 300 as a varint, the name.
        #expect(bytes.suffix(303).starts(with: [0x0A, 0xAC, 0x02]))
    }
}
