// Responses that end with their head, whatever their fields say.

import GateTesting
import Testing

@Suite("Responses without a body (RFC 9110 §6.4.1, §9.3.2, §15.3.5, §15.4.5)")
struct NoBodyTests {
    @Test(
        "a HEAD's response keeps its framing fields and has no body (RFC 9110 §9.3.2)",
        arguments: [
            "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\n",
        ])
    func head(text: String) throws {
        try Stage.play(ScriptedServer.answering(text)) { stage in
            let client = try stage.connect()
            for _ in 1...2 {
                try client.send(ask("HEAD"))
                let response = try client.readResponse(to: "HEAD")
                #expect(response.head.only("Content-Length") == (try RawHead(text)).only("Content-Length"))
            }
            #expect(try client.staysSilent(for: .milliseconds(20)))
            #expect(stage.backend.connectionCount == 1)
        }
    }

    @Test(
        "204 and 304 have no body, and the connection goes on behind them",
        arguments: [
            "HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n",
            "HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\n\r\n",
        ])
    func noContent(text: String) throws {
        try Stage.play(ScriptedServer.answering(text)) { stage in
            let client = try stage.connect()
            try client.send(get() + get())
            for _ in 1...2 {
                let response = try client.readResponse()
                #expect([204, 304].contains(response.status))
                #expect(response["Transfer-Encoding"].isEmpty)
                if response.status == 204 { #expect(response["Content-Length"].isEmpty) }
            }
            #expect(stage.backend.connectionCount == 1)
        }
    }

    @Test(
        "a body behind a 204 or a HEAD's response is not taken for the next response (RFC 9112 §6.3)",
        arguments: [
            ("GET", "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"),
            ("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"),
        ])
    func bytesBehind(method: String, text: String) throws {
        let script: ScriptedServer.Script = { visit in
            if visit.number == 0 {
                try visit.readRequest()
                try visit.send(text)
                try visit.connection.waitForEnd()
            } else {
                while try visit.nextRequest() != nil { try visit.respond(body: "good") }
            }
        }
        try Stage.play(script) { stage in
            let client = try stage.connect()
            try client.send(ask(method))
            _ = try client.readResponse(to: method)
            try client.send(get())
            #expect(try client.readResponse().body.text == "good")
        }
    }

    @Test("the proxy's own answer to HEAD has a length and no body")
    func ownAnswer() throws {
        let routes = ["{ match: { path: /own }, respond: { status: 200, body: hello } }"]
        try Stage.play(ScriptedServer.echo, .init(routes: routes)) { stage in
            let client = try stage.connect()
            try client.send(ask("HEAD", "/own") + get("/own"))
            #expect(try client.readResponse(to: "HEAD")["Content-Length"] == ["5"])
            #expect(try client.readResponse().body.text == "hello")
        }
    }
}
