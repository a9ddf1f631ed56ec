// How connections end: close_notify says that all was said, its absence that something may be missing (RFC 8446 §6.1).

import GateProxy
import GateTesting
import Testing

@Suite("The end of a TLS connection")
struct ClosureTests {
    @Test(
        "comes with close_notify behind an answer that closes (RFC 8446 §6.1, RFC 9112 §9.8)",
        arguments: [RawTLSVersion.v12, .v13])
    func whole(version: RawTLSVersion) throws {
        try TLSStage.play { stage throws in
            let client = try stage.connect(RawTLSOptions().with { $0.versions = version...version })
            try client.send(get("/", "Connection: close\r\n"))
            #expect(try client.readResponse().status == 200)
            try client.expectEnd()
        }
    }

    @Test("comes with close_notify behind a body that is framed by closing (RFC 9112 §9.8)")
    func untilClose() throws {
        try TLSStage.play(ScriptedServer.answeringOnce("HTTP/1.1 200 OK\r\n\r\nall of it")) { stage throws in
            let client = try stage.connect()
            try client.send("GET / HTTP/1.0\r\nHost: a.example\r\n\r\n")
            let answer = try client.readResponse()
            #expect(answer.body.framing == .untilEnd)
            #expect(answer.body.text == "all of it")
        }
    }

    @Test(
        "comes without close_notify behind an answer that is cut (RFC 9112 §9.8)",
        arguments: [
            "Content-Length: 100\r\n\r\npart", "Transfer-Encoding: chunked\r\n\r\n4\r\npart\r\n",
        ])
    func cut(answer: String) throws {
        try TLSStage.play(ScriptedServer.answeringOnce("HTTP/1.1 200 OK\r\n\(answer)")) { stage throws in
            let client = try stage.connect()
            try client.send(get())
            let head = try client.readHead()
            #expect(head.status == 200)
            let failure = #expect(throws: WireFailure.self) { try client.readToEnd() }
            #expect(failure?.kind == .endedWithoutNotice)
            #expect(failure.map { String(decoding: $0.had, as: UTF8.self).contains("part") } == true)
        }
    }

    @Test("comes without close_notify when a server resets an answer that the client reads to its end")
    func cutUntilClose() throws {
        let script: ScriptedServer.Script = { visit in
            try visit.readRequest()
            try visit.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n")
            try visit.stall()
            visit.connection.reset()
        }
        try TLSStage.play(script) { stage throws in
            let client = try stage.connect()
            try client.send("GET / HTTP/1.0\r\nHost: a.example\r\n\r\n")
            #expect(try client.readHead().status == 200)
            stage.backend.release.fire()
            let failure = #expect(throws: WireFailure.self) { try client.readToEnd() }
            #expect(failure?.kind == .endedWithoutNotice)
        }
    }

    @Test("of an idle one comes with close_notify when the time is up")
    func idle() throws {
        func change(_ settings: inout TLSStage.Settings, _ authority: TestAuthority) {
            settings.listener.timeouts.idleMs = 50
        }
        try TLSStage.play(ScriptedServer.echo, change) { stage throws in
            let client = try stage.connect()
            try client.send(get())
            #expect(try client.readResponse().status == 200)
            try client.expectEnd()
        }
    }

    @Test("by the client's close_notify alone: a whole request is still answered (RFC 8446 §6.1, RFC 9112 §9.6)")
    func halfClosed() throws {
        try TLSStage.play { stage throws in
            let client = try stage.connect()
            try client.send(get())
            try client.endSending()
            #expect(try client.readResponse().status == 200)
            try client.expectEnd()
        }
    }

    @Test("by the client's close_notify in a body is no end of the body (RFC 9112 §8)")
    func cutRequest() throws {
        try TLSStage.play { stage throws in
            let client = try stage.connect()
            try client.send(ask("POST", "/", "Content-Length: 100\r\n") + "part")
            try client.endSending()
            try stage.waitUntilEmpty()
            #expect(stage.backend.requestCount == 0)
        }
    }

    @Test("by the client's FIN without close_notify ends it, too", arguments: ["", "GET / HT"])
    func plainCut(sent: String) throws {
        try TLSStage.play { stage throws in
            let client = try stage.connect()
            if !sent.isEmpty { try client.send(sent) }
            client.raw.endSending()
            try stage.waitUntilEmpty()
        }
    }

    @Test("of a handshake that the client gives up is counted", arguments: [true, false])
    func givenUp(byReset: Bool) throws {
        try TLSStage.play { stage throws in
            let raw = try stage.connectRaw()
            try raw.send(try RawTLSConnection(over: raw).firstFlight())
            _ = try raw.readSome()
            if byReset { raw.reset() } else { raw.close() }
            try stage.waitUntilEmpty()
            let ends = stage.workers.counters()
            #expect(ends[.closed] + ends[.connectionBroken] == 1, "\(ends.handshakeEnds), \(stage.messages.current)")
        }
    }
}
