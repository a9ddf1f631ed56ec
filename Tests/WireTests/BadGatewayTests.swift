// DESIGN "502 / 503 / 504": what the client hears when no good answer comes from behind.

import GateTesting
import Testing

@Suite("502, 503 and 504 (RFC 9110 §15.6.3 to §15.6.5)")
struct BadGatewayTests {
    static let badResponses = [
        RawCase("no HTTP at all", "220 smtp.example ESMTP\r\n\r\n"),
        RawCase("HTTP/0.9", "hello"),
        RawCase("another major version", "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"),
        RawCase("a status of two digits", "HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n"),
        RawCase("a status of four digits", "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n"),
        RawCase("a status of letters", "HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n"),
        RawCase("a status of 099", "HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n"),
        RawCase("a status of 600", "HTTP/1.1 600 OK\r\nContent-Length: 0\r\n\r\n"),
        RawCase("a bare LF", "HTTP/1.1 200 OK\nContent-Length: 0\n\n"),
        RawCase("a bare CR in a value", "HTTP/1.1 200 OK\r\nX: a\rb\r\nContent-Length: 0\r\n\r\n"),
        RawCase("a NUL in a value", "HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n"),
        RawCase("a space before the colon", "HTTP/1.1 200 OK\r\nX : a\r\nContent-Length: 0\r\n\r\n"),
        RawCase("a folded line", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n"),
        RawCase("a line without a colon", "HTTP/1.1 200 OK\r\nnonsense\r\nContent-Length: 0\r\n\r\n"),
        RawCase("both framings", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        RawCase("two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
        RawCase("a length that is no number", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nhello"),
        RawCase("a negative length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nhello"),
        RawCase("an unknown coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
        RawCase("Transfer-Encoding in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        RawCase("a head that is cut", "HTTP/1.1 200 OK\r\nContent-Le"),
        RawCase("a status line that is cut", "HTTP/1."),
        RawCase(
            "a head of 70 KiB",
            "HTTP/1.1 200 OK\r\nX: \(String(repeating: "x", count: 70 << 10))\r\nContent-Length: 0\r\n\r\n"),
    ]

    @Test("a response that is none is answered with 502, and its connection is not used again", arguments: badResponses)
    func bad(response: RawCase) throws {
        try Stage.play(ScriptedServer.answeringOnce(response.raw), .init(upstream: "retries: { attempts: 0 }")) {
            stage in
            let client = try stage.connect()
            try client.send(post(body: "x"))
            let answer = try client.readResponse()
            #expect(answer.status == 502)
            #expect(!answer.description.contains("smtp"))
            try client.send(post(body: "x"))
            #expect(try client.readResponse().status == 502)
            #expect(stage.backend.connectionCount == 2)
        }
    }

    private static let mute: ScriptedServer.Script = { visit in try visit.readRequest() }

    @Test("garbage is counted as a bad response, a cut head as a closed or cut one")
    func reasons() throws {
        try Stage.play(ScriptedServer.answeringOnce("garbage\r\n\r\n")) { stage in
            _ = try stage.exchange(post(body: "x"))
            try expectEnding("bad_response", in: stage)
        }
        try Stage.play(ScriptedServer.answeringOnce("HTTP/1.1 200 OK\r\n")) { stage in
            _ = try stage.exchange(post(body: "x"))
            try expectEnding("cut_response", in: stage)
        }
        try Stage.play(Self.mute) { stage in
            #expect(try stage.exchange(post(body: "x")).status == 502)
            try expectEnding("server_closed", in: stage)
        }
    }

    @Test("no server that takes the connection is 503 with Retry-After (RFC 9110 §10.2.3)")
    func refused() throws {
        let refusing = try RefusingPort()
        try Stage.play(ScriptedServer.echo, .init(servers: [refusing.url])) { stage in
            let client = try stage.connect()
            for _ in 1...3 {
                try client.send(get())
                let response = try client.readResponse()
                #expect(response.status == 503)
                #expect(response.head.only("Retry-After").flatMap { Int($0) } != nil)
            }
            #expect(stage.proxy.endings("connect_failed") + stage.proxy.endings("no_server") == 3)
        }
    }

    @Test("a server that cannot take requests is 503 with Retry-After")
    func drained() throws {
        let refusing = try RefusingPort()
        try Stage.play(ScriptedServer.echo, .init(servers: ["{ url: \"\(refusing.url)\", weight: 0 }"])) { stage in
            let response = try stage.exchange(get())
            #expect(response.status == 503)
            #expect(response.head.has("Retry-After"))
            try expectEnding("no_server", in: stage)
        }
    }

    @Test("a connection that is not made in time is 504")
    func connectTimeout() throws {
        let hole = try BlackHole()
        let settings = Stage.Settings(
            top: "timeouts: { connect: 150ms }\n", upstream: "retries: { attempts: 0 }", servers: [hole.url])
        try Stage.play(ScriptedServer.echo, settings) { stage in
            let watch = Stopwatch()
            #expect(try stage.exchange(get()).status == 504)
            #expect(watch.elapsed < .seconds(3))
            try expectEnding("connect_timeout", in: stage)
        }
    }

    @Test("a response that does not begin in time is 504, and its connection is not used again")
    func firstByteTimeout() throws {
        let stalling: ScriptedServer.Script = { visit in
            try visit.readRequest()
            if visit.number == 0 { try visit.connection.waitForEnd() } else { try visit.respond(body: "late") }
        }
        // The second answer has all the time that it needs.
        let settings = Stage.Settings(
            upstream: "retries: { attempts: 0 }",
            routes: ["{ match: { path: /stalls }, proxy: backend, timeouts: { first_byte: 150ms } }"])
        try Stage.play(stalling, settings) { stage in
            let client = try stage.connect()
            try client.send(get("/stalls"))
            #expect(try client.readResponse().status == 504)
            try expectEnding("first_byte_timeout", in: stage)
            try client.send(get())
            #expect(try client.readResponse().body.text == "late")
        }
    }

    @Test("a head that does not end in time is 504")
    func headStall() throws {
        let stalling: ScriptedServer.Script = { visit in
            try visit.readRequest()
            try visit.send("HTTP/1.1 200 OK\r\nContent-")
            try visit.connection.waitForEnd()
        }
        let timeouts = "timeouts: { first_byte: 150ms, read: 150ms }\n"
        try Stage.play(stalling, .init(top: timeouts, upstream: "retries: { attempts: 0 }")) { stage throws in
            #expect(try stage.exchange(get()).status == 504)
        }
    }

    @Test("an answer of the proxy keeps the client's connection where nothing speaks against it")
    func connectionKept() throws {
        try Stage.play(ScriptedServer.answeringOnce("garbage\r\n\r\n")) { stage in
            let client = try stage.connect()
            for _ in 1...3 {
                try client.send(get())
                let response = try client.readResponse()
                #expect(response.status == 502)
                #expect(!response.announcesClose)
            }
        }
    }
}
