// WebSocket in the matrix: HTTP/1.1 upgrades, HTTP/2 connects (RFC 8441), and the proxy makes either of the other.

import GateTesting
import Testing

extension VersionMatrixTests {
    @Test(
        "WebSocket: the handshake is each version's own, and bytes go both ways", arguments: VersionPair.withWebSocket)
    func webSocket(pair: VersionPair) throws {
        let script = MatrixScript(http1: Self.chatHTTP1, http2: Self.chatHTTP2)
        try script.play(pair) { connect in
            let stream = try connect()
            if pair.client == "2" { try Self.talkHTTP2(pair, stream) } else { try Self.talkHTTP1(stream) }
        }
    }

    // MARK: Clients

    private static func talkHTTP1(_ stream: any ByteStream) throws {
        try stream.send(upgrade("/chat", "Sec-WebSocket-Protocol: chat\r\n"))
        let head = try stream.readHead()
        #expect(head.status == 101)
        #expect(head["Sec-WebSocket-Accept"] == ["s3pPLMBiTxaQ9kYGzzhZRbK+xOo="])
        #expect(head["Sec-WebSocket-Protocol"] == ["chat"])
        try stream.send("hello")
        #expect(try stream.read(exactly: 5) == Array("hello".utf8))
        try stream.send("end")
        #expect(try stream.readToEnd() == Array("bye".utf8))
    }

    private static func talkHTTP2(_ pair: VersionPair, _ stream: any ByteStream) throws {
        let wire = try RawHTTP2Connection(stream)
        let head = RawHTTP2Connection.head(
            "CONNECT", "/chat", scheme: pair.isClientSecure ? "https" : "http",
            [(":protocol", "websocket"), ("sec-websocket-version", "13"), ("sec-websocket-protocol", "chat")])
        try wire.send(.headers(1, head, ends: false))
        let answer = try wire.readFrame { $0.type == RawFrame.headers }
        let fields = try wire.fields(of: answer)
        #expect(
            fields.contains { $0 == (":status", "200") } && fields.contains { $0 == ("sec-websocket-protocol", "chat") }
        )
        #expect(!fields.contains { ["upgrade", "connection", "sec-websocket-accept"].contains($0.0) })
        try wire.send(.data(1, "hello"))
        #expect(try data(wire, until: 5) == "hello")
        try wire.send(.data(1, "end"))
        #expect(try data(wire, until: nil) == "bye")
    }

    /// What comes in DATA, up to `count` bytes or else to END_STREAM.
    private static func data(_ wire: RawHTTP2Connection, until count: Int?) throws -> String {
        var text = ""
        while true {
            let frame = try wire.readFrame { $0.type == RawFrame.data || $0.type == RawFrame.reset }
            guard frame.type == RawFrame.data else { return text + " (\(frame))" }
            text += String(decoding: frame.payload, as: UTF8.self)
            if frame.endsStream || text.utf8.count == count { return text }
        }
    }

    // MARK: Backends

    /// Says what it hears until it hears "end"; then it says "bye" and no more.
    @Sendable private static func chatHTTP1(_ stream: any ByteStream) throws {
        let head = try stream.readHead()
        guard head.has("Upgrade") else { return try stream.send(GateTesting.answer("400 Bad Request")) }
        let accept = WebSocketAnswer.accept(head["Sec-WebSocket-Key"].first ?? "")
        try stream.send(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Accept: \(accept)\r\nSec-WebSocket-Protocol: chat\r\n\r\n")
        while true {
            let heard = try stream.readSome(within: .seconds(60))
            if heard.isEmpty || heard == Array("end".utf8) { break }
            try stream.send(heard)
        }
        try stream.send("bye")
    }

    @Sendable private static func chatHTTP2(_ visit: HTTP2Visit) throws {
        let head = try visit.readHead()
        guard head.method == "CONNECT", head[":protocol"] == ["websocket"], head["sec-websocket-key"].isEmpty else {
            return try visit.respond(head.stream, 400)
        }
        try visit.respondHead(head.stream, 200, [("sec-websocket-protocol", "chat")])
        while true {
            let heard = try visit.wire.readFrame { $0.type == RawFrame.data }
            if heard.endsStream || heard.payload == Array("end".utf8) { break }
            try visit.wire.send(.data(head.stream, heard.payload))
        }
        try visit.wire.send(.data(head.stream, "bye", ends: true))
        // The tunnel has an end when the client's side has one.
        _ = try? visit.wire.readFrame { $0.type == RawFrame.goAway }
    }
}
