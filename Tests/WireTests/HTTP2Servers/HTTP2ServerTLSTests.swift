// What a server chooses by ALPN, and upgrades over what it chose.

import GateTesting
import Testing

@Suite("HTTP/2 to servers over TLS")
struct HTTP2ServerTLSTests {
    /// A server that speaks these, answers with the version, and has WebSockets over HTTP/1.1.
    private func script(_ secure: SecureServerStage, _ protocols: [String]) throws -> ScriptedServer.Script {
        let options = RawTLSOptions.server(try secure.authority.server("127.0.0.1")).with { $0.protocols = protocols }
        return ScriptedServer.secureHTTP2(
            options,
            fallback: { visit in
                while let request = try visit.nextRequest() {
                    if request.head.has("Upgrade") { return try visit.send(switchingProtocols + "tunnel") }
                    try visit.respond(body: "1")
                }
            },
            { visit in
                while let request = try visit.nextRequest() { try visit.respond(request.stream, body: "2") }
            })
    }

    @Test("the server's choice decides", arguments: [(["h2", "http/1.1"], "2"), (["http/1.1"], "1"), (["h2"], "2")])
    func choice(protocols: [String], version: String) throws {
        let secure = try SecureServerStage()
        try secure.play(script(secure, protocols)) { stage in
            let client = try stage.connect()
            for _ in 1...3 {
                try client.send(get())
                #expect(try client.readResponse().body.text == version)
            }
            #expect(stage.backend.connectionCount == 1)
        }
    }

    @Test("`protocol` insists", arguments: [("h1", "1"), ("h2", "2")])
    func insists(keys: String, version: String) throws {
        let secure = try SecureServerStage()
        try secure.play(script(secure, ["h2", "http/1.1"]), upstream: "protocol: \(keys)") { (stage) throws in
            #expect(try stage.exchange(get()).body.text == version)
        }
    }

    @Test("many requests at once find out together that a server speaks HTTP/1.1, and each is answered")
    func together() throws {
        let secure = try SecureServerStage()
        try secure.play(script(secure, ["http/1.1"])) { stage in
            let clients = try (0..<10).map { _ in try stage.connect() }
            for client in clients { try client.send(get()) }
            for client in clients { #expect(try client.readResponse().body.text == "1") }
            #expect(stage.backend.connectionCount <= 10)
        }
    }

    @Test("an upgrade that HTTP/2 does not allow goes over HTTP/1.1")
    func upgradeFallsBack() throws {
        let secure = try SecureServerStage()
        try secure.play(script(secure, ["h2", "http/1.1"])) { stage in
            let client = try stage.connect()
            try client.send(upgrade())
            #expect(try client.readHead().status == 101)
            #expect(try client.read(until: "tunnel") == "tunnel")
            #expect(try stage.exchange(get()).body.text == "2")
        }
    }
}

@Suite("WebSocket to HTTP/2 servers (RFC 8441)")
struct HTTP2ServerTunnelTests {
    @Test("an upgrade goes as extended CONNECT, both ways, until each side ends its own")
    func tunnel() throws {
        let script = ScriptedServer.http2([(8, 1)]) { visit in
            let head = try visit.readHead()
            let said = [":method", ":protocol", ":path", "sec-websocket-version", "sec-websocket-key", "upgrade"]
                .flatMap { head[$0] }
            try visit.respondHead(head.stream, 200, [("sec-websocket-protocol", "chat")])
            try visit.wire.send(.data(head.stream, said.joined(separator: " ")))
            let data = try visit.wire.readFrame { $0.type == RawFrame.data && !$0.payload.isEmpty }
            try visit.wire.send(.data(head.stream, "echo \(String(decoding: data.payload, as: UTF8.self))"))
            _ = try visit.wire.readFrame { $0.type == RawFrame.data && $0.endsStream }
            try visit.wire.send(.data(head.stream, "bye", ends: true))
            _ = try? visit.wire.readFrame { $0.type == RawFrame.goAway }
        }
        try Stage.play(script, .init(upstream: "protocol: h2")) { stage in
            let client = try stage.connect()
            try client.send(upgrade("/chat"))
            let head = try client.readHead()
            #expect(head.status == 101)
            #expect(head["Sec-WebSocket-Accept"] == ["s3pPLMBiTxaQ9kYGzzhZRbK+xOo="])
            #expect(head["sec-websocket-protocol"] == ["chat"])
            #expect(try client.read(until: "13") == "CONNECT websocket /chat 13")
            try client.send("hello")
            #expect(try client.read(until: "hello") == "echo hello")
            client.endSending()
            #expect(try client.readToEnd() == Array("bye".utf8))
            try eventually("the tunnel to end") { stage.proxy.endings("tunnel_closed") == 1 }
        }
    }

    @Test("a server bound to HTTP/2 that allows no upgrades is a 502 with a reason of its own")
    func notAllowed() throws {
        try Stage.play(ScriptedServer.http2Echo, .init(upstream: "protocol: h2")) { (stage) throws in
            #expect(try stage.exchange(upgrade()).status == 502)
            #expect(stage.proxy.endings("upgrade_unsupported") == 1)
            #expect(try stage.exchange(get()).status == 200)
        }
    }

    @Test("an upgrade that the server declines is answered with what it says")
    func declined() throws {
        let script = ScriptedServer.http2([(8, 1)]) { visit in
            while true {
                let head = try visit.readHead()
                try visit.respond(head.stream, 403, body: "no")
            }
        }
        try Stage.play(script, .init(upstream: "protocol: h2")) { stage in
            let response = try stage.exchange(upgrade())
            #expect(response.status == 403)
            #expect(response.body.text == "no")
        }
    }
}
