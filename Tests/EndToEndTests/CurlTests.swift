// curl in front of the proxy.

import GateTesting
import Testing

@Suite("With curl as the client", .enabled(if: Peer.curl.mayRun, "needs Debian's curl"))
struct CurlTests {
    private func curl(_ arguments: [String]) throws -> String {
        let result = try runProgram("curl", ["--silent", "--show-error", "--noproxy", "*"] + arguments)
        guard result.status == 0 else { throw SystemFailure("curl \(arguments): \(result.errors)", result.status) }
        return result.output
    }

    private func url(_ stage: Stage, _ target: String = "/") throws -> String {
        "http://\(try stage.proxy.address())\(target)"
    }

    @Test("it gets, posts, and uses one connection for several URLs", arguments: ["--http1.1", "--http1.0"])
    func basics(version: String) throws {
        try Stage.play { stage in
            #expect(try curl([version, url(stage, "/x?y")]).contains("target: /x?y"))
            #expect(try curl([version, "--data", "hello", url(stage)]).hasSuffix("body: 5\n"))
            #expect(try curl([version, "--head", url(stage)]).contains("200 OK"))
            let several = try curl([
                version, "--write-out", "%{num_connects} ", url(stage, "/1"), url(stage, "/2"), url(stage, "/3"),
            ])
            #expect(several.contains("target: /3"))
            if version == "--http1.1" { #expect(several.hasSuffix("0 ")) }
        }
    }

    @Test("an upload of megabytes with Expect: 100-continue comes back unchanged", arguments: [true, false])
    func upload(chunked: Bool) throws {
        let directory = try TemporaryDirectory()
        let data = [UInt8]((0..<(5 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 11 >> 3) })
        try writeFile(directory.file("data"), data)
        try Stage.play(ScriptedServer.mirror) { stage in
            let framing = chunked ? ["--header", "Transfer-Encoding: chunked"] : []
            _ = try curl(
                framing + [
                    "--request", "POST", "--header", "Expect: 100-continue", "--upload-file", directory.file("data"),
                    "--output", directory.file("back"), url(stage),
                ])
            #expect(try readFile(directory.file("back")) == data)
            #expect(try stage.backend.nextRequest()["Expect"] == ["100-continue"])
        }
    }

    @Test("forms, cookies, compression and redirects work through it")
    func features() throws {
        let script = ScriptedServer.serving { visit, request in
            if request.target == "/from" {
                try visit.respond("302 Found", fields: "Location: /to\r\nSet-Cookie: a=b; Path=/\r\n")
            } else {
                try visit.respond(body: request.echo)
            }
        }
        try Stage.play(script) { stage in
            let followed = try curl(["--location", "--cookie", "", url(stage, "/from")])
            #expect(followed.contains("target: /to"))
            #expect(followed.contains("field: Cookie: a=b"))
            let directory = try TemporaryDirectory()
            let file = try directory.write("file", "some text\n")
            #expect(try curl(["--form", "f=@\(file)", "--form", "a=b", url(stage)]).contains("multipart/form-data"))
            #expect(try curl(["--compressed", url(stage)]).contains("field: Accept-Encoding:"))
        }
    }

    @Test("a PROXY header from curl is believed where it is due")
    func proxyProtocol() throws {
        let settings = Stage.Settings(listener: "proxy_protocol: { from: [127.0.0.1] }")
        try Stage.play(ScriptedServer.echo, settings) { stage throws in
            #expect(try curl(["--haproxy-protocol", url(stage)]).contains("field: X-Forwarded-For: 127.0.0.1"))
        }
    }

    @Test("a Unix socket is served")
    func unixSocket() throws {
        let directory = try TemporaryDirectory()
        let backend = try ScriptedServer(ScriptedServer.echo)
        defer { backend.stop() }
        let path = directory.file("s")
        let proxy = try ProxyUnderTest(Stage.Settings().text(backend: backend.url, listen: "unix:\(path)"))
        #expect(try curl(["--unix-socket", path, "http://a.example/x"]).contains("target: /x"))
        try proxy.stop()
    }

    @Test("an error is an error to curl, with a body in the form that it asks for")
    func errors() throws {
        let refusing = try RefusingPort()
        try Stage.play(ScriptedServer.echo, .init(servers: [refusing.url])) { stage in
            let result = try runProgram("curl", ["--silent", "--fail", "--noproxy", "*", url(stage)])
            #expect(result.status == 22)
            let json = try curl(["--header", "Accept: application/json", url(stage)])
            #expect(json.hasPrefix("{") && json.contains("503"))
        }
    }
}
