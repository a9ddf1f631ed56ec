// gRPC: what Gatehouse answers itself, deadlines, and gRPC-Web. Clients speak HTTP/1.1 here, which changes nothing of it.

import GateCore
import GateTesting
import Testing

@Suite("gRPC")
struct GRPCTests {
    private static let call = "Content-Type: application/grpc+proto\r\nTE: trailers\r\nConnection: TE\r\n"

    @Test(
        "own answers are 200 with grpc-status, whatever they would be to others",
        arguments: [
            ("/none", "12", "Gatehouse: no_route"), ("/forbidden", "7", "Gatehouse: 403 Forbidden"),
            ("/login", "16", "Gatehouse: 401 Unauthorized"), ("/busy", "14", "Gatehouse: 429 Too Many Requests"),
            ("/odd", "2", "Gatehouse: 302 Found"), ("/dead", "14", "Gatehouse: connect_failed"),
        ])
    func ownAnswers(path: String, status: String, message: String) throws {
        let routes = [
            "{ match: { path: /forbidden }, respond: 403 }", "{ match: { path: /login }, respond: 401 }",
            "{ match: { path: /busy }, respond: 429 }", "{ match: { path: /odd }, redirect: /elsewhere }",
            "{ match: { path: /dead }, proxy: \"http://127.0.0.1:1\" }",
        ]
        try Stage.play(ScriptedServer.echo, .init(route: "match: { path: /there }", routes: routes)) { stage in
            let response = try stage.exchange(ask("POST", path, Self.call))
            #expect(response.status == 200)
            #expect(response["grpc-status"] == [status])
            #expect(response["grpc-message"] == [message])
            #expect(response["Content-Type"] == ["application/grpc+proto"])
            #expect(response.body.bytes.isEmpty)
        }
    }

    @Test(
        "requests that only look like gRPC get what others get", arguments: ["application/grpcx", "application/json"])
    func others(type: String) throws {
        try Stage.play(ScriptedServer.echo, .init(route: "match: { path: /there }")) { (stage) throws in
            #expect(try stage.exchange(ask("POST", "/none", "Content-Type: \(type)\r\n")).status == 404)
        }
    }

    @Test("a body beyond the limit exhausts a resource")
    func tooLarge() throws {
        try Stage.play(ScriptedServer.echo, .init(route: "limits: { body: 3 }")) { stage in
            let response = try stage.exchange(post("/", Self.call, body: "12345"))
            #expect(response["grpc-status"] == ["8"])
        }
    }

    @Test("grpc-timeout bounds the request", arguments: ["100m", "100000u", "99999999n"])
    func deadline(timeout: String) throws {
        let script = ScriptedServer.http2 { visit in
            let request = try visit.readHead()
            let reset = try visit.readRequest()
            guard request["grpc-timeout"] == [timeout], reset.resetCode == 8 else {
                throw WireFailure(.malformed("\(request) \(reset)"))
            }
        }
        try Stage.play(script, .init(upstream: "protocol: h2")) { stage in
            let watch = Stopwatch()
            let response = try stage.exchange(ask("POST", "/", Self.call + "grpc-timeout: \(timeout)\r\n"))
            #expect(response["grpc-status"] == ["4"])
            #expect(watch.elapsed >= .milliseconds(95))
            try stage.backend.waitUntilIdle()
            #expect(stage.backend.failures.isEmpty)
        }
    }

    @Test("an error of a server without grpc-status passes as it is")
    func serverError() throws {
        let script = ScriptedServer.http2 { visit in
            let request = try visit.readRequest()
            try visit.respond(request.stream, 403, [("content-type", "text/plain")], body: "no")
        }
        try Stage.play(script, .init(upstream: "protocol: h2")) { stage in
            let response = try stage.exchange(ask("POST", "/", Self.call))
            #expect(response.status == 403)
            #expect(response.body.text == "no")
        }
    }
}

@Suite("gRPC-Web")
struct GRPCWebTests {
    /// A message that is no gRPC's business.
    private static let message: [UInt8] = [0, 0, 0, 0, 3, 1, 2, 3]

    private static func script(_ trailersOnly: Bool = false) -> ScriptedServer.Script {
        ScriptedServer.http2 { visit in
            while let request = try visit.nextRequest() {
                let type = ("content-type", request["content-type"].first ?? "")
                guard !trailersOnly else {
                    try visit.respondHead(request.stream, 200, [type, ("grpc-status", "5")], ends: true)
                    continue
                }
                try visit.respondHead(request.stream, 200, [type])
                try visit.sendBody(request.stream, request.body, ends: false)
                try visit.wire.send(.headers(request.stream, [("grpc-status", "0"), ("x-te", request["te"].joined())]))
            }
        }
    }

