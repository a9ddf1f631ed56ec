// curl, nghttp and h2load in front of the proxy, over HTTP/2 in clear text and over TLS.

import GateTesting
import Testing

private func run(_ program: String, _ arguments: [String]) throws -> ProgramResult {
    let result = try runProgram(program, arguments)
    guard result.status == 0 else {
        throw SystemFailure("\(program) \(arguments): \(result.errors) \(result.output)", result.status)
    }
    return result
}

@Suite("With curl over HTTP/2 as the client", .enabled(if: Peer.curl.mayRun, "needs Debian's curl"))
struct HTTP2CurlTests {
    private static let settings = Stage.Settings(listener: "protocols: [h1, h2]")

    private func curl(_ arguments: [String]) throws -> String {
        try run("curl", ["--silent", "--show-error", "--noproxy", "*"] + arguments).output
    }

    @Test("by prior knowledge: it gets and posts")
    func clear() throws {
        try Stage.play(ScriptedServer.echo, Self.settings) { stage in
            let url = "http://\(try stage.proxy.address())"
            let version = "--http2-prior-knowledge"
            #expect(try curl([version, "--include", url + "/x?y"]).hasPrefix("HTTP/2 200"))
            #expect(try curl([version, "--data", "hello", url]).hasSuffix("body: 5\n"))
            #expect(try curl([version, "--head", url]).contains("content-type: text/plain"))
            // An upgrade is offered, and not taken.
            #expect(try curl(["--http2", "--include", url]).hasPrefix("HTTP/1.1 200"))
        }
    }

    @Test("by ALPN, and HTTP/1.1 for those who want it")
    func secure() throws {
        try SecureStage.play { stage in
            let fixed = [
                "--cacert", stage.files.root, "--connect-to", "::127.0.0.1:\(try stage.port)", "--include",
                "https://a.example/x",
            ]
            #expect(try curl(["--http2"] + fixed).hasPrefix("HTTP/2 200"))
            #expect(try curl(["--http2", "--tls-max", "1.2"] + fixed).hasPrefix("HTTP/2 200"))
            #expect(try curl(["--http1.1"] + fixed).hasPrefix("HTTP/1.1 200"))
        }
    }

    /// Over TLS: curl 7.88 cannot use a connection of prior knowledge again (it exits with 16, whoever the server is).
    @Test("several URLs go over one connection, one after the other and at once", arguments: [[], ["--parallel"]])
    func several(options: [String]) throws {
        try SecureStage.play { stage in
            let urls = (0..<20).map { "https://a.example/\($0)" }
            let output = try curl(
                options + [
                    "--http2", "--cacert", stage.files.root, "--connect-to", "::127.0.0.1:\(try stage.port)",
                    "--write-out", "version %{http_version} connects %{num_connects}\\n",
                ] + urls)
            for number in 0..<20 { #expect(output.contains("target: /\(number)\n")) }
            let lines = output.split(separator: "\n").filter { $0.hasPrefix("version ") }.map(String.init)
            let again = [String](repeating: "version 2 connects 0", count: 19)
            #expect(lines.sorted() == again + ["version 2 connects 1"])
        }
    }

    @Test("megabytes go up and come back unchanged", arguments: [true, false])
    func mirror(isSecure: Bool) throws {
        let directory = try TemporaryDirectory()
        let data = [UInt8]((0..<(5 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 11 >> 3) })
        try writeFile(directory.file("data"), data)
        let upload = [
            "--request", "POST", "--upload-file", directory.file("data"), "--output", directory.file("back"),
        ]
        if isSecure {
            try SecureStage.play(ScriptedServer.mirror) { stage in
                _ = try curl(
                    upload + [
                        "--http2", "--cacert", stage.files.root, "--connect-to", "::127.0.0.1:\(try stage.port)",
                        "https://a.example/",
                    ])
            }
        } else {
            try Stage.play(ScriptedServer.mirror, Self.settings) { stage in
                _ = try curl(upload + ["--http2-prior-knowledge", "http://\(try stage.proxy.address())/"])
            }
        }
        #expect(try readFile(directory.file("back")) == data)
    }
}

@Suite("With nghttp2's programs as clients", .enabled(if: Peer.nghttp.mayRun, "needs Debian's nghttp2-client"))
struct NGHTTP2Tests {
    private static let settings = Stage.Settings(listener: "protocols: [h1, h2]")

    @Test("nghttp: several URLs at once, uploads, continued heads, padding, windows of its own")
    func nghttp() throws {
        try Stage.play(ScriptedServer.echo, Self.settings) { stage in
            let url = "http://\(try stage.proxy.address())"
            let several = try run("nghttp", (0..<20).map { "\(url)/\($0)" })
            for number in 0..<20 { #expect(several.output.contains("target: /\(number)\n")) }
            let odd = try run(
                "nghttp",
                ["--continuation", "--padding=100", "--window-bits=10", "--connection-window-bits=10", "--no-dep", url])
            #expect(odd.output.contains("field: "))
            let directory = try TemporaryDirectory()
            let data = try directory.write("data", String(repeating: "x", count: 100_000))
            let upload = try run("nghttp", ["--data=\(data)", url])
            #expect(upload.output.contains("body: 100000"))
            // With Content-Length the body goes on with it, and HTTP/1.1 has no trailers there (RFC 9112 §7.1.2).
            let trailed = try run(
                "nghttp", ["--data=\(data)", "--no-content-length", "--trailer=x-sum: 7", url])
            #expect(trailed.output.contains("trailer: x-sum: 7"))
            #expect(trailed.output.contains("body: 100000"))
        }
    }

    @Test(
        "h2load: many streams on many connections, all answered",
        .enabled(if: Peer.h2load.mayRun, "needs Debian's nghttp2-client"), arguments: [(1, 1), (1, 100), (10, 32)])
    func h2load(connections: Int, streams: Int) throws {
        try Stage.play(ScriptedServer.saying(String(repeating: "x", count: 1024)), Self.settings) { stage in
            let result = try run(
                "h2load",
                ["-n", "2000", "-c", "\(connections)", "-m", "\(streams)", "http://\(try stage.proxy.address())/"])
            #expect(result.output.contains("2000 succeeded, 0 failed, 0 errored, 0 timeout"), "\(result.output)")
        }
    }
}
