// Python's h2, a strict state machine, as the client: requests in parallel, bodies under flow control, trailers, WebSocket.

import GateTesting
import Testing

@Suite(
    "With Python's h2 as the client",
    .enabled(if: Peer.pythonH2.mayRun, "needs Debian's python3-h2 and python3-wsproto"))
struct PythonH2Tests {
    private static let client = """
        import socket, sys
        import h2.config, h2.connection, h2.events, h2.settings
        import wsproto, wsproto.events, wsproto.frame_protocol as frames

        class Client:
            def __init__(self, port):
                self.socket = socket.create_connection(("127.0.0.1", port), timeout=300)
                self.h2 = h2.connection.H2Connection(config=h2.config.H2Configuration(client_side=True))
                self.h2.initiate_connection()
                self.bodies, self.heads, self.trailers, self.ended = {}, {}, {}, set()
                self.settings = {}
                self.flush()
            def flush(self):
                self.socket.sendall(self.h2.data_to_send())
            def pump(self):
                data = self.socket.recv(65536)
                assert data, "the connection ended"
                for event in self.h2.receive_data(data):
                    if isinstance(event, h2.events.ResponseReceived): self.heads[event.stream_id] = dict(event.headers)
                    elif isinstance(event, h2.events.TrailersReceived): self.trailers[event.stream_id] = dict(event.headers)
                    elif isinstance(event, h2.events.DataReceived):
                        self.bodies.setdefault(event.stream_id, bytearray()).extend(event.data)
                        if event.flow_controlled_length: self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                    elif isinstance(event, h2.events.StreamEnded): self.ended.add(event.stream_id)
                    elif isinstance(event, h2.events.StreamReset): raise AssertionError(event)
                    elif isinstance(event, h2.events.ConnectionTerminated): raise AssertionError(event)
                    elif isinstance(event, h2.events.RemoteSettingsChanged): self.settings.update(event.changed_settings)
                self.flush()
            def request(self, method, path, fields=(), end=True, more=()):
                id = self.h2.get_next_available_stream_id()
                head = [(":method", method), (":scheme", "http"), (":authority", "a.example"), (":path", path)]
                self.h2.send_headers(id, head + list(more) + list(fields), end_stream=end)
                self.flush()
                return id
            def body(self, id, data, end=True):
                at = 0
                while at < len(data):
                    room = min(self.h2.local_flow_control_window(id), self.h2.max_outbound_frame_size, len(data) - at)
                    if room == 0:
                        self.pump()
                        continue
                    self.h2.send_data(id, data[at:at + room])
                    at += room
                    self.flush()
                if end:
                    self.h2.end_stream(id)
                    self.flush()
            def finish(self, *ids):
                while not set(ids) <= self.ended: self.pump()
        """

    private func portText(_ proxy: ProxyUnderTest) throws -> String {
        String("\(try proxy.address())".split(separator: ":").last ?? "")
    }

    private func play(_ script: @escaping ScriptedServer.Script, _ program: String) throws {
        try Stage.play(script, Stage.Settings(listener: "protocols: [h1, h2]")) { stage in
            let directory = try TemporaryDirectory()
            let file = try directory.write("client.py", Self.client + "\n" + program)
            let port = try portText(stage.proxy)
            let result = try runProgram(Peer.python, [file, port])
            #expect(result.output == "all well\n", "\(result.errors)")
        }
    }

