// DESIGN "Early answers": who answers before the upload ends is heard, and the rest of the upload is bounded.

import GateTesting
import Testing

@Suite("Early answers (RFC 9110 §9.3.1, RFC 9112 §9.3, §9.6)")
struct EarlyAnswerTests {
    private static let megabytes = 8 << 20
    private static let uploadHead = ask("POST", "/", "Content-Length: \(megabytes)\r\n")

    /// Answers as soon as the head is there; then reads on, or closes.
    private static func early(closing: Bool) -> ScriptedServer.Script {
        { visit in
            try visit.readHead()
            try visit.respond("403 Forbidden", fields: closing ? "Connection: close\r\n" : "", body: "no thanks")
            if !closing { try visit.stall() }
        }
    }

    @Test("the backend's answer reaches the client while it still uploads", arguments: [true, false])
    func relayed(closing: Bool) throws {
        try Stage.play(Self.early(closing: closing)) { stage in
            let client = try stage.connect()
            try client.send(Self.uploadHead + "some of it")
            let response = try client.readResponse()
            #expect(response.status == 403)
            #expect(response.body.text == "no thanks")
        }
    }

    @Test("a client that sends on blindly still gets to read the answer", arguments: [true, false])
    func blind(closing: Bool) throws {
        try Stage.play(Self.early(closing: closing)) { stage in
            let client = try stage.connect()
            try client.send(Self.uploadHead)
            _ = try? client.sendUntilStuck(limit: Self.megabytes)
            let response = try client.readResponse()
            #expect(response.status == 403)
            #expect(response.body.text == "no thanks")
        }
    }

    @Test("reading on after an early answer is bounded by the linger timeout")
    func bounded() throws {
        let settings = Stage.Settings(top: "timeouts: { linger: 1h }\n", listener: "timeouts: { linger: 200ms }")
        try Stage.play(Self.early(closing: false), settings) { stage in
            let client = try stage.connect()
            try client.send(Self.uploadHead + "some of it")
            #expect(try client.readResponse().status == 403)
            try client.waitForEnd()
            stage.backend.release.fire()
            try stage.backend.waitUntilIdle()
        }
    }

    @Test("a declared length beyond the limit is answered with 413 before the body comes (RFC 9110 §15.5.14)")
    func declared() throws {
        try Stage.play(ScriptedServer.echo, .init(top: "limits: { body: 1000 }\n")) { stage in
            let client = try stage.connect()
            try client.send(ask("POST", "/", "Content-Length: 1001\r\n"))
            let response = try client.readResponse()
            #expect(response.status == 413)
            #expect(response.announcesClose)
            try client.waitForEnd()
            #expect(stage.backend.connectionCount == 0)
            try expectEnding("body_too_large", in: stage)
        }
    }

    @Test("a client that expects a 100 gets the 413 instead (RFC 9110 §10.1.1)")
    func declaredWithExpectation() throws {
        try Stage.play(ScriptedServer.echo, .init(top: "limits: { body: 1000 }\n")) { stage in
            let client = try stage.connect()
            try client.send(ask("POST", "/", "Expect: 100-continue\r\nContent-Length: 1001\r\n"))
            let response = try client.readResponse()
            #expect(response.status == 413)
            #expect(response.interim.isEmpty)
        }
    }

    @Test("a chunked body is answered with 413 once it passes the limit")
    func chunked() throws {
        try Stage.play(ScriptedServer.echo, .init(top: "limits: { body: 1000 }\n")) { stage in
            let client = try stage.connect()
            let chunk = "1f4\r\n\(String(repeating: "x", count: 500))\r\n"
            try client.send(postChunked(chunks: chunk + chunk + "1\r\nx\r\n"))
            let response = try client.readResponse()
            #expect(response.status == 413)
            try client.waitForEnd()
            #expect(stage.backend.requestCount == 0)
            try expectEnding("body_too_large", in: stage)
        }
    }

    @Test("a body at the limit passes, in either framing, and a route has its own limit")
    func atLimit() throws {
        let body = String(repeating: "x", count: 1000)
        try Stage.play(ScriptedServer.echo, .init(top: "limits: { body: 10 }\n", route: "limits: { body: 1000 }")) {
            stage throws in
            #expect(try stage.exchange(post(body: body)).status == 200)
            #expect(try stage.exchange(postChunked(chunks: "3e8\r\n\(body)\r\n0\r\n\r\n")).status == 200)
            #expect(try stage.exchange(post(body: body + "x")).status == 413)
        }
    }

    @Test("a blind upload beyond the limit still gets to read the 413 (RFC 9112 §9.6)", arguments: [1 << 20, 4 << 20])
    func lingering(size: Int) throws {
        try Stage.play(ScriptedServer.echo, .init(top: "limits: { body: 1000 }\n")) { stage in
            let client = try stage.connect()
            try client.send(ask("POST", "/", "Content-Length: \(size)\r\n"))
            _ = try? client.sendUntilStuck(limit: size)
            #expect(try client.readResponse().status == 413)
            try client.waitForEnd()
        }
    }

    @Test("the proxy's own answer to an upload is read by a client that sends all of it first")
    func ownAnswer() throws {
        let routes = ["{ match: { path: /own }, respond: { status: 200, body: own } }"]
        try Stage.play(ScriptedServer.echo, .init(routes: routes)) { stage in
            let client = try stage.connect()
            let body = String(repeating: "x", count: 100_000)
            try client.send(post("/own", body: body))
            #expect(try client.readResponse().body.text == "own")
        }
    }

    @Test("a request behind an upload that was answered early is not taken out of its body")
    func noSmuggling() throws {
        try Stage.play(Self.early(closing: true)) { stage in
            let client = try stage.connect()
            let inner = get("/smuggled")
            try client.send(ask("POST", "/", "Content-Length: \(inner.utf8.count)\r\n"))
            #expect(try client.readResponse().status == 403)
            try? client.send(inner)
            try client.waitForEnd()
            #expect(!stage.backend.requests.current.contains { $0.target == "/smuggled" })
        }
    }
}
