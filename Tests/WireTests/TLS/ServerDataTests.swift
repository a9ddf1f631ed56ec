// Requests and answers over TLS to servers: kept connections, ends that are none, large bodies, tunnels.

import GateTesting
import Testing

@Suite("TLS to servers: data (RFC 8446 §6.1, RFC 9112 §9.8)")
struct ServerDataTests {
    private static let noRetry = "retries: { attempts: 0 }"

    private func options(_ secure: SecureServerStage, _ version: RawTLSVersion = .v13) throws -> RawTLSOptions {
        try RawTLSOptions.server(secure.authority.server("127.0.0.1")).with { $0.versions = version...version }
    }

    @Test(
        "a connection is kept, whatever tickets come behind an answer (RFC 8446 §4.6.1)",
        arguments: [RawTLSVersion.v12, .v13])
    func kept(version: RawTLSVersion) throws {
        let secure = try SecureServerStage()
        try secure.play(ScriptedServer.secureEcho(try options(secure, version))) { stage throws in
            let client = try stage.connect()
            for number in 1...5 {
                try client.send(number % 2 == 0 ? get() : post(body: "hello"))
                #expect(try client.readResponse().status == 200)
            }
            #expect(stage.backend.connectionCount == 1)
        }
    }

    @Test("new keys between two requests do not end the connection (RFC 8446 §4.6.3)")
    func newKeys() throws {
        let secure = try SecureServerStage()
        let script = ScriptedServer.secure(try options(secure)) { visit in
            while try visit.nextRequest() != nil {
                try visit.respond(body: "hello")
                try visit.tls.updateKeys()
            }
        }
        try secure.play(script) { stage throws in
            let client = try stage.connect()
            for _ in 1...4 {
                try client.send(post(body: "x"))
                #expect(try client.readResponse().body.text == "hello")
            }
            #expect(stage.backend.connectionCount == 1)
        }
    }

    @Test("a connection that the server ends while it rests is not used again", arguments: [true, false])
    func endedWhileIdle(saysGoodbye: Bool) throws {
        let secure = try SecureServerStage()
        let script = ScriptedServer.secure(try options(secure)) { visit in
            try visit.readRequest()
            try visit.respond(body: "hello")
            if saysGoodbye { try visit.end() } else { visit.tls.close() }
        }
        try secure.play(script, upstream: Self.noRetry) { stage throws in
            for _ in 1...4 {
                #expect(try stage.exchange(post(body: "x")).status == 200)
                try stage.backend.waitUntilIdle()
            }
            #expect(stage.backend.connectionCount == 4)
        }
    }

