// WebSocket over HTTP/2 to a server that speaks HTTP/1.1. RFC 8441.

import GateTesting
import Testing

@Suite("Extended CONNECT (RFC 8441)")
struct ExtendedConnectTests {
    private typealias Raw = RawHTTP2Connection

    private static func connect(_ id: UInt32, _ protocol: String = "websocket") -> RawFrame {
        .headers(
            id,
            [
                (":method", "CONNECT"), (":protocol", `protocol`), (":scheme", "http"), (":authority", "a.example"),
                (":path", "/chat"), ("sec-websocket-version", "13"), ("origin", "http://a.example"),
            ], ends: false)
    }

    /// Answers the handshake as a server of RFC 6455 does, then sends back what it gets until the client ends.
    private static let echo: ScriptedServer.Script = { visit in
        let head = try visit.readHead()
        let accept = WebSocketAnswer.accept(head["Sec-WebSocket-Key"].first ?? "")
        try visit.send(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Accept: \(accept)\r\nX-Extra: yes\r\n\r\n")
        while true {
            let bytes = try visit.connection.readSome(within: .seconds(60))
            if bytes.isEmpty { return }
            try visit.send(bytes)
        }
    }

    @Test("bytes go both ways, and END_STREAM ends one direction alone (RFC 8441 §5)")
    func tunnel() throws {
        let script: ScriptedServer.Script = { visit in
            try Self.echo(visit)
            try visit.send("bye")
        }
        try Stage.playHTTP2(script) { stage in
            let client = try stage.connectHTTP2()
            try client.send(Self.connect(1))
            let head = try client.readFrame { $0.type == RawFrame.headers }
            #expect(!head.endsStream)
            let fields = try client.fields(of: head)
            #expect(fields.contains { $0 == (":status", "200") } && fields.contains { $0 == ("x-extra", "yes") })
            let names = Set(fields.map(\.0))
            #expect(names.isDisjoint(with: ["connection", "upgrade", "sec-websocket-accept"]))
            try client.send(.data(1, "hello"))
            #expect(try Self.text(client, until: "hello") == "hello")
            try client.send(.data(1, "last", ends: true))
            #expect(try Self.text(client, until: nil) == "lastbye")
        }
    }

    @Test("a server's connection that is reset is CANCEL on the stream (RFC 8441 §5)")
    func serverResets() throws {
        let script: ScriptedServer.Script = { visit in
            let head = try visit.readHead()
            let accept = WebSocketAnswer.accept(head["Sec-WebSocket-Key"].first ?? "")
            try visit.send(
                "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    + "Sec-WebSocket-Accept: \(accept)\r\n\r\n")
            try visit.stall()
            visit.connection.reset()
        }
        try Stage.playHTTP2(script) { stage in
            let client = try stage.connectHTTP2()
            try client.send(Self.connect(1))
            _ = try client.readFrame { $0.type == RawFrame.headers }
            stage.backend.release.fire()
            #expect(try client.resetCode(1) == 8)
        }
    }

    /// What comes on the first stream up to `end`, or else to the stream's end.
    private static func text(_ client: RawHTTP2Connection, until end: String?) throws -> String {
        var text = ""
        while true {
            let frame = try client.readMessage()
            guard frame.type == RawFrame.data else { return text + " (\(frame))" }
            text += String(decoding: frame.payload, as: UTF8.self)
            if frame.endsStream || text == end { return text }
        }
    }

    @Test("a server that does not answer the key, or answers without switching, is a bad gateway")
    func wrongAnswer() throws {
        let script = ScriptedServer.serving { visit, request in
            try visit.send(
                request.target == "/chat"
                    ? "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                        + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
                    : "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        }
        try Stage.playHTTP2(script) { stage in
            let client = try stage.connectHTTP2()
            try client.send(Self.connect(1))
            #expect(try client.response(1).status == 502)
        }
        try Stage.playHTTP2(ScriptedServer.echo) { stage in
            let client = try stage.connectHTTP2()
            try client.send(Self.connect(1))
            #expect(try client.response(1).status == 502)
        }
    }

    @Test("a server's refusal is passed on")
    func refusal() throws {
        try Stage.playHTTP2(ScriptedServer.answering("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")) {
            stage in
            let client = try stage.connectHTTP2()
            try client.send(Self.connect(1))
            let response = try client.response(1)
            #expect(response.status == 403 && response.text == "no")
        }
    }

    @Test("a route that allows no upgrade refuses it, and so does a protocol that nobody knows")
    func notAllowed() throws {
        try Stage.playHTTP2(Self.echo, Stage.Settings(route: "upgrade: []")) { stage in
            let client = try stage.connectHTTP2()
            try client.send(Self.connect(1))
            #expect(try client.response(1).status == 400)
            try client.send(Self.connect(3, "connect-udp"))
            #expect(try client.response(3).status == 501)
            #expect(stage.backend.requestCount == 0)
        }
    }

    @Test("where it is not offered, :protocol is malformed")
    func notOffered() throws {
        try Stage.playHTTP2(Self.echo, settings: "http2: { websocket: false }") { stage in
            let client = try stage.connectHTTP2()
            try client.send(Self.connect(1))
            #expect(try client.response(1).resetCode == 1)
        }
    }

    @Test("a reset ends the server's side, and a server that is gone ends the stream")
    func resets() throws {
        let gone = Signal()
        let script: ScriptedServer.Script = { visit in
            try? Self.echo(visit)
            gone.fire()
        }
        try Stage.playHTTP2(script) { stage in
            let client = try stage.connectHTTP2()
            try client.send(Self.connect(1))
            _ = try client.readMessage()
            try client.send(.reset(1))
            try gone.wait(within: Deadline.usual)
        }
        let leaving: ScriptedServer.Script = { visit in
            let head = try visit.readHead()
            let accept = WebSocketAnswer.accept(head["Sec-WebSocket-Key"].first ?? "")
            try visit.send(
                "HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: \(accept)\r\n\r\nhello"
            )
            visit.connection.reset()
        }
        try Stage.playHTTP2(leaving) { stage in
            let client = try stage.connectHTTP2()
            try client.send(Self.connect(1))
            let frame = try client.readFrame { $0.type == RawFrame.reset || $0.type == RawFrame.data && $0.endsStream }
            #expect(frame.stream == 1)
        }
    }
}
