// Requests that are answered by us, cut short, or reset, and what each side hears of it. DESIGN.md §4, RFC 9113 §8.1.

import GateTesting
import Testing

@Suite("Refusals and resets over HTTP/2")
struct HTTP2RefusalTests {
    private typealias Raw = RawHTTP2Connection

    @Test("heads beyond the limits are answered, and the connection goes on")
    func tooLarge() throws {
        try Stage.playHTTP2(settings: "limits: { head: 1KiB, fields: 12, request_line: 256 }") { stage in
            let client = try stage.connectHTTP2()
            try client.get(1, "/", [("x-large", String(repeating: "x", count: 2000))])
            #expect(try client.response(1).status == 431)
            try client.get(3, "/", (0..<20).map { ("x-\($0)", "y") })
            #expect(try client.response(3).status == 431)
            try client.get(5, "/", (0..<20).map { ("cookie", "c\($0)=y") })
            #expect(try client.response(5).status == 431)
            try client.get(7, "/" + String(repeating: "p", count: 400))
            #expect(try client.response(7).status == 414)
            try client.get(9)
            #expect(try client.response(9).status == 200)
            #expect(stage.proxy.endings("head_too_large") == 3)
            #expect(stage.proxy.endings("request_line_too_long") == 1)
        }
    }

    @Test("a body beyond the limit is answered with 413, and the upload is stopped with NO_ERROR")
    func largeBody() throws {
        try Stage.playHTTP2(ScriptedServer.echo, Stage.Settings(route: "limits: { body: 1KiB }")) { stage in
            let client = try stage.connectHTTP2()
            try client.send(
                .headers(1, Raw.head("POST"), ends: false), .data(1, [UInt8](repeating: 120, count: 4096)))
            #expect(try client.response(1).status == 413)
            #expect(try client.resetCode(1) == 0)
            try client.get(3)
            #expect(try client.response(3).status == 200)
        }
    }

    @Test("an answer before the upload's end is passed on whole, then the upload is stopped")
    func earlyAnswer() throws {
        let script: ScriptedServer.Script = { visit in
            try visit.readHead()
            try visit.respond("403 Forbidden", body: "no")
            try visit.connection.waitForEnd()
        }
        try Stage.playHTTP2(script) { stage in
            let client = try stage.connectHTTP2()
            try client.send(.headers(1, Raw.head("POST"), ends: false), .data(1, "some"))
            let response = try client.response(1)
            #expect(response.status == 403)
            #expect(response.text == "no")
            #expect(try client.resetCode(1) == 0)
        }
    }

