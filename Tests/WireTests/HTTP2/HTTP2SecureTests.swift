// HTTP/2 over TLS: ALPN, 421, early data. RFC 9113 §3.2, §9.1.1, §9.2; RFC 8470.

import GateProxy
import GateTLS
import GateTesting
import Testing

@Suite("HTTP/2 over TLS")
struct HTTP2SecureTests {
    private typealias Raw = RawHTTP2Connection

    private static func withHTTP2(_ settings: inout TLSStage.Settings, _ authority: TestAuthority) {
        settings.listener.protocols = [.http1, .http2]
        settings.tls?.policy.protocols = ["h2", "http/1.1"]
    }

    private static func withEarlyData(_ settings: inout TLSStage.Settings, _ authority: TestAuthority) {
        withHTTP2(&settings, authority)
        settings.tls?.policy.acceptsEarlyData = true
    }

    private static func get(_ id: UInt32, _ path: String = "/", authority: String = "a.example") -> RawFrame {
        .headers(id, Raw.head("GET", path, scheme: "https", authority: authority))
    }

    @Test("is agreed on by ALPN, in TLS 1.2 and 1.3", arguments: [RawTLSVersion.v12, .v13])
    func agreed(version: RawTLSVersion) throws {
        try TLSStage.play(ScriptedServer.echo, Self.withHTTP2) { stage in
            let options = RawTLSOptions().with {
                $0.protocols = ["http/1.1", "h2"]
                $0.versions = version...version
            }
            let client = try Raw(stage.connect(options))
            try client.send(Self.get(1))
            #expect(try client.response(1).status == 200)
            #expect(try stage.backend.nextRequest()["X-Forwarded-Proto"] == ["https"])
            // Who does not offer it gets HTTP/1.1, and so does who offers nothing.
            #expect(try stage.exchange("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n").status == 200)
            #expect(
                try stage.exchange(
                    "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n", RawTLSOptions().with { $0.protocols = [] }
                ).status == 200)
        }
    }

    @Test("a host that the connection's certificate is not for gets 421, others on the connection are served")
    func misdirected() throws {
        try TLSStage.play(ScriptedServer.echo, Self.withHTTP2) { stage in
            let client = try Raw(stage.connect(RawTLSOptions().with { $0.protocols = ["h2"] }))
            try client.send(Self.get(1, authority: "b.example"), Self.get(3))
            #expect(try client.response(1).status == 421)
            #expect(try client.response(3).status == 200)
        }
    }

    @Test(
        "early data: a GET is served at once, a request with a body waits for the handshake's end, whatever its method",
        arguments: ["POST", "GET"])
    func early(method: String) throws {
        try TLSStage.play(ScriptedServer.echo, Self.withEarlyData) { stage in
            let options = RawTLSOptions().with {
                $0.usesEarlyData = true
                $0.protocols = ["h2"]
            }
            let first = try stage.connect(options)
            let greeted = try Raw(first)
            try greeted.send(Self.get(1))
            #expect(try greeted.response(1).status == 200)
            _ = try stage.backend.nextRequest()
            let session = try #require(first.sessions.last)
            let second = try stage.connect(options.with { $0.session = session })
            #expect(second.isEarly)
            let client = try Raw(second)
            try client.send(
                Self.get(1, "/early"),
                .headers(3, Raw.head(method, "/late", scheme: "https"), ends: false), .data(3, "body", ends: true))
            let early = try stage.backend.nextRequest()
            #expect(early.target == "/early")
            #expect(early["Early-Data"] == ["1"])
            // The client's Finished goes out with its first read: until then nobody may see the other one.
            #expect(stage.backend.requests.wait(within: .milliseconds(300)) { $0.count > 2 ? true : nil } == nil)
            #expect(try client.response(3).status == 200)
            let late = try stage.backend.nextRequest()
            #expect(late.target == "/late" && late.body.text == "body")
            #expect(late["Early-Data"] == [])
        }
    }
}
