// What goes to HTTP/2 servers and what comes back, frame by frame.

import GateTesting
import Testing

@Suite("Requests to HTTP/2 servers")
struct HTTP2ServerTests {
    private let h2 = Stage.Settings(upstream: "protocol: h2")

    @Test("a request's head has its pseudo-fields, and nothing of the client's connection (RFC 9113 §8.2.2, §8.3.1)")
    func head() throws {
        try Stage.play(ScriptedServer.http2Echo, h2) { stage in
            let fields = "Connection: keep-alive, X-Hop, TE\r\nX-Hop: 1\r\nTE: trailers, gzip\r\nX-Mixed-Case: A b\r\n"
            let text = try stage.exchange(get("/a/b?c=d", fields)).body.text
            #expect(text.hasPrefix("method: GET\ntarget: /a/b?c=d\n"))
            #expect(text.contains("field: te: trailers\n"))
            #expect(text.contains("field: x-mixed-case: A b\n"))
            for gone in ["x-hop", "connection", "keep-alive", "transfer-encoding"] {
                #expect(!text.contains("field: \(gone)"), "\(gone) in \(text)")
            }
        }
    }

    @Test("authority and scheme are the request's and the connection's")
    func authority() throws {
        let script = ScriptedServer.http2 { visit in
            let request = try visit.readRequest()
            // The decoder calls `:authority` what HTTP/1.1 calls it.
            let said = [":scheme", "host", ":method"].flatMap { request[$0] }.joined(separator: " ")
            try visit.respond(request.stream, body: said)
        }
        try Stage.play(script, h2) { (stage) throws in
            #expect(
                try stage.exchange(ask("DELETE", "/", host: "a.example:81")).body.text == "http a.example:81 DELETE")
        }
    }

    @Test("bodies go up with their length or without, trailers behind them")
    func uploads() throws {
        try Stage.play(ScriptedServer.http2Echo, h2) { stage in
            let known = try stage.exchange(post("/", body: "0123456789")).body.text
            #expect(known.contains("field: content-length: 10\n"))
            #expect(known.hasSuffix("body: 10\n"))
            let chunked = try stage.exchange(
                postChunked("/", "Trailer: X-Sum\r\n", chunks: "5\r\nhello\r\n0\r\nX-Sum: 7\r\n\r\n")
            ).body.text
            #expect(chunked.contains("trailer: x-sum: 7\n"))
            #expect(!chunked.contains("content-length"))
            #expect(chunked.hasSuffix("body: 5\n"))
        }
    }

    @Test("a body larger than every window goes up, and one comes down")
    func large() throws {
        let script = ScriptedServer.http2 { visit in
            while let request = try visit.nextRequest() {
                try visit.respondHead(request.stream)
                try visit.sendBody(request.stream, request.body)
            }
        }
        try Stage.play(script, h2) { stage in
            let body = [UInt8]((0..<400_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) })
            let client = try stage.connect()
            try client.send(ask("POST", "/", "Content-Length: \(body.count)\r\n"))
            try client.send(body)
            #expect(try client.readResponse(to: "POST", within: .seconds(30)).body.bytes == body)
        }
    }

    @Test("a response without a length goes on in chunks, its trailers with it")
    func trailers() throws {
        let script = ScriptedServer.http2 { visit in
            let request = try visit.readRequest()
            try visit.respond(request.stream, body: "hello", trailers: [("x-sum", "7")])
        }
        try Stage.play(script, h2) { stage in
            let response = try stage.exchange(get("/", "Connection: TE\r\nTE: trailers\r\n"))
            #expect(response.body.framing == .chunked)
            #expect(response.body.text == "hello")
            #expect(response.body.trailers.map { "\($0)" } == ["x-sum: 7"])
        }
    }

    @Test("interim responses come before the final one")
    func interim() throws {
        let script = ScriptedServer.http2 { visit in
            let head = try visit.readHead()
            try visit.respondHead(head.stream, 103, [("link", "</a.css>")])
            try visit.respondHead(head.stream, 100)
            let request = try visit.readRequest()
            try visit.respond(request.stream, body: request.text)
        }
        try Stage.play(script, h2) { stage in
            let client = try stage.connect()
            try client.send(ask("POST", "/", "Expect: 100-continue\r\nContent-Length: 3\r\n"))
            #expect(try client.readHead().status == 103)
            #expect(try client.readHead().status == 100)
            try client.send("abc")
            #expect(try client.readResponse(to: "POST").body.text == "abc")
        }
    }

    @Test("answers without a body have none", arguments: [("GET", 204), ("GET", 304), ("HEAD", 200)])
    func noBody(method: String, status: Int) throws {
        let script = ScriptedServer.http2 { visit in
            while let request = try visit.nextRequest() {
                let fields = status == 204 ? [] : [("content-length", "10")]
                try visit.respondHead(request.stream, status, fields, ends: true)
            }
        }
        try Stage.play(script, h2) { stage in
            let client = try stage.connect()
            for _ in 1...2 {
                try client.send(ask(method))
                let response = try client.readResponse(to: method)
                #expect(response.status == status)
                #expect(response.body.bytes.isEmpty)
            }
        }
    }

    @Test("an early answer ends the upload and leaves the connection to others (RFC 9113 §8.1)")
    func earlyAnswer() throws {
        let script = ScriptedServer.http2 { visit in
            let head = try visit.readHead()
            try visit.respond(head.stream, 413, body: "no")
            try visit.wire.send(.reset(head.stream, 0))
            while let request = try visit.nextRequest() {
                if request.stream != head.stream { try visit.respond(request.stream, body: "next") }
            }
        }
        try Stage.play(script, h2) { stage in
            let client = try stage.connect()
            try client.send(ask("POST", "/", "Content-Length: 100000\r\n") + "begun")
            let early = try client.readResponse(to: "POST")
            #expect(early.status == 413)
            #expect(early.body.text == "no")
            #expect(try stage.exchange(get()).body.text == "next")
            #expect(stage.backend.connectionCount == 1)
        }
    }

    @Test("requests of several clients are streams of one connection")
    func shared() throws {
        let script = ScriptedServer.http2 { visit in
            let heads = try (0..<4).map { _ in try visit.readRequest() }
            for request in heads.reversed() { try visit.respond(request.stream, body: request.path) }
            _ = try visit.nextRequest()
        }
        try Stage.play(script, h2) { stage in
            let clients = try (0..<4).map { _ in try stage.connect() }
            for (number, client) in clients.enumerated() { try client.send(get("/\(number)")) }
            for (number, client) in clients.enumerated() {
                #expect(try client.readResponse().body.text == "/\(number)")
            }
            #expect(stage.backend.connectionCount == 1)
        }
    }

    @Test("as many streams as the server allows, then another connection")
    func streamLimit() throws {
        let script = ScriptedServer.http2([(3, 1)]) { visit in
            while let request = try visit.nextRequest() {
                if request.path == "/hold" { try visit.stall() }
                try visit.respond(request.stream, body: "\(visit.number)")
            }
        }
        try Stage.play(script, h2) { stage in
            #expect(try stage.exchange(get()).body.text == "0")
            let holding = try stage.connect()
            try holding.send(get("/hold"))
            // The first connection has its one stream, so this goes elsewhere.
            try eventually("another connection") {
                try stage.exchange(get()).body.text == "1"
            }
            stage.backend.release.fire()
            #expect(try holding.readResponse().body.text == "0")
        }
    }

    @Test("`streams` bounds what one connection gets")
    func ownLimit() throws {
        let script = ScriptedServer.http2 { visit in
            let request = try visit.readRequest()
            try visit.stall()
            try visit.respond(request.stream)
        }
        try Stage.play(script, .init(upstream: "protocol: h2, http2: { streams: 1 }")) { stage in
            let clients = try (0..<3).map { _ in try stage.connect() }
            for client in clients { try client.send(get()) }
            try stage.backend.waitForConnections(3)
            stage.backend.release.fire()
            for client in clients { #expect(try client.readResponse().status == 200) }
        }
    }

    @Test("a client that goes resets its stream alone (CANCEL)")
    func cancel() throws {
        let arrived = Signal()
        let script = ScriptedServer.http2 { visit in
            let first = try visit.readHead()
            arrived.fire()
            let again = try visit.readRequest()
            while let request = try visit.nextRequest() {
                try visit.respond(request.stream, body: "\(again.resetCode ?? 0) \(again.stream == first.stream)")
            }
        }
        try Stage.play(script, h2) { stage in
            let client = try stage.connect()
            try client.send(get())
            try arrived.wait()
            client.reset()
            try eventually("the exchange to end") { stage.proxy.activeExchanges == 0 }
            #expect(try stage.exchange(get()).body.text == "8 true")
            #expect(stage.backend.connectionCount == 1)
        }
    }

    @Test("an idle connection is closed after its time with a GOAWAY")
    func idle() throws {
        let gone = Signal()
        let script = ScriptedServer.http2 { visit in
            let request = try visit.readRequest()
            try visit.respond(request.stream)
            _ = try visit.wire.readFrame { $0.type == RawFrame.goAway }
            gone.fire()
        }
        try Stage.play(script, .init(upstream: "protocol: h2, idle_timeout: 100ms")) { stage in
            #expect(try stage.exchange(get()).status == 200)
            try gone.wait()
            try stage.backend.waitUntilIdle()
        }
    }

    @Test("`requests_per_connection` ends a connection behind its last response")
    func requestsPerConnection() throws {
        let script = ScriptedServer.http2 { visit in
            while let request = try visit.nextRequest() { try visit.respond(request.stream, body: "\(visit.number)") }
        }
        try Stage.play(script, .init(upstream: "protocol: h2, requests_per_connection: 2")) { stage in
            let client = try stage.connect()
            var seen: [String] = []
            for _ in 1...5 {
                try client.send(get())
                seen.append(try client.readResponse().body.text)
            }
            #expect(seen == ["0", "0", "1", "1", "2"])
        }
    }

    @Test("a reload keeps the connection of a server that stays")
    func reload() throws {
        try Stage.play(ScriptedServer.http2Echo, h2) { stage in
            let client = try stage.connect()
            try client.send(get())
            _ = try client.readResponse()
            try stage.proxy.reload(
                Stage.Settings(upstream: "protocol: h2", routes: ["{ match: { path: /x }, respond: 204 }"])
                    .text(backend: stage.backend.url))
            try client.send(get())
            #expect(try client.readResponse().status == 200)
            #expect(stage.backend.connectionCount == 1)
        }
    }

    @Test("requests that come before the first connection stands wait for it together")
    func waiting() throws {
        let script: ScriptedServer.Script = { visit in
            // The preface waits in the socket until the test lets go.
            try visit.stall()
            try ScriptedServer.http2Echo(visit)
        }
        try Stage.play(script, h2) { stage in
            let clients = try (0..<20).map { _ in try stage.connect() }
            for client in clients { try client.send(get()) }
            try eventually("all requests") { stage.proxy.activeExchanges == 20 }
            stage.backend.release.fire()
            for client in clients { #expect(try client.readResponse().status == 200) }
            #expect(stage.backend.connectionCount == 1)
        }
    }

    @Test("a server with `max_requests` gets no more streams at once, and the queue waits")
    func gate() throws {
        let script = ScriptedServer.http2 { visit in
            while let request = try visit.nextRequest() {
                if request.path == "/hold" { try visit.stall() }
                try visit.respond(request.stream, body: "\(request.stream)")
            }
        }
        let server = try ScriptedServer(script)
        defer { server.stop() }
        let settings = Stage.Settings(
            upstream: "protocol: h2", servers: ["{ url: \"\(server.url)\", max_requests: 1 }"])
        try Stage.play(script, settings) { stage in
            let holding = try stage.connect()
            try holding.send(get("/hold"))
            try server.waitForConnections(1)
            let waiting = try stage.connect()
            try waiting.send(get())
            try eventually("one to wait") { stage.proxy.waitingExchanges == 1 }
            server.release.fire()
            #expect(try holding.readResponse().body.text == "1")
            #expect(try waiting.readResponse().body.text == "3")
        }
    }

    @Test(
        "a WebSocket handshake that is none is refused before the server is asked, which could not see it (RFC 6455 §4.2.1)",
        arguments: [
            upgrade().replacingKey(""), upgrade().replacingKey("Sec-WebSocket-Key: abc\r\n"),
            "HEAD" + upgrade().dropFirst(3),
        ])
    func unsoundHandshake(request: String) throws {
        let script = ScriptedServer.http2([(8, 1)]) { visit in
            while let request = try visit.nextRequest() { try visit.respond(request.stream, body: "no") }
        }
        try Stage.play(script, .init(upstream: "protocol: h2")) { stage in
            let client = try stage.connect()
            try client.send(request)
            #expect(try client.readResponse(to: request.hasPrefix("HEAD") ? "HEAD" : "GET").status == 400)
            #expect(stage.proxy.endings("malformed_request") == 1)
        }
    }
}

extension String {
    /// The handshake with another line in the place of its key's.
    fileprivate func replacingKey(_ line: String) -> String {
        split(separator: "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", omittingEmptySubsequences: false)
            .joined(separator: line)
    }
}
