// DESIGN "Retries": a second try only where it cannot do a thing twice, and only so many.

import GateTesting
import Testing

@Suite("Retries (RFC 9110 §9.2.2, RFC 9112 §9.3.1)")
struct RetryTests {
    /// A server that takes each request and closes without a word.
    private static let mute: ScriptedServer.Script = { visit in try visit.readRequest() }

    /// Answers the first request of the connection and closes when the second has come.
    private static let oneThenMute: ScriptedServer.Script = { visit in
        try visit.readRequest()
        try visit.respond(body: "first")
        _ = try visit.nextRequest()
    }

    @Test(
        "a server that refuses the connection is passed over, whatever the method",
        arguments: ["GET", "POST", "PUT", "DELETE"])
    func refused(method: String) throws {
        let refusing = try RefusingPort()
        let other = try ScriptedServer(ScriptedServer.mirror)
        defer { other.stop() }
        try Stage.play(ScriptedServer.echo, .init(servers: [refusing.url, other.url])) { stage in
            for _ in 1...4 {
                let response = try stage.exchange(ask(method, "/", "Content-Length: 5\r\n") + "hello")
                #expect(response.status == 200)
                #expect(response.body.text == "hello")
            }
        }
    }

    @Test(
        "a kept connection that closes under a request without a body is no loss (RFC 9112 §9.3.1)",
        arguments: ["GET", "HEAD", "DELETE", "OPTIONS"])
    func reusedClosed(method: String) throws {
        try Stage.play(Self.oneThenMute) { stage in
            let client = try stage.connect()
            for _ in 1...4 {
                try client.send(ask(method))
                #expect(try client.readResponse(to: method).status == 200)
            }
        }
    }

    @Test("a POST that was sent is not sent again (RFC 9110 §9.2.2)")
    func postNotRepeated() throws {
        try Stage.play(Self.oneThenMute) { stage in
            let client = try stage.connect()
            try client.send(get())
            _ = try client.readResponse()
            try client.send(post(body: "order"))
            #expect(try client.readResponse().status == 502)
            #expect(stage.backend.requests.current.filter { $0.method == "POST" }.count == 1)
            try expectEnding("server_closed", in: stage)
        }
    }

