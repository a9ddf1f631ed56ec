// Everything that can go wrong with an HTTP/2 server: the client hears of its own request alone, and what the server did not
// do is done elsewhere.

import GateTesting
import Testing

@Suite("Failures of HTTP/2 servers")
struct HTTP2ServerFailureTests {
    private let h2 = Stage.Settings(upstream: "protocol: h2")

    /// Answers with the connection's number.
    @Sendable private static func serve(_ visit: HTTP2Visit) throws {
        while let request = try visit.nextRequest() {
            if request.resetCode == nil { try visit.respond(request.stream, body: "\(visit.number)") }
        }
    }

    @Test(
        "a stream above GOAWAY's last one goes to another connection, whatever its method", arguments: ["GET", "POST"])
    func goAwayUnprocessed(method: String) throws {
        let script = ScriptedServer.http2 { visit in
            if visit.number == 0 {
                _ = try visit.readHead()
                try visit.goAway(lastStream: 0)
            }
            try Self.serve(visit)
        }
        try Stage.play(script, h2) { (stage) throws in
            #expect(try stage.exchange(ask(method)).body.text == "1")
            #expect(stage.proxy.allEndings == ["completed": 1])
        }
    }

    @Test("a stream that GOAWAY leaves alone comes to its end, and new ones go elsewhere")
    func goAwayDrains() throws {
        let script = ScriptedServer.http2 { visit in
            let first = try visit.readRequest()
            if visit.number == 0 {
                try visit.goAway(lastStream: first.stream)
                try visit.stall()
            }
            try visit.respond(first.stream, body: "\(visit.number)")
            try Self.serve(visit)
        }
        try Stage.play(script, h2) { stage in
            let first = try stage.connect()
            try first.send(get())
            try stage.backend.waitForConnections(1)
            try eventually("a second connection") { try stage.exchange(get()).body.text == "1" }
            stage.backend.release.fire()
            #expect(try first.readResponse().body.text == "0")
            try eventually("the first connection to be closed") { stage.backend.openCount == 1 }
        }
    }

    @Test(
        "REFUSED_STREAM is tried again at once, whatever the method and with the whole body", arguments: [0, 5, 9000])
    func refused(count: Int) throws {
        let body = String((0..<count).map { Character(UnicodeScalar(UInt8(97 + $0 % 23))) })
        let script = ScriptedServer.http2 { visit in
            var isFirst = visit.number == 0
            while let request = try visit.nextRequest() {
                if isFirst {
                    isFirst = false
                    try visit.wire.send(.reset(request.stream, 7))
                } else {
                    try visit.respond(request.stream, body: String(decoding: request.body, as: UTF8.self))
                }
            }
        }
        try Stage.play(script, h2) { stage in
            let response = try stage.exchange(post(body: body))
            #expect(response.status == 200)
            #expect(response.body.text == body)
            #expect(stage.proxy.allEndings == ["completed": 1])
        }
    }

    @Test("what a server may have begun with is not sent twice: POST with a body and another reset is a 502")
    func notRefused() throws {
        let script = ScriptedServer.http2 { visit in
            let first = try visit.readRequest()
            if visit.number == 0 { try visit.wire.send(.reset(first.stream, 2)) }
            try Self.serve(visit)
        }
        try Stage.play(script, h2) { (stage) throws in
            #expect(try stage.exchange(post(body: "order")).status == 502)
            #expect(stage.backend.connectionCount == 1)
        }
    }

    @Test("a server that refuses everything ends requests with 503, soon")
    func refusesAll() throws {
        let script = ScriptedServer.http2 { visit in
            while true {
                let head = try visit.readHead()
                try visit.wire.send(.reset(head.stream, 7))
            }
        }
        try Stage.play(script, h2) { stage in
            let response = try stage.exchange(get())
            #expect(response.status == 503)
            #expect(response["Retry-After"] == ["1"])
            #expect(stage.proxy.endings("stream_refused") == 1)
        }
    }

