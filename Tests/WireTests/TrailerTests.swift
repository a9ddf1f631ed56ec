// DESIGN "Trailers": fields behind a body stay behind it, on both ways.

import GateTesting
import Testing

@Suite("Trailers (RFC 9110 §6.5, RFC 9112 §7.1.2)")
struct TrailerTests {
    private static func upload(_ trailers: String) -> String {
        postChunked("/", "TE: trailers\r\nTrailer: X-Sum\r\n", chunks: "5\r\nhello\r\n0\r\n\(trailers)\r\n")
    }

    @Test("a request's trailers reach the backend as trailers")
    func request() throws {
        try Stage.play { stage in
            let arrived = try stage.forwarded(Self.upload("X-Sum: 1\r\nX-Other:  2 \r\n"))
            #expect(arrived.body.trailers.map { $0.description } == ["X-Sum: 1", "X-Other: 2"])
            #expect(!arrived.head.has("X-Sum"))
        }
    }

    @Test("a response's trailers reach the client as trailers")
    func response() throws {
        let text = answerChunked("Trailer: X-Sum\r\n", chunks: "5\r\nhello\r\n0\r\nX-Sum: 1\r\nX-Other: 2\r\n\r\n")
        try Stage.play(ScriptedServer.answering(text)) { stage in
            let response = try stage.exchange(get("/", "TE: trailers\r\n"))
            #expect(response.body.text == "hello")
            #expect(response.body.trailers.map { $0.description } == ["X-Sum: 1", "X-Other: 2"])
            #expect(!response.head.has("X-Sum"))
        }
    }

    @Test("a client that cannot take trailers gets the body without them")
    func oldClient() throws {
        let text = answerChunked(chunks: "5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n")
        try Stage.play(ScriptedServer.answering(text)) { stage in
            let response = try stage.exchange("GET / HTTP/1.0\r\nHost: a\r\n\r\n")
            #expect(response.body.text == "hello")
            #expect(!response.head.has("X-Sum"))
        }
    }

    @Test(
        "fields that frame, route or authenticate do not pass as trailers (RFC 9110 §6.5.1)",
        arguments: [
            "Content-Length: 3", "Transfer-Encoding: chunked", "Host: evil", "X-Forwarded-For: 6.6.6.6",
            "Connection: close",
        ])
    func forbidden(line: String) throws {
        try Stage.play { stage in
            let client = try stage.connect()
            try client.send(Self.upload("\(line)\r\n"))
            let response = try client.readResponse()
            #expect([200, 400].contains(response.status))
            for arrived in stage.backend.requests.current {
                #expect(arrived.body.trailers.isEmpty)
                #expect(arrived.head["Host"] == ["a.example"])
                #expect(!arrived.head.text.contains("6.6.6.6"))
            }
        }
    }

    @Test("trailers are bounded in number like a head's fields", arguments: [(4, 200), (5, 431)])
    func count(fields: Int, status: Int) throws {
        try Stage.play(ScriptedServer.echo, .init(top: "limits: { fields: 4 }\n")) { stage in
            let trailers = (0..<fields).map { "T\($0): x\r\n" }.joined()
            let client = try stage.connect()
            try client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\(trailers)\r\n")
            let response = try client.readResponse()
            #expect(response.status == status || (status == 431 && response.status == 400))
        }
    }

    @Test("trailers are bounded in bytes like a head")
    func size() throws {
        try Stage.play(ScriptedServer.echo, .init(top: "limits: { head: 1KiB }\n")) { stage in
            let client = try stage.connect()
            try client.send(Self.upload("T: \(String(repeating: "x", count: 1100))\r\n"))
            #expect([400, 431].contains(try client.readResponse().status))
            try client.expectEnd()
            #expect(stage.backend.requestCount == 0)
        }
    }

    @Test("a connection goes on behind trailers")
    func goesOn() throws {
        try Stage.play { stage in
            let client = try stage.connect()
            try client.send(Self.upload("X-Sum: 1\r\n") + get("/next"))
            #expect(try client.readResponse().status == 200)
            #expect(try client.readResponse().body.text.contains("target: /next"))
        }
    }

    @Test("trailers of one exchange are not those of the next")
    func forgotten() throws {
        let script = ScriptedServer.serving { visit, request in
            let trailer = request.target == "/1" ? "X-Response: 1\r\n" : ""
            try visit.send(answerChunked(chunks: "2\r\nok\r\n0\r\n\(trailer)\r\n"))
        }
        try Stage.play(script) { stage in
            let client = try stage.connect()
            let second = postChunked("/2", "TE: trailers\r\n", chunks: "5\r\nhello\r\n0\r\n\r\n")
            let first = postChunked("/1", "TE: trailers\r\n", chunks: "5\r\nhello\r\n0\r\nX-Request: 1\r\n\r\n")
            for raw in [first, second, first, second] {
                try client.send(raw)
                let isFirst = raw == first
                #expect(try client.readResponse().body.trailers.isEmpty != isFirst)
                #expect(try stage.backend.nextRequest().body.trailers.isEmpty != isFirst)
            }
        }
    }
}
