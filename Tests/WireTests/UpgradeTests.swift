// DESIGN "Upgrade": a tunnel for what the route allows, a plain request or a refusal for everything else.

import GateTesting
import Testing

@Suite("Upgrade and tunnels (RFC 9110 §7.8, RFC 6455)")
struct UpgradeTests {
    /// Switches protocols and sends back what it gets.
    private static let tunnel: ScriptedServer.Script = { visit in
        try visit.readHead()
        try visit.send(switchingProtocols)
        while true {
            let bytes = try visit.connection.readSome(within: .seconds(60))
            if bytes.isEmpty { return }
            try visit.send(bytes)
        }
    }

    @Test("a WebSocket handshake passes with its fields, and then bytes go both ways")
    func webSocket() throws {
        try Stage.play(Self.tunnel) { stage in
            let client = try stage.connect()
            try client.send(upgrade("/chat", "Sec-WebSocket-Protocol: x\r\n"))
            let response = try client.readResponse()
            #expect(response.status == 101)
            #expect(response.head.lists("upgrade", in: "Connection"))
            #expect(response["Upgrade"] == ["websocket"])
            #expect(response["Sec-WebSocket-Accept"] == ["s3pPLMBiTxaQ9kYGzzhZRbK+xOo="])
            let arrived = try stage.backend.nextRequest()
            #expect(arrived.head.lists("upgrade", in: "Connection"))
            #expect(arrived["Upgrade"] == ["websocket"])
            #expect(arrived["Sec-WebSocket-Key"] == ["dGhlIHNhbXBsZSBub25jZQ=="])
            #expect(arrived["Sec-WebSocket-Protocol"] == ["x"])
            for text in ["ping", "\0\u{1}\r\n\r\nGET / HTTP/1.1\r\n\r\n", "last"] {
                try client.send(text)
                #expect(try client.read(exactly: text.utf8.count) == Array(text.utf8))
            }
        }
    }

    @Test("the token's case does not matter, and it may stand beside keep-alive")
    func spelling() throws {
        try Stage.play(Self.tunnel) { stage in
            let client = try stage.connect()
            try client.send(
                get("/", "connection: keep-alive, upgrade\r\nupgrade: WebSocket\r\nSec-WebSocket-Key: x\r\n"))
            #expect(try client.readResponse().status == 101)
        }
    }

    @Test("bytes that come right behind the 101, or right behind the request, belong to the tunnel")
    func earlyBytes() throws {
        let script: ScriptedServer.Script = { visit in
            try visit.readHead()
            try visit.send(switchingProtocols + "server first")
            let bytes = try visit.connection.read(exactly: 12)
            try visit.send(bytes)
        }
        try Stage.play(script) { stage in
            let client = try stage.connect()
            try client.send(upgrade() + "client first")
            #expect(try client.readResponse().status == 101)
            #expect(try client.read(exactly: 12) == Array("server first".utf8))
            #expect(try client.read(exactly: 12) == Array("client first".utf8))
        }
    }

    @Test("a tunnel carries megabytes in both directions at once")
    func bulk() throws {
        try Stage.play(Self.tunnel) { stage in
            let client = try stage.connect()
            try client.send(upgrade())
            #expect(try client.readResponse().status == 101)
            let data = [UInt8]((0..<(4 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) })
            let sender = Background { try client.send(data) }
            #expect(try client.read(exactly: data.count) == data)
            try sender.value()
        }
    }

    @Test("each side may end its direction while the other goes on")
    func halfClose() throws {
        let script: ScriptedServer.Script = { visit in
            try visit.readHead()
            try visit.send(switchingProtocols)
            let all = try visit.connection.readToEnd(within: .seconds(60))
            try visit.send("got \(all.count)")
        }
        try Stage.play(script) { stage in
            let client = try stage.connect()
            try client.send(upgrade())
            _ = try client.readResponse()
            try client.send("12345")
            client.endSending()
            #expect(try client.readToEnd() == Array("got 5".utf8))
            try expectEnding("tunnel_closed", in: stage)
        }
    }

    @Test("a backend that ends the tunnel ends it for the client")
    func backendCloses() throws {
        let script: ScriptedServer.Script = { visit in
            try visit.readHead()
            try visit.send(switchingProtocols + "bye")
        }
        try Stage.play(script) { stage in
            let client = try stage.connect()
            try client.send(upgrade())
            _ = try client.readResponse()
            #expect(try client.readToEnd() == Array("bye".utf8))
        }
    }

