import GateCore
import GateTesting
import Testing

@Suite("The raw client and the scripted server, against each other")
struct RawConnectionTests {
    @Test("a request and its response cross with fields in order")
    func exchange() throws {
        let server = try ScriptedServer(ScriptedServer.echo)
        defer { server.stop() }
        let client = try RawConnection.connect(to: server.address)
        try client.send(post("/x?y", "B: 2\r\nA: 1\r\n", body: "hello"))
        let response = try client.readResponse()
        #expect(response.status == 200)
        #expect(response.body.text.contains("field: B: 2\nfield: A: 1\n"))
        #expect(try server.nextRequest().body.text == "hello")
        #expect(server.connectionCount == 1)
    }

    @Test(
        "a response is read in any framing",
        arguments: [
            (answer(body: "abc"), RawBody.Framing.length(3)),
            (answerChunked(chunks: "1\r\na\r\n2\r\nbc\r\n0\r\nT: 1\r\n\r\n"), .chunked),
            ("HTTP/1.1 200 OK\r\n\r\nabc", .untilEnd),
        ])
    func framings(text: String, framing: RawBody.Framing) throws {
        let server = try ScriptedServer(ScriptedServer.answeringOnce(text))
        defer { server.stop() }
        let client = try RawConnection.connect(to: server.address)
        try client.send(get())
        let response = try client.readResponse()
        #expect(response.body.framing == framing)
        #expect(response.body.text == "abc")
        #expect(response.body.trailers.count == (framing == .chunked ? 1 : 0))
        try client.expectEnd()
    }

    @Test("interim responses come before the final one, and pieces are put together")
    func interim() throws {
        let server = try ScriptedServer { visit in
            try visit.readRequest()
            try visit.connection.send("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + answer(body: "ok"), inPiecesOf: 1)
        }
        defer { server.stop() }
        let client = try RawConnection.connect(to: server.address)
        try client.send(get(), inPiecesOf: 3)
        let response = try client.readResponse()
        #expect(response.interim.map(\.status) == [103])
        #expect(response.body.text == "ok")
    }

    @Test("a cut body throws what had come")
    func cut() throws {
        let server = try ScriptedServer(ScriptedServer.answeringOnce("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"))
        defer { server.stop() }
        let client = try RawConnection.connect(to: server.address)
        try client.send(get())
        let failure = #expect(throws: WireFailure.self) { try client.readResponse() }
        #expect(failure?.kind == .ended)
        #expect(failure?.had == Array("abc".utf8))
    }

    @Test("a reset is told from an end, and reading has a bound")
    func reset() throws {
        let server = try ScriptedServer { visit in
            try visit.readRequest()
            visit.connection.reset()
        }
        defer { server.stop() }
        let client = try RawConnection.connect(to: server.address)
        #expect(try client.staysSilent(for: .milliseconds(20)))
        try client.send(get())
        #expect(throws: WireFailure.self) { try client.expectEnd() }
    }

    @Test("a connection that nobody takes, and one that nobody answers")
    func deadAddresses() throws {
        let refusing = try RefusingPort()
        let failure = #expect(throws: WireFailure.self) {
            _ = try RawConnection.connect(to: .ip(.loopbackIPv4, port: refusing.port))
        }
        #expect(failure?.kind == .refused)
        let hole = try BlackHole()
        let silence = #expect(throws: WireFailure.self) {
            _ = try RawConnection.connect(to: .ip(.loopbackIPv4, port: hole.port), within: .milliseconds(100))
        }
        #expect(silence?.kind == .timedOut)
    }

    @Test("a Unix socket and IPv6 do as well, and an own address can be chosen")
    func families() throws {
        let directory = try TemporaryDirectory()
        for address in [SocketAddress.unix(path: directory.file("s")), .ip(.loopback, port: 0)] {
            let server = try ScriptedServer(on: address, ScriptedServer.saying("hi"))
            defer { server.stop() }
            let client = try RawConnection.connect(to: server.address)
            try client.send(get())
            #expect(try client.readResponse().body.text == "hi")
        }
        let server = try ScriptedServer(ScriptedServer.saying("hi"))
        defer { server.stop() }
        let client = try RawConnection.connect(to: server.address, from: IPAddress(127, 0, 0, 9))
        try client.send(get())
        #expect(try client.readResponse().body.text == "hi")
    }

    @Test("a stalled script goes on when the server stops")
    func stall() throws {
        let server = try ScriptedServer { visit in
            try visit.readRequest()
            try visit.stall()
        }
        let client = try RawConnection.connect(to: server.address)
        try client.send(get())
        _ = try server.nextRequest()
        server.stop()
        try client.waitForEnd()
        #expect(server.openCount == 0)
    }
}
