// Python's hypercorn over HTTP/2 in clear text: an ASGI application, streams and WebSockets (RFC 8441).

import GateTesting
import Testing

@Suite("With hypercorn as the backend", .enabled(if: Peer.hypercorn.mayRun, "needs Debian's python3-hypercorn"))
struct HypercornTests {
    private static let application = """
        async def app(scope, receive, send):
            if scope['type'] == 'lifespan':
                return
            if scope['type'] == 'websocket':
                await receive()
                await send({'type': 'websocket.accept'})
                message = await receive()
                await send({'type': 'websocket.send', 'text': message['text'][::-1]})
                await send({'type': 'websocket.close'})
                return
            body, more = b'', True
            while more:
                event = await receive()
                body += event.get('body', b'')
                more = event.get('more_body', False)
            text = '%s %s %s %d' % (scope['http_version'], scope['method'], scope['path'], len(body))
            await send({'type': 'http.response.start', 'status': 200, 'headers': [(b'content-type', b'text/plain')]})
            await send({'type': 'http.response.body', 'body': text.encode(), 'more_body': True})
            await send({'type': 'http.response.body', 'body': b' end'})
        """

    private func play(_ body: (ProxyUnderTest) throws -> Void) throws {
        let directory = try TemporaryDirectory()
        try directory.write("application.py", Self.application)
        let port = try takeFreePort()
        let server = try ChildProcess(
            Peer.python,
            [
                "-c",
                "import sys; sys.path.insert(0, '\(directory.path)'); from hypercorn.__main__ import main; "
                    + "main(['-b', '127.0.0.1:\(port)', 'application:app'])",
            ])
        defer { server.stop() }
        try waitForListener(port)
        let proxy = try ProxyUnderTest(
            Stage.Settings(upstream: "protocol: h2").text(backend: "http://127.0.0.1:\(port)"))
        try body(proxy)
        try proxy.stop()
    }

    @Test("requests with and without bodies are answered over HTTP/2")
    func requests() throws {
        try play { (proxy) throws in
            #expect(try proxy.exchange(get("/a")).body.text == "2 GET /a 0 end")
            #expect(try proxy.exchange(post("/b", body: "hello")).body.text == "2 POST /b 5 end")
            let chunked = postChunked("/c", chunks: "5\r\nhello\r\n0\r\n\r\n")
            #expect(try proxy.exchange(chunked).body.text == "2 POST /c 5 end")
        }
    }

    @Test("a WebSocket is one of its streams")
    func webSocket() throws {
        try play { proxy in
            let client = try proxy.connect()
            try client.send(upgrade("/socket"))
            let head = try client.readHead()
            #expect(head.status == 101)
            #expect(head["Sec-WebSocket-Accept"] == ["s3pPLMBiTxaQ9kYGzzhZRbK+xOo="])
            // A masked text frame with the mask 0 (RFC 6455 §5.2).
            try client.send([0x81, 0x83, 0, 0, 0, 0] + Array("abc".utf8))
            #expect(try client.read(exactly: 5) == [0x81, 3] + Array("cba".utf8))
        }
    }
}