    @Test("a GET that a fresh connection loses goes to the other server")
    func freshClosed() throws {
        let mute = try ScriptedServer(Self.mute)
        let other = try ScriptedServer(ScriptedServer.saying("other"))
        defer {
            mute.stop()
            other.stop()
        }
        try Stage.play(ScriptedServer.echo, .init(servers: [mute.url, other.url])) { stage throws in
            for _ in 1...4 { #expect(try stage.exchange(get()).body.text == "other") }
            #expect(mute.requestCount > 0)
        }
    }

    @Test("a POST that a fresh connection loses does not")
    func postFreshClosed() throws {
        let mute = try ScriptedServer(Self.mute)
        defer { mute.stop() }
        try Stage.play(ScriptedServer.echo, .init(servers: [mute.url])) { stage throws in
            #expect(try stage.exchange(post(body: "order")).status == 502)
            #expect(mute.requestCount == 1)
        }
    }

    @Test(
        "one retry is the default, and the number can be set",
        arguments: [("", 2), ("retries: { attempts: 0 }", 1), ("retries: { attempts: 3 }", 4)])
    func attempts(setting: String, tries: Int) throws {
        let servers = try (0..<5).map { _ in try ScriptedServer(Self.mute) }
        defer { for server in servers { server.stop() } }
        try Stage.play(ScriptedServer.echo, .init(upstream: setting, servers: servers.map { $0.url })) { stage throws in
            #expect(try stage.exchange(get()).status == 502)
            #expect(servers.map { $0.requestCount }.reduce(0, +) == tries)
        }
    }

    @Test("nothing is sent again once a part of the response has left")
    func afterResponseBytes() throws {
        let script: ScriptedServer.Script = { visit in
            try visit.readRequest()
            try visit.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
            try visit.stall()
            visit.connection.reset()
        }
        try Stage.play(script) { stage in
            let client = try stage.connect()
            try client.send(get())
            _ = try client.read(until: "hello")
            stage.backend.release.fire()
            try client.waitForEnd()
            #expect(stage.backend.requestCount == 1)
        }
    }

    @Test("the budget bounds retries")
    func budget() throws {
        let mute = try ScriptedServer(Self.mute)
        let other = try ScriptedServer(Self.mute)
        defer {
            mute.stop()
            other.stop()
        }
        let upstream = "retries: { attempts: 1, budget: 20%, min_per_second: 0 }, passive: off"
        try Stage.play(ScriptedServer.echo, .init(upstream: upstream, servers: [mute.url, other.url])) { stage in
            let client = try stage.connect()
            for _ in 1...50 {
                try client.send(get())
                #expect(try client.readResponse().status == 502)
            }
            let retries = mute.requestCount + other.requestCount - 50
            #expect((1...15).contains(retries), "\(retries) retries for 50 requests")
        }
    }

    @Test("a request whose body has been forwarded only in part is not replayed in part")
    func bodyNotReplayed() throws {
        let large = 1 << 20
        let seen = Tally()
        let broken = try ScriptedServer { visit in
            try visit.readHead()
            _ = try visit.connection.readSome()
            seen.add("broken")
            visit.connection.reset()
        }
        let other = try ScriptedServer { visit in
            seen.add("other", try visit.readRequest().body.bytes.count)
            try visit.respond()
        }
        defer {
            broken.stop()
            other.stop()
        }
        try Stage.play(ScriptedServer.echo, .init(servers: [broken.url])) { stage in
            let client = try stage.connect()
            let upload = Background {
                try? client.send(ask("PUT", "/", "Content-Length: \(large)\r\n") + String(repeating: "x", count: large))
            }
            #expect(try client.readResponse().status == 502)
            try upload.value()
            #expect([0, large].contains(seen["other"]))
        }
    }

    @Test("a server that fails five times in a row is left alone for a while")
    func ejection() throws {
        let mute = try ScriptedServer(Self.mute)
        let other = try ScriptedServer(ScriptedServer.saying("other"))
        defer {
            mute.stop()
            other.stop()
        }
        try Stage.play(
            ScriptedServer.echo, .init(upstream: "retries: { min_per_second: 1000 }", servers: [mute.url, other.url])
        ) { stage throws in
            for _ in 1...40 { #expect(try stage.exchange(get()).body.text == "other") }
            #expect(mute.requestCount == 5)
        }
    }

    @Test("servers take turns by weight")
    func weights() throws {
        let servers = try ["a", "b"].map { try ScriptedServer(ScriptedServer.saying($0)) }
        defer { for server in servers { server.stop() } }
        let entries = ["{ url: \"\(servers[0].url)\", weight: 3 }", "{ url: \"\(servers[1].url)\", weight: 1 }"]
        try Stage.play(ScriptedServer.echo, .init(servers: entries)) { stage in
            let answers = try (1...40).map { _ in try stage.exchange(get()).body.text }
            #expect(answers.filter { $0 == "a" }.count == 30)
            #expect(answers.filter { $0 == "b" }.count == 10)
        }
    }

    @Test(
        "a server that does not take the connection in time is passed over, and the other gets the whole body",
        arguments: [5, 1 << 20])
    func connectTimeout(size: Int) throws {
        let hole = try BlackHole()
        let other = try ScriptedServer(ScriptedServer.mirror)
        defer { other.stop() }
        let settings = Stage.Settings(top: "timeouts: { connect: 200ms }\n", servers: [hole.url, other.url])
        try Stage.play(ScriptedServer.echo, settings) { stage in
            for _ in 1...2 {
                let client = try stage.connect()
                let body = String(String(repeating: "0123456789abcdef", count: size / 16 + 1).prefix(size))
                let sender = Background { try client.send(post(body: body)) }
                let response = try client.readResponse()
                #expect(response.status == 200)
                #expect(response.body.text == body)
                try sender.value()
            }
        }
    }

    @Test("an interim answer that the client has is a response byte: nothing is sent again")
    func afterInterim() throws {
        let script: ScriptedServer.Script = { visit in
            try visit.readRequest()
            try visit.send("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n")
        }
        try Stage.play(script) { stage in
            let response = try stage.exchange(get())
            #expect(response.status == 502)
            #expect(response.interim.count == 1)
            #expect(stage.backend.requestCount == 1)
        }
    }
}
