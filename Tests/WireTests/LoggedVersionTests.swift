// What the access log says of versions: the status that the client saw, and what the server spoke.

import GateTesting
import Testing

@Suite("Versions in the access log")
struct LoggedVersionTests {
    /// A stage whose listener speaks both versions, and the log's lines after `body`, as they come.
    private static func lines(
        _ count: Int, of template: String, _ script: @escaping ScriptedServer.Script, upstream: String = "",
        _ body: (Stage) throws -> Void
    ) throws -> [String] {
        let directory = try TemporaryDirectory()
        let file = directory.file("access.log")
        var settings = Stage.Settings(upstream: upstream)
        settings.accessLog = "template: '\(template)', output: \"\(file)\""
        return try Stage.playHTTP2(script, settings) { stage in
            try body(stage)
            try eventually("the lines") { textOfFile(file).count { $0 == "\n" } >= count }
            return textOfFile(file).split(separator: "\n").map(String.init)
        }
    }

    // MARK: Tunnels

    private static let tunnelHTTP1: ScriptedServer.Script = { visit in
        let head = try visit.readHead()
        let accept = WebSocketAnswer.accept(head["Sec-WebSocket-Key"].first ?? "")
        try visit.send(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Accept: \(accept)\r\n\r\nbye")
    }

    private static let tunnelHTTP2 = ScriptedServer.http2([(8, 1)]) { visit in
        while true {
            let head = try visit.readHead()
            try visit.respondHead(head.stream, 200)
            try visit.wire.send(.data(head.stream, "bye", ends: true))
        }
    }

    private static let connect = RawFrame.headers(
        1,
        [
            (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":authority", "a.example"),
            (":path", "/chat"), ("sec-websocket-version", "13"),
        ], ends: false)

    private static func tunnelOverHTTP1(_ stage: Stage) throws {
        let client = try stage.connect()
        try client.send(upgrade("/chat"))
        #expect(try client.readHead().status == 101)
        #expect(try client.read(until: "bye") == "bye")
        client.endSending()
        _ = try client.readToEnd()
    }

    private static func tunnelOverHTTP2(_ stage: Stage) throws {
        let client = try stage.connectHTTP2()
        try client.send(connect)
        let head = try client.readFrame { $0.type == RawFrame.headers }
        #expect(try client.fields(of: head).contains { $0 == (":status", "200") })
        try client.send(.data(1, "", ends: true))
        _ = try client.readFrame { $0.type == RawFrame.data && $0.endsStream }
    }

    @Test("a tunnel's status is 101 over HTTP/1.1 and 200 over HTTP/2, whatever the server speaks", arguments: [1, 2])
    func tunnels(server: Int) throws {
        let script = server == 1 ? Self.tunnelHTTP1 : Self.tunnelHTTP2
        let found = try Self.lines(
            2, of: "{request.protocol} {status} {reason} {server.protocol}", script, upstream: "protocol: h\(server)"
        ) { stage in
            try Self.tunnelOverHTTP1(stage)
            try Self.tunnelOverHTTP2(stage)
        }
        let spoken = server == 1 ? "HTTP/1.1" : "HTTP/2.0"
        #expect(
            Set(found) == ["HTTP/1.1 101 tunnel_closed \(spoken)", "HTTP/2.0 200 tunnel_closed \(spoken)"])
    }

    // MARK: Answers

    @Test("the server's version is that of its answer", arguments: ["HTTP/1.0", "HTTP/1.1"])
    func answers(version: String) throws {
        let script = ScriptedServer.answering("\(version) 200 OK\r\nContent-Length: 2\r\n\r\nok")
        let found = try Self.lines(2, of: "{status} {server.protocol} {upstream.protocol}", script) { stage in
            #expect(try stage.exchange(get()).status == 200)
            let client = try stage.connectHTTP2()
            try client.get(1)
            #expect(try client.response(1).status == 200)
        }
        #expect(found == Array(repeating: "200 \(version) \(version)", count: 2))
    }

    @Test("it is HTTP/2.0 where that was spoken, and empty where no server answered, also after one that did")
    func none() throws {
        let script = ScriptedServer.http2 { visit in
            let first = try visit.readHead()
            try visit.respond(first.stream, 200, body: "ok")
            let second = try visit.readHead()
            try visit.wire.send(.reset(second.stream, 2))
            _ = try? visit.wire.readFrame { $0.type == RawFrame.goAway }
        }
        let found = try Self.lines(
            2, of: "{status} <{server.protocol}>", script, upstream: "protocol: h2, retries: { attempts: 0 }"
        ) { (stage) throws in
            #expect(try stage.exchange(get()).status == 200)
            #expect(try stage.exchange(get()).status == 502)
        }
        #expect(found == ["200 <HTTP/2.0>", "502 <>"])
    }
}