    private static let trailer: [UInt8] = {
        let lines = Array("grpc-status: 0\r\nx-te: trailers\r\n".utf8)
        return [0x80, 0, 0, 0, UInt8(lines.count)] + lines
    }()

    private let settings = Stage.Settings(upstream: "protocol: h2", route: "grpc_web: true")

    @Test("binary calls become gRPC, and trailers come as the last message", arguments: ["", "+proto"])
    func binary(suffix: String) throws {
        try Stage.play(Self.script(), settings) { stage in
            let client = try stage.connect()
            try client.send(
                ask(
                    "POST", "/s/m",
                    "Content-Type: application/grpc-web\(suffix)\r\nContent-Length: \(Self.message.count)\r\n"))
            try client.send(Self.message)
            let response = try client.readResponse(to: "POST")
            #expect(response["content-type"] == ["application/grpc-web+proto"])
            #expect(response.body.bytes == Self.message + Self.trailer)
            #expect(response.body.trailers.isEmpty)
        }
    }

    @Test("text calls are Base64 both ways, cut anywhere", arguments: 1...5)
    func text(step: Int) throws {
        try Stage.play(Self.script(), settings) { stage in
            let client = try stage.connect()
            let body = String(decoding: Base64.encode(Self.message) + Base64.encode(Self.message), as: UTF8.self)
            try client.send(
                ask("POST", "/s/m", "Content-Type: application/grpc-web-text\r\nContent-Length: \(body.utf8.count)\r\n")
            )
            try client.send(body, inPiecesOf: step)
            let response = try client.readResponse(to: "POST")
            #expect(response["content-type"] == ["application/grpc-web-text+proto"])
            let wanted = Base64.encode(Self.message + Self.message) + Base64.encode(Self.trailer)
            #expect(response.body.text == String(decoding: wanted, as: UTF8.self))
        }
    }

    @Test("long texts are translated whole, both ways")
    func longText() throws {
        try Stage.play(Self.script(), settings) { stage in
            let body = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
            let text = String(decoding: Base64.encode(body), as: UTF8.self)
            let response = try stage.exchange(post("/", "Content-Type: application/grpc-web-text\r\n", body: text))
            #expect(Self.decoded(response.body.text) == body + Self.trailer)
        }
    }

    /// Texts of several groups, each of which may have padding.
    private static func decoded(_ text: String) -> [UInt8] {
        let letters = Array(text.utf8)
        return stride(from: 0, to: letters.count, by: 4).flatMap { start in
            let group = letters[start..<min(start + 4, letters.count)]
            let bits = group.reduce(UInt32(0)) { $0 << 6 | UInt32(Base64.value($1) ?? 0) }
            return (0..<(3 - group.filter { $0 == UInt8(ascii: "=") }.count)).map { index in
                UInt8(truncatingIfNeeded: bits >> UInt32(16 - 8 * index))
            }
        }
    }

    @Test("text may do without its last padding, but not with half a byte", arguments: [(1, 200, "0"), (3, 200, "13")])
    func unpadded(dropped: Int, status: Int, call: String) throws {
        try Stage.play(Self.script(), settings) { stage in
            let text = String(decoding: Base64.encode(Self.message).dropLast(dropped), as: UTF8.self)
            let response = try stage.exchange(post("/", "Content-Type: application/grpc-web-text\r\n", body: text))
            #expect(response.status == status)
            if call == "0" {
                #expect(response.body.text.hasPrefix(String(decoding: Base64.encode(Self.message), as: UTF8.self)))
            } else {
                #expect(response["grpc-status"] == [call])
            }
        }
    }

    @Test("a head alone keeps its status among its fields")
    func trailersOnly() throws {
        try Stage.play(Self.script(true), settings) { stage in
            let response = try stage.exchange(ask("POST", "/", "Content-Type: application/grpc-web+proto\r\n"))
            #expect(response["grpc-status"] == ["5"])
            #expect(response["content-type"] == ["application/grpc-web+proto"])
            #expect(response.body.bytes.isEmpty)
        }
    }

    @Test("what is no Base64 is refused, in gRPC-Web's words")
    func malformed() throws {
        try Stage.play(Self.script(), settings) { stage in
            let response = try stage.exchange(post("/", "Content-Type: application/grpc-web-text\r\n", body: "AA!A"))
            #expect(response.status == 200)
            #expect(response["grpc-status"] == ["13"])
            #expect(response["content-type"] == ["application/grpc-web-text+proto"])
        }
    }

    @Test("without the setting calls pass as they are")
    func off() throws {
        try Stage.play(Self.script(), .init(upstream: "protocol: h2")) { stage in
            let response = try stage.exchange(post("/", "Content-Type: application/grpc-web\r\n", body: "x"))
            #expect(response["content-type"] == ["application/grpc-web"])
            #expect(response.body.text == "x")
        }
    }
}