    @Test("a body that only the connection's end ends needs close_notify; without it the client sees a cut")
    func endWithoutNotice() throws {
        let secure = try SecureServerStage()
        let script = ScriptedServer.secure(try options(secure)) { visit in
            let isProper = try visit.readRequest().target == "/proper"
            try visit.send("HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "x", count: 1000))
            if isProper { try visit.end() } else { visit.tls.raw.endSending() }
            if !isProper { try visit.tls.raw.waitForEnd() }
        }
        try secure.play(script) { stage throws in
            let whole = try stage.exchange(get("/proper"))
            #expect(whole.body.bytes.count == 1000)
            let client = try stage.connect()
            try client.send(get("/cut"))
            #expect(throws: WireFailure.self) { try client.readResponse() }
            try expectEnding("cut_response", in: stage)
        }
    }

    @Test("a body of known length is whole without close_notify")
    func lengthWithoutNotice() throws {
        let secure = try SecureServerStage()
        let script = ScriptedServer.secure(try options(secure)) { visit in
            try visit.readRequest()
            try visit.respond(fields: "Connection: close\r\n", body: "hello")
            visit.tls.close()
        }
        try secure.play(script) { stage throws in #expect(try stage.exchange(get()).body.text == "hello") }
    }

    @Test("an answer that is cut before its length is 502, or a cut once it has begun")
    func cut() throws {
        let secure = try SecureServerStage()
        let script = ScriptedServer.secure(try options(secure)) { visit in
            let request = try visit.readRequest()
            let head = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n"
            try visit.send(request.target == "/head" ? head : head + "\r\nhello")
            try visit.end()
        }
        try secure.play(script, upstream: Self.noRetry) { stage throws in
            #expect(try stage.exchange(get("/head")).status == 502)
            let client = try stage.connect()
            try client.send(get("/body"))
            #expect(throws: WireFailure.self) { try client.readResponse() }
        }
    }

    @Test("bytes that are no record, in the middle of an answer, cut it (RFC 8446 §5.1)")
    func brokenRecord() throws {
        let secure = try SecureServerStage()
        let script = ScriptedServer.secure(try options(secure)) { visit in
            let request = try visit.readRequest()
            if request.target == "/body" { try visit.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello") }
            try visit.tls.raw.send("this is no record at all")
            try visit.tls.raw.waitForEnd()
        }
        try secure.play(script, upstream: Self.noRetry) { stage throws in
            #expect(try stage.exchange(get("/head")).status == 502)
            try expectEnding("server_tls_failed", in: stage)
            let client = try stage.connect()
            try client.send(get("/body"))
            #expect(throws: WireFailure.self) { try client.readResponse() }
            try expectEnding("cut_response", in: stage)
        }
    }

    // MARK: Size

    private static let size = 3 << 20
    private static let data = [UInt8]((0..<size).map { UInt8(truncatingIfNeeded: $0 &* 29 >> 6) })

    @Test("large bodies go both ways, not a byte more or less", arguments: [RawTLSVersion.v12, .v13])
    func large(version: RawTLSVersion) throws {
        let secure = try SecureServerStage()
        let script = ScriptedServer.secure(try options(secure, version)) { visit in
            while let request = try visit.nextRequest() {
                try visit.send("HTTP/1.1 200 OK\r\nContent-Length: \(request.body.bytes.count)\r\n\r\n")
                try visit.tls.send(request.body.bytes, within: .seconds(120))
            }
        }
        try secure.play(script) { stage throws in
            let client = try stage.connect()
            let head = Array(ask("POST", "/", "Content-Length: \(Self.size)\r\n").utf8)
            let sender = Background { for _ in 1...2 { try client.send(head + Self.data) } }
            for _ in 1...2 { #expect(try client.readResponse(within: .seconds(60)).body.bytes == Self.data) }
            try sender.value()
            #expect(stage.backend.connectionCount == 1)
        }
    }

    @Test("who answers before the upload ends, and closes, is heard (RFC 9112 §9.3)")
    func early() throws {
        let secure = try SecureServerStage()
        let script = ScriptedServer.secure(try options(secure)) { visit in
            _ = try visit.tls.readHead()
            try visit.respond("403 Forbidden", fields: "Connection: close\r\n", body: "no thanks")
            try visit.end()
        }
        try secure.play(script) { stage throws in
            let client = try stage.connect()
            try client.send(ask("POST", "/", "Content-Length: 8000000\r\n"))
            _ = try? client.sendUntilStuck(limit: 8_000_000)
            let response = try client.readResponse()
            #expect(response.status == 403)
            #expect(response.body.text == "no thanks")
        }
    }

    // MARK: Tunnels

    @Test("a WebSocket goes through, and an end in one direction leaves the other (RFC 8446 §6.1)")
    func tunnel() throws {
        let secure = try SecureServerStage()
        let script = ScriptedServer.secure(try options(secure)) { visit in
            _ = try visit.tls.readHead()
            try visit.send(switchingProtocols)
            while true {
                let bytes = try visit.tls.readSome(within: .seconds(60))
                if bytes.isEmpty { break }
                try visit.tls.send(bytes, within: .seconds(60))
            }
            try visit.send("last words")
            try visit.end()
        }
        try secure.play(script) { stage throws in
            let client = try stage.connect()
            try client.send(upgrade("/chat"))
            #expect(try client.readResponse().status == 101)
            for text in ["ping", String(repeating: "long ", count: 20_000)] {
                let sender = Background { try client.send(text) }
                #expect(try client.read(exactly: text.utf8.count) == Array(text.utf8))
                try sender.value()
            }
            client.endSending()
            #expect(try client.readToEnd() == Array("last words".utf8))
        }
    }

    // MARK: Reload

    @Test("other settings of TLS mean other connections; equal ones keep theirs")
    func reload() throws {
        let secure = try SecureServerStage()
        let backend = try ScriptedServer(ScriptedServer.secureEcho(try options(secure)))
        defer { backend.stop() }
        func text(_ tls: String) -> String {
            Stage.Settings(upstream: "tls: { ca: \"\(secure.ca)\"\(tls) }").text(backend: backend.secureURL)
        }
        let proxy = try ProxyUnderTest(text(""))
        #expect(try proxy.exchange(get()).status == 200)
        try proxy.reload(text("") + "trusted_proxies: [10.0.0.0/8]\n")
        #expect(try proxy.exchange(get()).status == 200)
        #expect(backend.connectionCount == 1)
        try proxy.reload(text(", min_version: \"1.3\""))
        #expect(try proxy.exchange(get()).status == 200)
        #expect(backend.connectionCount == 2)
        try proxy.reload(text(", name: other.example"))
        #expect(try proxy.exchange(get()).status == 502)
        try proxy.stop()
    }
}
