// A WebSocket library at both ends of the proxy.

import GateTesting
import Testing

@Suite(
    "With a WebSocket library at both ends", .enabled(if: Peer.websockets.mayRun, "needs Debian's python3-websockets"))
struct WebSocketTests {
    private static let server = """
        import asyncio, sys, websockets
        async def handle(socket):
            try:
                async for message in socket:
                    if message == "close": await socket.close(4001, "as asked")
                    elif message == "push":
                        for i in range(100): await socket.send(f"push {i}")
                    else: await socket.send(message)
            except websockets.ConnectionClosed: pass
        async def main():
            async with websockets.serve(handle, "127.0.0.1", 0, max_size=None, ping_interval=None, close_timeout=300, subprotocols=["chat"]) as server:
                print("port", server.sockets[0].getsockname()[1], flush=True)
                await asyncio.Future()
        asyncio.run(main())
        """

    private static let client = """
        import asyncio, os, sys, websockets
        async def main():
            async with websockets.connect(sys.argv[1], max_size=None, ping_interval=None, open_timeout=300, close_timeout=300, subprotocols=["chat"]) as socket:
                assert socket.subprotocol == "chat", socket.subprotocol
                for message in ["", "text", "\\u00e4" * 1000, b"", os.urandom(125), os.urandom(126), os.urandom(70000), os.urandom(3 << 20)]:
                    await socket.send(message)
                    assert await socket.recv() == message, len(message)
                await socket.send(part for part in ["in ", "three ", "parts"])
                assert await socket.recv() == "in three parts"
                await asyncio.wait_for(await socket.ping(), 300)
                await socket.send("push")
                for i in range(100): assert await socket.recv() == f"push {i}"
                await socket.send("close")
                try: await socket.recv()
                except websockets.ConnectionClosed as closed: assert closed.code == 4001, closed
            many = [await websockets.connect(sys.argv[1], ping_interval=None, open_timeout=300, close_timeout=300) for _ in range(50)]
            for i, socket in enumerate(many): await socket.send(str(i))
            for i, socket in enumerate(many): assert await socket.recv() == str(i)
            for socket in many: await socket.close()
            print("all well")
        asyncio.run(main())
        """

    @Test("messages of every size, fragments, pings, pushes and close codes pass")
    func messages() throws {
        let directory = try TemporaryDirectory()
        let server = try ChildProcess(Peer.python, [directory.write("server.py", Self.server)])
        defer { server.stop() }
        try server.waitForText("port ")
        let port = try #require(Int(server.output.split(separator: " ")[1].prefix { $0.isNumber }))
        let proxy = try ProxyUnderTest(Stage.Settings().text(backend: "http://127.0.0.1:\(port)"))
        let url = "ws://\(try proxy.address())/chat"
        let client = try runProgram(Peer.python, [directory.write("client.py", Self.client), url])
        #expect(client.status == 0)
        #expect(client.output == "all well\n", "\(client.errors)")
        try proxy.waitUntilIdle()
        try proxy.stop()
    }
}