    @Test("a response that is cut is reset with INTERNAL_ERROR")
    func cut() throws {
        let script = ScriptedServer.answeringOnce("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
        try Stage.playHTTP2(script) { stage in
            let client = try stage.connectHTTP2()
            try client.get(1)
            let response = try client.response(1)
            #expect(response.status == 200)
            #expect(response.resetCode == 2)
            try eventually("the reason") { stage.proxy.endings("cut_response") == 1 }
        }
    }

    @Test("a stream that the client resets is cancelled at its server")
    func clientResets() throws {
        let gone = Signal()
        let script: ScriptedServer.Script = { visit in
            let head = try visit.readHead()
            if head.startLine.contains("/slow") {
                try visit.connection.waitForEnd()
                return gone.fire()
            }
            try visit.respond(body: "ok")
        }
        try Stage.playHTTP2(script) { stage in
            let client = try stage.connectHTTP2()
            try client.get(1, "/slow")
            _ = try stage.backend.nextRequest()
            try client.send(.reset(1))
            try gone.wait(within: Deadline.usual)
            try client.get(3)
            #expect(try client.response(3).status == 200)
            #expect(stage.proxy.endings("client_reset") == 1)
        }
    }

    @Test("no server: 502 or 503 on the stream alone")
    func noServer() throws {
        let port = try RefusingPort()
        try Stage.playHTTP2(ScriptedServer.echo, Stage.Settings(servers: [port.url])) { stage in
            let client = try stage.connectHTTP2()
            try client.get(1)
            #expect([502, 503].contains(try client.response(1).status))
            try client.get(3)
            #expect([502, 503].contains(try client.response(3).status))
        }
    }

    @Test("requests that no rule of HTTP/2 lets pass are reset with PROTOCOL_ERROR", arguments: malformedRequests)
    func malformed(_ name: String, _ fields: [(String, String)]) throws {
        try Stage.playHTTP2 { stage in
            let client = try stage.connectHTTP2()
            try client.send(.headers(1, fields))
            let response = try client.response(1)
            #expect(response.resetCode == 1 || response.status == 400, "\(name): \(response)")
            try client.get(3)
            #expect(try client.response(3).status == 200)
            #expect(stage.backend.requestCount == 1)
        }
    }

    /// A good head with this field behind it.
    private static func with(_ name: String, _ value: String) -> [(String, String)] {
        Raw.head("GET", "/", [(name, value)])
    }

    /// A good head with this in front of it.
    private static func behind(_ name: String, _ value: String) -> [(String, String)] {
        [(name, value)] + Raw.head()
    }

    private static func without(_ name: String) -> [(String, String)] { Raw.head().filter { $0.0 != name } }

    /// RFC 9113 §8.2, §8.3.
    private static let malformedRequests: [(String, [(String, String)])] = [
        ("upper case", with("X-Upper", "1")),
        ("empty name", with("", "1")),
        ("name with a space", with("x y", "1")),
        ("name with a colon", with("x:y", "1")),
        ("line feed in a value", with("x", "1\n2")),
        ("NUL in a value", with("x", "1\u{0}2")),
        ("value that begins with a space", with("x", " 1")),
        ("unknown pseudo-field", with(":x", "1")),
        ("pseudo-field of responses", behind(":status", "200")),
        ("pseudo-field behind a field", behind("x", "y")),
        ("no method", without(":method")),
        ("no scheme", without(":scheme")),
        ("no path", without(":path")),
        ("no host at all", without(":authority")),
        ("empty path", Raw.head("GET", "")),
        ("two methods", behind(":method", "GET")),
        ("two paths", with(":path", "/")),
        ("Connection", with("connection", "close")),
        ("Keep-Alive", with("keep-alive", "1")),
        ("Proxy-Connection", with("proxy-connection", "close")),
        ("Transfer-Encoding", with("transfer-encoding", "chunked")),
        ("Upgrade", with("upgrade", "h2c")),
        ("TE that is not trailers", with("te", "trailers, deflate")),
        ("host that differs", with("host", "b.example")),
        ("a length without a body", with("content-length", "5")),
        ("two lengths", Raw.head("POST", [("content-length", "0"), ("content-length", "1")])),
    ]

    @Test("Content-Length and DATA must agree", arguments: ["abc", "abcdefgh"])
    func lengths(_ body: String) throws {
        try Stage.playHTTP2 { stage in
            let client = try stage.connectHTTP2()
            try client.send(
                .headers(1, Raw.head("POST", [("content-length", "5")]), ends: false), .data(1, body, ends: true))
            #expect(try client.response(1).resetCode == 1)
        }
    }

    @Test("what is asked for by https must have come by it")
    func misdirected() throws {
        try Stage.playHTTP2 { stage in
            let client = try stage.connectHTTP2()
            try client.get(1, "/", scheme: "https")
            #expect(try client.response(1).status == 421)
        }
    }

    @Test("CONNECT is refused, as in HTTP/1")
    func connect() throws {
        try Stage.playHTTP2 { stage in
            let client = try stage.connectHTTP2()
            try client.send(.headers(1, [(":method", "CONNECT"), (":authority", "a.example:443")]))
            #expect(try client.response(1).status == 501)
        }
    }
}
