// DESIGN "Hop-by-hop": what is meant for the next hop ends there, and cannot take along what is not.

import GateTesting
import Testing

@Suite("Hop-by-hop fields (RFC 9110 §7.6.1)")
struct HopByHopTests {
    @Test("what Connection names is removed from a request, with Connection itself")
    func namedInRequest() throws {
        try Stage.play { stage in
            let fields =
                "Connection: X-One, x-TWO ,,\r\nX-One: 1\r\nConnection:X-Three\r\nX-Two: 2\r\nX-Three: 3\r\nX-Four: 4\r\n"
            let arrived = try stage.forwarded(get("/", fields))
            for name in ["X-One", "X-Two", "X-Three"] { #expect(arrived[name].isEmpty, "\(name)") }
            #expect(arrived["X-Four"] == ["4"])
            #expect(!arrived.head.lists("x-one", in: "Connection"))
        }
    }

    @Test(
        "the fixed list is removed from a request whether named or not",
        arguments: [
            "Keep-Alive: timeout=5", "Proxy-Connection: keep-alive", "Proxy-Authenticate: Basic", "TE: gzip, deflate",
            "Upgrade: foo", "HTTP2-Settings: AAA",
        ])
    func fixedInRequest(line: String) throws {
        try Stage.play { stage in
            let arrived = try stage.forwarded(get("/", "\(line)\r\n"))
            let name = String(line.prefix { $0 != ":" })
            #expect(arrived[name].isEmpty || arrived[name] == ["trailers"])
        }
    }

    @Test(
        "Connection cannot remove what the proxy vouches for",
        arguments: [
            "Host", "Content-Length", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port",
            "X-Request-Id",
        ])
    func protected(name: String) throws {
        try Stage.play { stage in
            let plain = try stage.forwarded(post(body: "hello"))
            let attacked = try stage.forwarded(post("/", "Connection: \(name)\r\n", body: "hello"))
            #expect(plain[name].count == 1)
            #expect(attacked[name].count == 1)
            #expect(attacked.body.text == "hello")
        }
    }

    @Test("Connection: Transfer-Encoding does not unframe a body")
    func framing() throws {
        try Stage.play { stage throws in
            let raw = postChunked("/", "Connection: Transfer-Encoding\r\n", chunks: "5\r\nhello\r\n0\r\n\r\n")
            #expect(try stage.forwarded(raw).body.text == "hello")
        }
    }

    @Test("what Connection names is removed from a response, with the fixed list")
    func inResponse() throws {
        let fields =
            "Connection: X-One\r\nX-One: 1\r\nKeep-Alive: timeout=5\r\nProxy-Connection: close\r\nUpgrade: h2c\r\n"
            + "X-Two: 2\r\nProxy-Authenticate: Basic\r\n"
        try Stage.play(ScriptedServer.answering(answer("200 OK", fields, body: "ok"))) { stage in
            let response = try stage.exchange(get())
            for name in ["X-One", "Keep-Alive", "Proxy-Connection", "Upgrade"] {
                #expect(response[name].isEmpty, "\(name)")
            }
            #expect(response["X-Two"] == ["2"])
            #expect(!response.head.lists("x-one", in: "Connection"))
            #expect(response.body.text == "ok")
        }
    }

    @Test("a response's Connection cannot remove its framing")
    func responseFraming() throws {
        try Stage.play(ScriptedServer.answering(answer("200 OK", "Connection: Content-Length\r\n", body: "ok"))) {
            stage in
            let client = try stage.connect()
            try client.send(get() + get())
            #expect(try client.readResponse().body.text == "ok")
            #expect(try client.readResponse().body.text == "ok")
        }
    }

    @Test("the client's Connection: close stays between client and proxy")
    func closeIsLocal() throws {
        try Stage.play { stage in
            #expect(try stage.exchange(get("/1", "Connection: close\r\n")).announcesClose)
            _ = try stage.exchange(get("/2", "Connection: close\r\n"))
            #expect(stage.backend.connectionCount == 1, "the connection to the backend was not kept")
        }
    }

    @Test("the backend's Connection: close stays between proxy and backend")
    func backendCloseIsLocal() throws {
        try Stage.play(ScriptedServer.answeringOnce(answer("200 OK", "Connection: close\r\n", body: "ok"))) { stage in
            let client = try stage.connect()
            for _ in 1...3 {
                try client.send(get())
                #expect(try !client.readResponse().announcesClose)
            }
            #expect(stage.backend.connectionCount == 3)
        }
    }
}