    @Test("a hundred requests at once, megabytes both ways, trailers")
    func requests() throws {
        let script = ScriptedServer.serving { visit, request in
            if request.target == "/mirror" {
                try visit.send("HTTP/1.1 200 OK\r\nContent-Length: \(request.body.bytes.count)\r\n\r\n")
                try visit.send(request.body.bytes)
            } else if request.target == "/trailers" {
                try visit.send(
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-Got: \(request.body.trailers.map { "\($0)" }.joined())\r\n\r\n"
                )
            } else {
                try visit.respond(body: request.target)
            }
        }
        try play(
            script,
            """
            client = Client(int(sys.argv[1]))
            ids = {client.request("GET", f"/{i}", [("x-number", str(i)), ("cookie", f"c={i}")]): i for i in range(100)}
            client.finish(*ids)
            for id, i in ids.items(): assert client.bodies[id] == f"/{i}".encode(), client.bodies[id]
            data = bytes(i * 7 & 255 for i in range(3 << 20))
            id = client.request("POST", "/mirror", end=False)
            client.body(id, data)
            client.finish(id)
            assert client.bodies[id] == data
            id = client.request("POST", "/trailers", [("te", "trailers")], end=False)
            client.body(id, b"x", end=False)
            client.h2.send_headers(id, [("x-sum", "7")], end_stream=True)
            client.flush()
            client.finish(id)
            assert client.trailers[id][b"x-got" if b"x-got" in client.trailers[id] else "x-got"] in (b"X-Sum: 7", "X-Sum: 7", b"x-sum: 7", "x-sum: 7"), client.trailers
            client.h2.close_connection()
            client.flush()
            print("all well")
            """)
    }

    @Test("WebSocket by extended CONNECT (RFC 8441): messages both ways, and an end in order")
    func webSocket() throws {
        let directory = try TemporaryDirectory()
        let server = try ChildProcess(
            Peer.python,
            [
                directory.write(
                    "server.py",
                    """
                    import asyncio, websockets
                    async def handle(socket):
                        async for message in socket: await socket.send(message)
                    async def main():
                        async with websockets.serve(handle, "127.0.0.1", 0, max_size=None, ping_interval=None, compression=None, subprotocols=["chat"]) as server:
                            print("port", server.sockets[0].getsockname()[1], flush=True)
                            await asyncio.Future()
                    asyncio.run(main())
                    """)
            ])
        defer { server.stop() }
        try server.waitForText("port ")
        let backend = try #require(Int(server.output.split(separator: " ")[1].prefix { $0.isNumber }))
        let settings = Stage.Settings(listener: "protocols: [h1, h2]")
        let proxy = try ProxyUnderTest(settings.text(backend: "http://127.0.0.1:\(backend)"))
        let program = """
            client = Client(int(sys.argv[1]))
            while h2.settings.SettingCodes.ENABLE_CONNECT_PROTOCOL not in client.settings: client.pump()
            id = client.request("CONNECT", "/chat", [("sec-websocket-version", "13"), ("sec-websocket-protocol", "chat"), ("origin", "http://a.example")], end=False, more=[(":protocol", "websocket")])
            while id not in client.heads: client.pump()
            head = {k if isinstance(k, str) else k.decode(): v if isinstance(v, str) else v.decode() for k, v in client.heads[id].items()}
            assert head[":status"] == "200", head
            assert head["sec-websocket-protocol"] == "chat", head
            assert "sec-websocket-accept" not in head and "upgrade" not in head, head
            ws = wsproto.connection.Connection(wsproto.ConnectionType.CLIENT)
            for message in ["text", "\\u00e4" * 1000, b"x" * 70000, b"y" * (1 << 20)]:
                kind = wsproto.events.TextMessage if isinstance(message, str) else wsproto.events.BytesMessage
                client.body(id, ws.send(kind(data=message)), end=False)
                got = None
                seen = 0
                while True:
                    data = client.bodies.pop(id, b"")
                    if data: ws.receive_data(bytes(data))
                    done = False
                    for event in ws.events():
                        got = event.data if got is None else got + event.data
                        done = event.message_finished
                    if done: break
                    client.pump()
                assert got == message, len(got)
            # Others use the connection meanwhile.
            client.body(id, ws.send(wsproto.events.CloseConnection(code=1000)), end=False)
            while id not in client.ended: client.pump()
            client.h2.end_stream(id)
            client.flush()
            print("all well")
            """
        let file = try directory.write("client.py", Self.client + "\n" + program)
        let port = try portText(proxy)
        let result = try runProgram(Peer.python, [file, port])
        #expect(result.output == "all well\n", "\(result.errors)")
        try proxy.waitUntilIdle()
        try proxy.stop()
    }
}
