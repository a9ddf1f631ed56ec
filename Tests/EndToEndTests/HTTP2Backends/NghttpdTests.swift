// nghttp2's own server, which shares no code with nginx: trailers, large bodies, TLS.

import GateTesting
import Testing

@Suite("With nghttpd as the backend", .enabled(if: Peer.nghttpd.mayRun, "needs Debian's nghttp2-server"))
struct NghttpdTests {
    private func play(
        _ arguments: [String], scheme: String, upstream: String, in directory: TemporaryDirectory,
        _ body: (ProxyUnderTest) throws -> Void
    ) throws {
        try directory.write("small.txt", "small\n")
        try writeFile(
            directory.file("large.bin"), [UInt8]((0..<(4 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 4) }))
        let port = try takeFreePort()
        let server = try ChildProcess(
            "nghttpd", ["-d", directory.path, "-a", "127.0.0.1"] + commandLine(port, arguments))
        defer { server.stop() }
        try waitForListener(port)
        let proxy = try ProxyUnderTest(
            Stage.Settings(upstream: upstream).text(backend: "\(scheme)://127.0.0.1:\(port)"))
        try body(proxy)
        try proxy.stop()
    }

    /// Options, the port, and the key and certificate behind it.
    private func commandLine(_ port: UInt16, _ extra: [String]) -> [String] {
        extra.filter { $0.hasPrefix("-") } + ["\(port)"] + extra.filter { !$0.hasPrefix("-") }
    }

    private func check(_ proxy: ProxyUnderTest, _ directory: TemporaryDirectory) throws {
        let client = try proxy.connect()
        for _ in 1...20 {
            try client.send(get("/small.txt"))
            #expect(try client.readResponse().body.text == "small\n")
        }
        try client.send(get("/large.bin"))
        #expect(try client.readResponse(within: Deadline.usual * 4).body.bytes == readFile(directory.file("large.bin")))
        try client.send(get("/none"))
        #expect(try client.readResponse().status == 404)
    }

    @Test("files pass in clear text, with trailers behind them")
    func clear() throws {
        let directory = try TemporaryDirectory()
        try play(
            ["--no-tls", "--trailer=x-sum: 7"], scheme: "http", upstream: "protocol: h2",
            in: directory
        ) { proxy in
            try check(proxy, directory)
        }
    }

    @Test("files pass over TLS, where the server chooses h2")
    func secure() throws {
        let directory = try TemporaryDirectory()
        let authority = try TestAuthority()
        try authority.server("127.0.0.1").write(to: directory, as: "server")
        let ca = try directory.write("ca.pem", authority.rootPEM)
        try play(
            [directory.file("server.key"), directory.file("server.pem")], scheme: "https",
            upstream: "tls: { ca: \"\(ca)\" }", in: directory
        ) { proxy in
            try check(proxy, directory)
        }
    }
}
