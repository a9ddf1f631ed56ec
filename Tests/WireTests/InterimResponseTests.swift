// DESIGN "Expect, 1xx": interim answers pass to those who understand them.

import GateTesting
import Testing

@Suite("Interim responses (RFC 9110 §10.1.1, §15.2, RFC 8297)")
struct InterimResponseTests {
    private static let expecting = ask("POST", "/", "Expect: 100-continue\r\nContent-Length: 5\r\n")

    @Test("an expectation is relayed, and so is the backend's 100 (RFC 9110 §10.1.1)")
    func relayed() throws {
        let script: ScriptedServer.Script = { visit in
            let head = try visit.readHead()
            try visit.send("HTTP/1.1 100 Continue\r\n\r\n")
            let body = try visit.connection.read(exactly: 5)
            try visit.respond(body: "\(head["Expect"]) \(String(decoding: body, as: UTF8.self))")
        }
        try Stage.play(script) { stage in
            let client = try stage.connect()
            try client.send(Self.expecting)
            #expect(try client.readHead().status == 100)
            try client.send("hello")
            #expect(try client.readResponse().body.text == "[\"100-continue\"] hello")
        }
    }

    @Test("a final answer instead of the 100 is relayed without waiting for the body (RFC 9110 §10.1.1)")
    func finalInstead() throws {
        let script: ScriptedServer.Script = { visit in
            try visit.readHead()
            try visit.respond("401 Unauthorized", fields: "WWW-Authenticate: Basic\r\n", body: "no")
            try visit.connection.waitForEnd()
        }
        try Stage.play(script) { stage in
            let client = try stage.connect()
            try client.send(Self.expecting)
            let response = try client.readResponse()
            #expect(response.status == 401)
            #expect(response.interim.isEmpty)
        }
    }

    @Test("a client that does not wait for the 100 is served")
    func impatient() throws {
        try Stage.play { stage in
            let client = try stage.connect()
            try client.send(Self.expecting + "hello")
            #expect(try client.readResponse().status == 200)
            #expect(try stage.backend.nextRequest().body.text == "hello")
        }
    }

    @Test("an expectation that nobody knows is answered with 417 (RFC 9110 §15.5.18)")
    func unknown() throws {
        try Stage.play { stage in
            #expect(try stage.exchange(get("/", "Expect: magic\r\n")).status == 417)
            #expect(stage.backend.requestCount == 0)
            try expectEnding("expectation_failed", in: stage)
        }
    }

    @Test("early hints are forwarded with their fields, before the final answer is there (RFC 8297)")
    func earlyHints() throws {
        let script: ScriptedServer.Script = { visit in
            try visit.readRequest()
            try visit.send("HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n")
            try visit.stall()
            try visit.respond(body: "ok")
        }
        try Stage.play(script) { stage in
            let client = try stage.connect()
            try client.send(get())
            let hints = try client.readHead()
            #expect(hints.status == 103)
            #expect(hints["Link"] == ["</a>; rel=preload"])
            stage.backend.release.fire()
            #expect(try client.readResponse().body.text == "ok")
        }
    }

    @Test("several interim answers of any code keep their order, and the connection goes on")
    func several() throws {
        let interim = [102, 103, 103, 199].map { "HTTP/1.1 \($0) Interim\r\nX-N: \($0)\r\n\r\n" }.joined()
        try Stage.play(ScriptedServer.answering(interim + answer(body: "ok"))) { stage in
            let client = try stage.connect()
            for _ in 1...2 {
                try client.send(get())
                let response = try client.readResponse()
                #expect(response.interim.map { $0.status } == [102, 103, 103, 199])
                #expect(response.body.text == "ok")
            }
        }
    }

    @Test("an HTTP/1.0 client gets no interim answer (RFC 9110 §15.2)", arguments: ["", "Expect: 100-continue\r\n"])
    func oldClient(fields: String) throws {
        let interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
        try Stage.play(ScriptedServer.answering(interim + answer(body: "ok"))) { stage in
            let raw = "POST / HTTP/1.0\r\nHost: a\r\n\(fields)Content-Length: 2\r\n\r\nab"
            let response = try stage.exchange(raw)
            #expect(response.interim.isEmpty)
            #expect(response.body.text == "ok")
        }
    }

    @Test("a 101 that nobody asked for is a bad response (RFC 9110 §15.2.2)")
    func unaskedUpgrade() throws {
        try Stage.play(ScriptedServer.answering(switchingProtocols)) { stage in
            #expect(try stage.exchange(get()).status == 502)
            try expectEnding("bad_response", in: stage)
        }
    }

    @Test("the proxy's own answer needs no 100")
    func ownAnswer() throws {
        try Stage.play(
            ScriptedServer.echo, .init(routes: ["{ match: { path: /own }, respond: { status: 200, body: own } }"])
        ) {
            let client = try $0.connect()
            try client.send(ask("POST", "/own", "Expect: 100-continue\r\nContent-Length: 5\r\n"))
            let response = try client.readResponse()
            #expect(response.status == 200)
            #expect(response.interim.isEmpty)
        }
    }
}
