// Copies of requests for a second upstream.

import GateCore
import GateTesting
import Testing

@Suite("Mirrors")
struct MirrorTests {
    private func play(
        _ keys: String = "", shadow script: @escaping ScriptedServer.Script = ScriptedServer.echo,
        _ body: (Stage, ScriptedServer) throws -> Void
    ) throws {
        let shadow = try ScriptedServer(script)
        defer { shadow.stop() }
        let route = "mirror: { to: '\(shadow.url)'\(keys.isEmpty ? "" : ", " + keys) }"
        try Stage.play(ScriptedServer.saying("real"), .init(route: route)) { stage throws in
            try body(stage, shadow)
            try eventually("copies to end") { stage.proxy.activeExchanges == 0 }
        }
    }

    /// Reads a request and closes when it is released.
    private static let stalling: ScriptedServer.Script = { visit in
        try visit.readRequest()
        try visit.stall()
    }

    @Test("a copy arrives with head and body, and the client sees the real answer")
    func copied() throws {
        try play { stage, shadow throws in
            #expect(try stage.exchange(post("/a?b=c", body: "hello")).body.text == "real")
            let copy = try shadow.nextRequest()
            #expect(copy.method == "POST")
            #expect(copy.target == "/a?b=c")
            #expect(copy.body.text == "hello")
            #expect(copy["Host"] == ["a.example"])
            #expect(copy["X-Forwarded-For"] == ["127.0.0.1"])
            #expect(copy["Content-Length"] == ["5"])
            #expect(copy["Transfer-Encoding"] == [])
            let real = try stage.backend.nextRequest()
            #expect(copy["X-Request-Id"] == real["X-Request-Id"])
            #expect(try stage.exchange(get()).body.text == "real")
            #expect(try shadow.nextRequest().body.text == "")
        }
    }

    @Test("a chunked body is copied whole")
    func chunked() throws {
        try play { stage, shadow throws in
            let raw =
                "PUT / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
            #expect(try stage.exchange(raw).body.text == "real")
            #expect(try shadow.nextRequest().body.text == "abcde")
        }
    }

    @Test("a body above the bound is not copied, declared or not")
    func large() throws {
        try play("body: 4") { stage, shadow throws in
            #expect(try stage.exchange(post(body: "12345")).body.text == "real")
            let raw = "PUT / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n"
            #expect(try stage.exchange(raw).body.text == "real")
            #expect(try stage.exchange(post(body: "1234")).body.text == "real")
            #expect(try shadow.nextRequest().body.text == "1234")
            #expect(shadow.requestCount == 1)
            #expect(stage.proxy.mirrorsDropped == 2)
            #expect(stage.proxy.mirrored == 1)
        }
    }

    @Test("a share of nothing copies nothing")
    func share() throws {
        try play("share: 0%") { stage, shadow throws in
            for _ in 1...5 { #expect(try stage.exchange(get()).status == 200) }
            #expect(shadow.connectionCount == 0)
            #expect(stage.proxy.mirrorsDropped == 0)
        }
    }

    @Test("a shadow that never answers holds nobody up, and fills no more than its places")
    func silent() throws {
        try play("in_flight: 3", shadow: Self.stalling) {
            stage, shadow throws in
            let client = try stage.connect()
            for _ in 1...10 {
                try client.send(get())
                #expect(try client.readResponse().body.text == "real")
            }
            #expect(stage.proxy.mirrored == 3)
            #expect(stage.proxy.mirrorsDropped == 7)
            #expect(stage.proxy.activeExchanges == 3)
            shadow.release.fire()
        }
    }

    @Test("copies under way do not outlive the proxy")
    func stopped() throws {
        let shadow = try ScriptedServer(Self.stalling)
        defer { shadow.stop() }
        try Stage.play(ScriptedServer.saying("real"), .init(route: "mirror: '\(shadow.url)'")) { stage throws in
            #expect(try stage.exchange(get()).body.text == "real")
            _ = try shadow.nextRequest()
        }
    }

    @Test("a shadow that is not there is not missed")
    func absent() throws {
        let dead = try RefusingPort()
        let route = "mirror: '\(dead.url)'"
        try Stage.play(ScriptedServer.saying("real"), .init(route: route)) { stage throws in
            for _ in 1...3 { #expect(try stage.exchange(post(body: "x")).body.text == "real") }
            try eventually("copies to end") { stage.proxy.activeExchanges == 0 }
            #expect(stage.proxy.mirrored == 3)
        }
    }
}
