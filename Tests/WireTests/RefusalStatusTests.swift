// DESIGN "408 413 414 431 400": each refusal has its status, closes in order and is counted by its reason.

import GateTesting
import Testing

@Suite("414, 431 and 408 (RFC 9110 §15.5, RFC 6585 §5)")
struct RefusalStatusTests {
    private static let line = Stage.Settings(top: "limits: { request_line: 100 }\n")
    private static let head = Stage.Settings(top: "limits: { head: 1000 }\n")
    private static let fields = Stage.Settings(top: "limits: { fields: 10 }\n")

    /// A request line of `count` bytes, without its end.
    private static func target(lineOf count: Int) -> String {
        "/" + String(repeating: "x", count: count - "GET / HTTP/1.1".utf8.count)
    }

    @Test("a request line at its limit passes", arguments: [99, 100])
    func lineWithin(count: Int) throws {
        try Stage.play(ScriptedServer.echo, Self.line) { stage throws in
            #expect(try stage.exchange(get(Self.target(lineOf: count))).status == 200)
        }
    }

    @Test("a request line beyond its limit is 414 (RFC 9110 §15.5.15)", arguments: [101, 200, 100_000])
    func lineBeyond(count: Int) throws {
        try expectRefused(get(Self.target(lineOf: count)), 414, "request_line_too_long", Self.line)
    }

    @Test("a request line beyond its limit is refused before it ends")
    func lineWithoutEnd() throws {
        try expectRefused("GET /" + String(repeating: "x", count: 200), 414, "request_line_too_long", Self.line)
    }

    private static func headOf(_ count: Int) -> String {
        let fixed = get("/", "X: \r\n").utf8.count
        return get("/", "X: \(String(repeating: "x", count: count - fixed))\r\n")
    }

    @Test("a head at its limit passes", arguments: [999, 1000])
    func headWithin(count: Int) throws {
        try Stage.play(ScriptedServer.echo, Self.head) { stage throws in
            #expect(try stage.exchange(Self.headOf(count)).status == 200)
        }
    }

    @Test("a head beyond its limit is 431 (RFC 6585 §5)", arguments: [1001, 5000, 200_000])
    func headBeyond(count: Int) throws {
        try expectRefused(Self.headOf(count), 431, "head_too_large", Self.head)
    }

    @Test("a head beyond its limit is refused before it ends")
    func headWithoutEnd() throws {
        try expectRefused(
            "GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "x", count: 2000), 431, "head_too_large", Self.head)
    }

    private static func fieldsOf(_ count: Int) -> String {
        get("/", (1..<count).map { "X\($0): y\r\n" }.joined())
    }

    @Test("as many fields as the limit says pass", arguments: [9, 10])
    func fieldsWithin(count: Int) throws {
        try Stage.play(ScriptedServer.echo, Self.fields) { stage throws in
            #expect(try stage.exchange(Self.fieldsOf(count)).status == 200)
        }
    }

    @Test("more fields than the limit says are 431 (RFC 6585 §5)", arguments: [11, 100])
    func fieldsBeyond(count: Int) throws {
        try expectRefused(Self.fieldsOf(count), 431, "head_too_large", Self.fields)
    }

    @Test("the defaults are 8 KiB for the line, 32 KiB for the head, 128 fields")
    func defaults() throws {
        try Stage.play { stage throws in
            #expect(try stage.exchange(get(Self.target(lineOf: 8192))).status == 200)
            #expect(try stage.exchange(get(Self.target(lineOf: 8193))).status == 414)
            #expect(try stage.exchange(Self.headOf(32768)).status == 200)
            #expect(try stage.exchange(Self.headOf(32769)).status == 431)
            #expect(try stage.exchange(Self.fieldsOf(128)).status == 200)
            #expect(try stage.exchange(Self.fieldsOf(129)).status == 431)
        }
    }

    @Test("a slow head is 408 and a close (RFC 9110 §15.5.9)", arguments: ["GET", "GET / HTTP/1.1\r\nHost: a\r\nX"])
    func slowHead(part: String) throws {
        // Long enough for a client that is slow to begin.
        try expectRefused(part, 408, "head_timeout", .init(top: "timeouts: { head: 1500ms }\n"))
    }

    @Test("the time for a head is one for the whole head, trickling does not extend it")
    func trickle() throws {
        try Stage.play(ScriptedServer.echo, .init(top: "timeouts: { head: 1500ms }\n")) { stage in
            let client = try stage.connect()
            // It takes more than four seconds, and would be answered with 200 at its end.
            do {
                try client.send(
                    get("/", "X: \(String(repeating: "x", count: 400))\r\n"), inPiecesOf: 1, every: .milliseconds(10))
            } catch let failure as WireFailure { #expect(failure.kind == .reset) }
            let answered = try? client.readResponse()
            #expect(answered == nil || answered?.status == 408)
            #expect(stage.backend.requestCount == 0)
            try expectEnding("head_timeout", in: stage)
        }
    }

    @Test("a body that stalls is 408 and a close")
    func slowBody() throws {
        try Stage.play(ScriptedServer.echo, .init(top: "timeouts: { body: 150ms }\n")) { stage in
            let client = try stage.connect()
            try client.send(ask("POST", "/", "Content-Length: 10\r\n") + "hello")
            let response = try client.readResponse()
            #expect(response.status == 408)
            #expect(response.announcesClose)
            try client.expectEnd()
            #expect(stage.backend.requestCount == 0)
            try expectEnding("body_timeout", in: stage)
        }
    }

    @Test("a client that leaves is told nothing and counted as 499's reason")
    func left() throws {
        let script: ScriptedServer.Script = { visit in
            try visit.readRequest()
            try visit.connection.waitForEnd()
        }
        try Stage.play(script) { stage in
            let client = try stage.connect()
            try client.send(get())
            _ = try stage.backend.nextRequest()
            client.reset()
            try expectEnding("client_closed", in: stage)
            try stage.backend.waitUntilIdle()
        }
    }
}