    @Test("a client that vanishes ends the tunnel at the backend")
    func clientVanishes() throws {
        try Stage.play(Self.tunnel) { stage in
            let client = try stage.connect()
            try client.send(upgrade())
            _ = try client.readResponse()
            client.reset()
            try stage.backend.waitUntilIdle()
            try stage.proxy.waitUntilIdle()
        }
    }

    @Test("a tunnel on which nothing moves is closed after its idle timeout")
    func idle() throws {
        try Stage.play(Self.tunnel, .init(top: "timeouts: { tunnel: 1500ms }\n")) { stage in
            let client = try stage.connect()
            try client.send(upgrade())
            _ = try client.readResponse()
            let watch = Stopwatch()
            try client.send("x")
            _ = try client.read(exactly: 1)
            try client.waitForEnd()
            #expect(watch.elapsed > .milliseconds(1400))
            try stage.backend.waitUntilIdle()
            try expectEnding("tunnel_timeout", in: stage)
        }
    }

    @Test("the other timeouts do not end a tunnel")
    func otherTimeouts() throws {
        let timeouts =
            "timeouts: { head: 1500ms, body: 1500ms, idle: 1500ms, read: 1500ms, first_byte: 1500ms, tunnel: 1h }\n"
        try Stage.play(Self.tunnel, .init(top: timeouts)) { stage in
            let client = try stage.connect()
            try client.send(upgrade())
            _ = try client.readResponse()
            #expect(try client.staysSilent(for: .seconds(2)))
            try client.send("x")
            #expect(try client.read(exactly: 1) == [UInt8(ascii: "x")])
        }
    }

    @Test("a backend that does not switch is relayed, and the connection goes on")
    func declined() throws {
        try Stage.play(ScriptedServer.answering(answer("403 Forbidden", body: "no"))) { stage in
            let client = try stage.connect()
            for _ in 1...2 {
                try client.send(upgrade())
                let response = try client.readResponse()
                #expect(response.status == 403)
                #expect(response.body.text == "no")
            }
        }
    }

    @Test(
        "an upgrade that the route does not allow never reaches the backend as one",
        arguments: ["foo", "TLS/1.0", "h2", "websocket2"])
    func otherTokens(token: String) throws {
        try Stage.play { stage in
            let response = try stage.exchange(upgrade(to: token))
            #expect(response.status != 101)
            for arrived in stage.backend.requests.current {
                #expect(arrived["Upgrade"].isEmpty)
                #expect(!arrived.head.lists("upgrade", in: "Connection"))
            }
        }
    }

    @Test("h2c is refused, alone and beside others (RFC 9113 §3.1)", arguments: ["h2c", "websocket, h2c", "H2C"])
    func h2c(token: String) throws {
        try Stage.play { stage in
            let settings = "HTTP2-Settings: AAMAAABkAAQAAP__\r\n"
            let response = try stage.exchange(
                get("/", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: \(token)\r\n\(settings)"))
            #expect(response.status != 101)
            for arrived in stage.backend.requests.current {
                #expect(!arrived.head.lists("h2c", in: "Upgrade"))
                #expect(arrived["HTTP2-Settings"].isEmpty)
            }
        }
    }

    @Test("a route may allow other tokens, or none")
    func routes() throws {
        let script: ScriptedServer.Script = { visit in
            let head = try visit.readHead()
            guard let token = head.only("Upgrade") else { return try visit.respond(body: "plain") }
            try visit.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: \(token)\r\n\r\n")
            try visit.stall()
        }
        try Stage.play(script, .init(route: "upgrade: [foo]")) { stage throws in
            #expect(try stage.exchange(upgrade(to: "foo")).status == 101)
            #expect(try stage.exchange(upgrade()).status != 101)
        }
        try Stage.play(script, .init(route: "upgrade: []")) { stage throws in
            #expect(try stage.exchange(upgrade()).status != 101)
        }
    }

    @Test("a switch to something that was not asked for is a bad response (RFC 9110 §7.8)")
    func wrongToken() throws {
        let other = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n"
        try Stage.play(ScriptedServer.answering(other)) { stage throws in
            #expect(try stage.exchange(upgrade()).status == 502)
        }
    }

    @Test("HTTP/1.0 cannot upgrade (RFC 9110 §7.8)")
    func oldClient() throws {
        try Stage.play { stage throws in
            let raw = "GET / HTTP/1.0\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
            #expect(try stage.exchange(raw).status != 101)
            for arrived in stage.backend.requests.current { #expect(arrived["Upgrade"].isEmpty) }
        }
    }
}
