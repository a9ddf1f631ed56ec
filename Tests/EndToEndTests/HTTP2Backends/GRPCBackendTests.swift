// gRPC end to end: Debian's grpcio on both sides, and what Gatehouse says between them.

import GateTesting
import Testing

@Suite("With Python's grpcio on both sides", .enabled(if: Peer.grpcio.mayRun, "needs Debian's python3-grpcio"))
struct GRPCBackendTests {
    /// Starts a grpcio server and a proxy with an HTTP/2 listener in front of it, and runs a client's script against both.
    private func play(route: String = "", stopsServer: Bool = false, _ client: String) throws -> String {
        let directory = try TemporaryDirectory()
        let port = try takeFreePort()
        let server = try ChildProcess(
            Peer.python, [try directory.write("server.py", Self.server), "\(port)"])
        defer { server.stop() }
        try waitForListener(port)
        if stopsServer { server.stop() }
        let settings = Stage.Settings(
            listener: "protocols: [h1, h2]", upstream: "protocol: h2, retries: { attempts: 0 }", route: route)
        let proxy = try ProxyUnderTest(settings.text(backend: "http://127.0.0.1:\(port)"))
        let address = try proxy.address()
        let script = try directory.write("client.py", Self.preamble + client)
        let result = try runProgram(Peer.python, [script, "\(address)"])
        try proxy.stop()
        return result.output + result.errors
    }

    private static let server = """
        import sys, time, grpc
        from concurrent import futures
        raw = lambda value: value
        def unary(request, context):
            data = dict(context.invocation_metadata())
            if request == b'fail':
                context.abort(grpc.StatusCode.NOT_FOUND, 'no such thing \\u00e9')
            if request == b'slow':
                time.sleep(5)
            context.send_initial_metadata((('x-initial', 'i'),))
            context.set_trailing_metadata((('x-trailing', data.get('x-asked', '')), ('x-raw-bin', b'\\x00\\xff')))
            return request[::-1]
        def down(request, context):
            for number in range(int(request)):
                yield b'%d' % number * 1000
        def up(requests, context):
            return b'%d' % sum(len(request) for request in requests)
        def both(requests, context):
            for request in requests:
                yield request[::-1]
        handlers = {
            'Unary': grpc.unary_unary_rpc_method_handler(unary, raw, raw),
            'Down': grpc.unary_stream_rpc_method_handler(down, raw, raw),
            'Up': grpc.stream_unary_rpc_method_handler(up, raw, raw),
            'Both': grpc.stream_stream_rpc_method_handler(both, raw, raw),
        }
        server = grpc.server(futures.ThreadPoolExecutor(16))
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler('t.T', handlers),))
        assert server.add_insecure_port('127.0.0.1:' + sys.argv[1])
        server.start()
        server.wait_for_termination()
        """

    private static let preamble = """
        import sys, grpc
        channel = grpc.insecure_channel(sys.argv[1], (('grpc.enable_http_proxy', 0),))
        raw = lambda value: value
        unary = channel.unary_unary('/t.T/Unary', raw, raw)
        down = channel.unary_stream('/t.T/Down', raw, raw)
        up = channel.stream_unary('/t.T/Up', raw, raw)
        both = channel.stream_stream('/t.T/Both', raw, raw)

        """

    @Test("calls of all four kinds pass, with their metadata")
    func calls() throws {
        let said = try play(
            """
            answer, call = unary.with_call(b'abc', timeout=300, metadata=(('x-asked', 'asked'),))
            print(answer, dict(call.initial_metadata())['x-initial'], dict(call.trailing_metadata()))
            print(sum(len(part) for part in down(b'100', timeout=300)))
            print(up((b'x' * 10000 for _ in range(100)), timeout=300))
            import queue
            asked = queue.Queue()
            answers = both(iter(asked.get, None), timeout=300)
            for word in (b'one', b'two', b'three'):
                asked.put(word)
                print(next(answers))
            asked.put(None)
            print(list(answers))
            """)
        #expect(
            said == """
                b'cba' i {'x-trailing': 'asked', 'x-raw-bin': b'\\x00\\xff'}
                190000
                b'1000000'
                b'eno'
                b'owt'
                b'eerht'
                []

                """)
    }

    @Test("a server's errors and deadlines arrive, and the proxy's own are gRPC's")
    func errors() throws {
        let said = try play(
            """
            for request, timeout in ((b'fail', 300), (b'slow', 0.3)):
                try:
                    unary(request, timeout=timeout)
                except grpc.RpcError as error:
                    print(error.code().name, error.details())
            """)
        // Each side has a clock, and its own words for what it says.
        #expect(said.hasPrefix("NOT_FOUND no such thing \u{e9}\nDEADLINE_EXCEEDED "), "\(said)")
        #expect(said.split(separator: "\n").count == 2, "\(said)")
    }

    @Test("a server that is gone is UNAVAILABLE")
    func unavailable() throws {
        let said = try play(
            stopsServer: true,
            """
            try:
                unary(b'abc', timeout=300)
            except grpc.RpcError as error:
                print(error.code().name, error.details())
            """)
        #expect(said == "UNAVAILABLE Gatehouse: connect_failed\n")
    }

    @Test("a call that no route takes is UNIMPLEMENTED")
    func unimplemented() throws {
        let said = try play(
            route: "match: { path: /other }",
            """
            try:
                unary(b'abc', timeout=300)
            except grpc.RpcError as error:
                print(error.code().name, error.details())
            """)
        #expect(said == "UNIMPLEMENTED Gatehouse: no_route\n")
    }

    @Test("a hundred calls at once are answered each by itself")
    func parallel() throws {
        let said = try play(
            """
            calls = [unary.future(b'%d' % (100 + number), timeout=300) for number in range(100)]
            print(all(call.result() == (b'%d' % (100 + number))[::-1] for number, call in enumerate(calls)))
            """)
        #expect(said == "True\n")
    }
}