    @Test("a server that allows no stream gets none: 503 without a storm of connections")
    func zeroStreams() throws {
        let script = ScriptedServer.http2([(3, 0)]) { visit in
            while true {
                let head = try visit.readHead()
                try visit.wire.send(.reset(head.stream, 7))
            }
        }
        try Stage.play(script, h2) { (stage) throws in
            for _ in 1...10 { #expect(try stage.exchange(get()).status == 503) }
            #expect(stage.backend.connectionCount <= 3, "\(stage.backend.connectionCount) connections")
        }
    }

    @Test("a reset before the head is a 502, and others on the connection go on")
    func resetBeforeHead() throws {
        let script = ScriptedServer.http2 { visit in
            let a = try visit.readRequest()
            let b = try visit.readRequest()
            let (bad, good) = a.path == "/bad" ? (a, b) : (b, a)
            try visit.wire.send(.reset(bad.stream, 2))
            try visit.respond(good.stream, body: "good")
            try Self.serve(visit)
        }
        try Stage.play(script, h2) { stage in
            let (bad, good) = (try stage.connect(), try stage.connect())
            try good.send(get("/good"))
            try bad.send(ask("POST", "/bad"))
            #expect(try bad.readResponse().status == 502)
            #expect(try good.readResponse().body.text == "good")
            #expect(stage.proxy.endings("server_reset") == 1)
            #expect(stage.backend.connectionCount == 1)
        }
    }

    @Test("a reset within the body cuts the client's response")
    func resetInBody() throws {
        let script = ScriptedServer.http2 { visit in
            let request = try visit.readRequest()
            try visit.respondHead(request.stream)
            try visit.wire.send(.data(request.stream, "half"), .reset(request.stream, 2))
            try Self.serve(visit)
        }
        try Stage.play(script, h2) { stage in
            let client = try stage.connect()
            try client.send(get())
            #expect(throws: WireFailure.self) { try client.readResponse() }
            try eventually("the ending to be counted") { stage.proxy.endings("server_reset") == 1 }
            #expect(try stage.exchange(get()).status == 200)
        }
    }

    @Test("a connection that ends within a response cuts it, and leaves the proxy whole")
    func closedInBody() throws {
        let script = ScriptedServer.http2 { visit in
            let request = try visit.readRequest()
            try visit.respondHead(request.stream)
            try visit.wire.send(.data(request.stream, "half"))
            if visit.number == 0 { return }
            try Self.serve(visit)
        }
        try Stage.play(script, h2) { stage in
            let client = try stage.connect()
            try client.send(get())
            #expect(throws: WireFailure.self) { try client.readResponse() }
            try eventually("the ending to be counted") { stage.proxy.allEndings.values.reduce(0, +) == 1 }
        }
    }

    @Test("an idle connection that the server closed costs nobody a request")
    func staleConnection() throws {
        let script = ScriptedServer.http2 { visit in
            let request = try visit.readRequest()
            try visit.respond(request.stream, body: "\(visit.number)")
        }
        try Stage.play(script, h2) { stage in
            for number in 0..<5 {
                #expect(try stage.exchange(get()).body.text == "\(number)")
                try stage.backend.waitUntilIdle()
            }
            #expect(stage.proxy.allEndings == ["completed": 5])
        }
    }

    @Test(
        "what is no HTTP/2 is a 502 with a reason of its own",
        arguments: [
            "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", "220 mail.example ESMTP\r\n",
        ])
    func notHTTP2(words: String) throws {
        let script: ScriptedServer.Script = { visit in
            _ = try visit.connection.read(exactly: 24)
            try visit.send(words + String(repeating: "x", count: 64))
            try visit.connection.waitForEnd()
        }
        try Stage.play(script, h2) { (stage) throws in
            #expect(try stage.exchange(get()).status == 502)
            #expect(stage.proxy.endings("server_not_http2") == 1)
        }
    }

    @Test(
        "frames that break a rule of the connection end it with a GOAWAY",
        arguments: [
            RawFrame(type: RawFrame.data, stream: 0, payload: [1]),
            RawFrame(type: RawFrame.settings, payload: [1]),
            RawFrame(type: RawFrame.pushPromise, flags: 4, stream: 1, payload: [0, 0, 0, 2]),
            RawFrame(type: RawFrame.headers, flags: 4, stream: 1, payload: [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]),
            RawFrame(type: RawFrame.windowUpdate, payload: [0, 0, 0, 0]),
        ])
    func connectionErrors(frame: RawFrame) throws {
        let said = Signal()
        let script = ScriptedServer.http2 { visit in
            guard visit.number == 0 else { return try Self.serve(visit) }
            _ = try visit.readRequest()
            try visit.wire.send(frame)
            _ = try visit.wire.readFrame { $0.type == RawFrame.goAway && $0.number(at: 4) != 0 }
            said.fire()
        }
        try Stage.play(script, h2) { stage in
            #expect(try stage.exchange(ask("POST")).status == 502)
            #expect(stage.proxy.endings("bad_response") == 1)
            try said.wait()
            #expect(try stage.exchange(get()).status == 200)
        }
    }

    @Test("a head beyond the server's SETTINGS_MAX_HEADER_LIST_SIZE is refused alone (RFC 9113 §6.5.2)")
    func headLimit() throws {
        let script = ScriptedServer.http2([(6, 2000)]) { visit in
            while let request = try visit.nextRequest() {
                // As servers count: what is beyond its limit ends this one's connection. `:authority` is shown as `host`.
                let bytes = request.fields.reduce(6) { $0 + $1.0.utf8.count + $1.1.utf8.count + 32 }
                guard bytes <= 2000 else { return }
                try visit.respond(request.stream, body: "\(visit.number) \(bytes)")
            }
        }
        try Stage.play(script, h2) { stage in
            // The first request brings the settings.
            let usual = try stage.exchange(get("/", "X-Fill: \r\n")).body.text.split(separator: " ")
            let room = try 2000 - #require(usual.last.flatMap { Int($0) })
            func ask(_ bytes: Int) throws -> RawResponse {
                try stage.exchange(get("/", "X-Fill: \(String(repeating: "a", count: bytes))\r\n"))
            }
            #expect(try ask(room).body.text == "0 2000")
            #expect(try ask(room + 1).status == 431)
            #expect(stage.proxy.endings("server_head_limit") == 1)
            // The server is not to blame, and the connection goes on.
            #expect(try ask(0).body.text.hasPrefix("0 "))
            #expect(stage.backend.connectionCount == 1)
        }
    }

    @Test(
        "a malformed response ends its stream alone",
        arguments: [
            [(":status", "20")], [(":status", "200"), ("Upper", "x")], [(":status", "200"), ("connection", "close")],
            [("x-first", "1"), (":status", "200")], [(":status", "101")],
        ])
    func malformed(fields: [(String, String)]) throws {
        let script = ScriptedServer.http2 { visit in
            let request = try visit.readRequest()
            if visit.number == 0 { try visit.wire.send(.headers(request.stream, fields)) }
            try Self.serve(visit)
        }
        try Stage.play(script, h2) { (stage) throws in
            #expect(try stage.exchange(ask("POST")).status == 502)
            #expect(stage.proxy.endings("bad_response") == 1)
            #expect(try stage.exchange(get()).body.text == "0")
        }
    }

    @Test("a stalled window holds its own request up, and nobody else's")
    func stalledWindow() throws {
        let arrived = Signal()
        let script = ScriptedServer.http2([(4, 10)]) { visit in
            // Until the settings have come their windows are unknown.
            let before = try visit.readHead()
            try visit.respond(before.stream)
            let first = try visit.wire.readFrame(within: .seconds(60)) { $0.type == RawFrame.headers }
            _ = try visit.wire.fields(of: first)
            arrived.fire()
            let second = try visit.wire.readFrame(within: .seconds(60)) { $0.type == RawFrame.headers }
            let path = try visit.wire.fields(of: second).first { $0.0 == ":path" }?.1
            try visit.respond(second.stream, body: path ?? "")
            try visit.stall()
            try visit.wire.send(.windowUpdate(first.stream, 1_000_000))
            var count = 10
            while count < 50_000 {
                let frame = try visit.wire.readFrame { $0.type == RawFrame.data && $0.stream == first.stream }
                count += frame.payload.count
                if !frame.payload.isEmpty { try visit.wire.send(.windowUpdate(0, UInt32(frame.payload.count))) }
                if frame.endsStream { break }
            }
            try visit.respond(first.stream, body: "\(count)")
            _ = try? visit.wire.readFrame { $0.type == RawFrame.goAway }
        }
        try Stage.play(script, h2) { stage in
            #expect(try stage.exchange(get()).status == 200)
            let slow = try stage.connect()
            try slow.send(ask("POST", "/slow", "Content-Length: 50000\r\n") + String(repeating: "x", count: 50_000))
            try arrived.wait()
            #expect(try stage.exchange(get("/quick")).body.text == "/quick")
            stage.backend.release.fire()
            #expect(try slow.readResponse(to: "POST").status == 200)
        }
    }

    @Test("a window that never opens ends its request after the write's time, with others untouched")
    func windowNeverOpens() throws {
        let script = ScriptedServer.http2([(4, 0)]) { visit in try Self.serve(visit) }
        try Stage.play(script, .init(upstream: "protocol: h2, timeouts: { write: 150ms, first_byte: 20s }")) { stage in
            // Until the settings have come its window is unknown.
            #expect(try stage.exchange(get()).status == 200)
            let response = try stage.exchange(post("/", body: "never"))
            #expect(response.status == 504)
            #expect(try stage.exchange(get()).status == 200)
            #expect(stage.backend.connectionCount == 1)
        }
    }

    @Test("a response that does not come ends its request after the first byte's time, and another goes on")
    func firstByte() throws {
        let script = ScriptedServer.http2 { visit in
            while let request = try visit.nextRequest() {
                if request.path == "/quick" { try visit.respond(request.stream, body: "quick") }
            }
        }
        // The quick ones have all the time that they need.
        let settings = Stage.Settings(
            upstream: "protocol: h2, retries: { attempts: 0 }",
            routes: ["{ match: { path: /slow }, proxy: backend, timeouts: { first_byte: 150ms } }"])
        try Stage.play(script, settings) { stage in
            let slow = try stage.connect()
            try slow.send(get("/slow"))
            #expect(try stage.exchange(get("/quick")).body.text == "quick")
            #expect(try slow.readResponse().status == 504)
            #expect(stage.proxy.endings("first_byte_timeout") == 1)
            #expect(try stage.exchange(get("/quick")).body.text == "quick")
            #expect(stage.backend.connectionCount == 1)
        }
    }

    @Test("a connection that has died is found out by PING")
    func silent() throws {
        let script: ScriptedServer.Script = { visit in
            _ = try visit.connection.read(exactly: 24)
            try visit.connection.send(RawFrame.settings([]).bytes)
            try visit.stall()
        }
        let settings = Stage.Settings(upstream: "protocol: h2, http2: { ping: 100ms, ping_timeout: 100ms }")
        try Stage.play(script, settings) { (stage) throws in
            #expect(try stage.exchange(ask("POST")).status == 504)
            #expect(stage.proxy.endings("server_silent") == 1)
        }
    }

    @Test("a server that cannot be reached fails all who waited for it")
    func unreachable() throws {
        try Stage.play(ScriptedServer.http2Echo, h2) { stage in
            stage.backend.stop()
            let clients = try (0..<5).map { _ in try stage.connect() }
            for client in clients { try client.send(get()) }
            for client in clients { #expect(try client.readResponse().status == 503) }
        }
    }

    /// A second server, beside the stage's own.
    private func play(
        _ bad: @escaping ScriptedServer.Script, _ keys: String, _ body: (Stage, ScriptedServer) throws -> Void
    )
        throws
    {
        let server = try ScriptedServer(bad)
        defer { server.stop() }
        let good = try ScriptedServer(ScriptedServer.http2Echo)
        defer { good.stop() }
        let settings = Stage.Settings(upstream: "protocol: h2, \(keys)", servers: [server.url, good.url])
        try Stage.play(ScriptedServer.http2Echo, settings) { stage in try body(stage, server) }
    }

    @Test("a small body of an idempotent request is sent again to another server")
    func replay() throws {
        let bad = ScriptedServer.http2 { visit in
            while let request = try visit.nextRequest() { try visit.wire.send(.reset(request.stream, 2)) }
        }
        try play(bad, "balance: first, passive: off") { stage, _ in
            for _ in 1...3 {
                let response = try stage.exchange(ask("PUT", "/", "Content-Length: 5\r\n") + "hello")
                #expect(response.body.text.hasSuffix("body: 5\n"))
            }
        }
    }

    @Test("a hedge's loser is reset (CANCEL), and the winner's answer goes on")
    func hedge() throws {
        let cancelled = Signal()
        let slow = ScriptedServer.http2 { visit in
            _ = try visit.readHead()
            if try visit.readRequest().resetCode == 8 { cancelled.fire() }
        }
        try play(slow, "balance: first, hedge: { after: 50ms }") { stage, _ in
            #expect(try stage.exchange(get()).body.text.hasPrefix("method: GET"))
            try cancelled.wait()
        }
    }
}
