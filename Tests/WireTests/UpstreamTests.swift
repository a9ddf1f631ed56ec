// What an upstream's own settings do to its connections and requests.

import GateCore
import GateTesting
import Testing

@Suite("Upstreams")
struct UpstreamTests {
    @Test("a connection carries as many requests as its limit says")
    func requestsPerConnection() throws {
        try Stage.play(ScriptedServer.echo, .init(upstream: "requests_per_connection: 3")) { stage in
            let client = try stage.connect()
            for _ in 1...7 {
                try client.send(get())
                #expect(try client.readResponse().status == 200)
            }
            #expect(stage.backend.connectionCount == 3)
        }
    }

    @Test("a connection that is too old takes no new request")
    func lifetime() throws {
        try Stage.play(ScriptedServer.echo, .init(upstream: "connection_lifetime: 200ms")) { stage in
            let client = try stage.connect()
            let watch = Stopwatch()
            try eventually("a second connection") {
                try client.send(get())
                #expect(try client.readResponse().status == 200)
                return watch.elapsed >= .milliseconds(500) && stage.backend.connectionCount >= 2
            }
            // The first, one more for each lifetime, and one for how clocks round.
            let most = 2 + Int(watch.elapsed / Duration.milliseconds(200))
            #expect(stage.backend.connectionCount <= most, "\(stage.backend.connectionCount) connections")
        }
    }

    @Test("no idle connection is kept where none may be")
    func noPool() throws {
        try Stage.play(ScriptedServer.echo, .init(upstream: "idle_connections: 0")) { stage in
            let client = try stage.connect()
            for _ in 1...3 {
                try client.send(get())
                #expect(try client.readResponse().status == 200)
            }
            #expect(stage.backend.connectionCount == 3)
            try stage.backend.waitUntilIdle()
        }
    }

    @Test("Host may be the server's instead of the client's")
    func serverHost() throws {
        try Stage.play(ScriptedServer.echo, .init(upstream: "host: server")) { stage in
            let arrived = try stage.forwarded(get())
            #expect(arrived["Host"] == ["127.0.0.1:\(stage.backend.port)"])
            #expect(arrived["X-Forwarded-Host"] == ["a.example"])
        }
    }

    private static func headOf(_ count: Int) -> String {
        let fixed = answer("200 OK", "X: \r\n").utf8.count
        return answer("200 OK", "X: \(String(repeating: "x", count: count - fixed))\r\n")
    }

    @Test("a response head is bounded by its limit", arguments: [(999, 200), (1000, 200), (1001, 502)])
    func responseHead(count: Int, status: Int) throws {
        let settings = Stage.Settings(upstream: "limits: { response_head: 1000 }, retries: { attempts: 0 }")
        try Stage.play(ScriptedServer.answeringOnce(Self.headOf(count)), settings) { stage throws in
            #expect(try stage.exchange(get()).status == status)
        }
    }

    @Test("a status line without a phrase is one (RFC 9112 §4)", arguments: ["HTTP/1.1 200 \r\n", "HTTP/1.1 200\r\n"])
    func noPhrase(line: String) throws {
        try Stage.play(ScriptedServer.answering("\(line)Content-Length: 2\r\n\r\nok")) { stage throws in
            #expect(try stage.exchange(get()).body.text == "ok")
        }
    }

    @Test("a server that is not there at first is found when it comes back")
    func comesBack() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("late.sock")
        let settings = Stage.Settings(upstream: "passive: { failures: 1, for: 100ms }", servers: ["unix:\(path)"])
        try Stage.play(ScriptedServer.echo, settings) { stage in
            #expect(try stage.exchange(get()).status == 503)
            let late = try ScriptedServer(on: .unix(path: path), ScriptedServer.saying("late"))
            defer { late.stop() }
            try eventually("the server to be used") { try stage.exchange(get()).body.text == "late" }
        }
    }
}
