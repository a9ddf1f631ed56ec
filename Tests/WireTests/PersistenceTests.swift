// How long a connection lasts, on both sides.

import GateTesting
import Testing

@Suite("Persistence and pipelining (RFC 9112 §9.3)")
struct PersistenceTests {
    @Test("HTTP/1.1 stays open and one backend connection serves it all")
    func keepAlive() throws {
        try Stage.play { stage in
            let client = try stage.connect()
            for number in 1...20 {
                try client.send(get("/\(number)"))
                let response = try client.readResponse()
                #expect(response.body.text.contains("target: /\(number)\n"))
                #expect(!response.announcesClose)
            }
            #expect(stage.backend.connectionCount == 1)
        }
    }

    @Test(
        "Connection: close is obeyed and announced (RFC 9112 §9.6)",
        arguments: ["close", "Close", "foo, close", "keep-alive, close"])
    func close(value: String) throws {
        try Stage.play { stage in
            let client = try stage.connect()
            try client.send(get("/", "Connection: \(value)\r\n"))
            #expect(try client.readResponse().announcesClose)
            try client.expectEnd()
        }
    }

    @Test("what comes behind a request with Connection: close is not read")
    func behindClose() throws {
        try Stage.play { stage in
            let client = try stage.connect()
            try client.send(get("/1", "Connection: close\r\n") + get("/2"))
            #expect(try client.readResponse().status == 200)
            try client.waitForEnd()
            #expect(stage.backend.requests.current.map { $0.target } == ["/1"])
        }
    }

    @Test("HTTP/1.0 closes unless it asks for keep-alive (RFC 9112 §9.3)")
    func oldClient() throws {
        try Stage.play { stage in
            let client = try stage.connect()
            try client.send("GET / HTTP/1.0\r\nHost: a\r\n\r\n")
            #expect(try client.readResponse().status == 200)
            try client.expectEnd()
        }
    }

    @Test("HTTP/1.0 with keep-alive stays open, and the answer says so (RFC 9112 §C.2.2)")
    func oldKeepAlive() throws {
        try Stage.play { stage in
            let client = try stage.connect()
            for _ in 1...3 {
                try client.send("GET / HTTP/1.0\r\nHost: a\r\nConnection: Keep-Alive\r\n\r\n")
                let response = try client.readResponse()
                #expect(response.head.lists("keep-alive", in: "Connection"))
                #expect(response.head.has("Content-Length"))
            }
        }
    }

    @Test("HTTP/1.0 gets a body of unknown length by the end of the connection")
    func oldUnknownLength() throws {
        try Stage.play(ScriptedServer.answering(answerChunked(chunks: "5\r\nhello\r\n0\r\n\r\n"))) { stage in
            let client = try stage.connect()
            try client.send("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n")
            let response = try client.readResponse()
            #expect(response["Transfer-Encoding"].isEmpty)
            #expect(response.body.text == "hello")
            #expect(!response.head.lists("keep-alive", in: "Connection"))
        }
    }

    @Test("pipelined requests are answered in order, whatever they are (RFC 9112 §9.3.2)")
    func order() throws {
        let routes = ["{ match: { path: /own }, respond: { status: 200, body: own } }"]
        try Stage.play(ScriptedServer.echo, .init(routes: routes)) { stage in
            let client = try stage.connect()
            try client.send(
                get("/1") + get("/own") + post("/2", body: "hello") + postChunked("/3", chunks: "2\r\nab\r\n0\r\n\r\n")
                    + ask("HEAD", "/4") + get("/a%2Fb") + get("/5"))
            #expect(try client.readResponse().body.text.contains("target: /1\n"))
            #expect(try client.readResponse().body.text == "own")
            #expect(try client.readResponse().body.text.contains("target: /2\n"))
            #expect(try client.readResponse().body.text.contains("target: /3\n"))
            #expect(try client.readResponse(to: "HEAD").status == 200)
            let refused = try client.readResponse()
            #expect(refused.status == 400)
            if !refused.announcesClose { #expect(try client.readResponse().body.text.contains("target: /5\n")) }
        }
    }

    @Test("a thousand pipelined requests get a thousand answers in order", arguments: [true, false])
    func thousand(atOnce: Bool) throws {
        try Stage.play { stage in
            let client = try stage.connect()
            let text = (0..<1000).map { get("/\($0)") }.joined()
            let sender = Background { try client.send(text, inPiecesOf: atOnce ? text.utf8.count : 777, every: .zero) }
            for number in 0..<1000 {
                let body = try client.readResponse().body.text
                guard body.contains("target: /\(number)\n") else {
                    throw WireFailure(.malformed("order"), had: Array(body.utf8))
                }
            }
            try sender.value()
            #expect(stage.backend.requestCount == 1000)
        }
    }

    @Test("a backend that speaks HTTP/1.0 is served with a connection for each request")
    func oldBackend() throws {
        try Stage.play(ScriptedServer.answeringOnce("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok")) { stage in
            let client = try stage.connect()
            for _ in 1...3 {
                try client.send(get())
                let response = try client.readResponse()
                #expect(response.version == "HTTP/1.1")
                #expect(response.body.text == "ok")
                #expect(!response.announcesClose)
            }
            #expect(stage.backend.connectionCount == 3)
        }
    }

    @Test("a client that half-closes behind its request still gets the answer (RFC 9112 §9.6)")
    func halfClose() throws {
        try Stage.play { stage in
            let client = try stage.connect()
            try client.send(get("/1") + get("/2"))
            client.endSending()
            #expect(try client.readResponse().body.text.contains("target: /1\n"))
            #expect(try client.readResponse().body.text.contains("target: /2\n"))
            try client.expectEnd()
        }
    }

    @Test("clients at once share no answers")
    func concurrency() throws {
        try Stage.play { stage in
            let rounds = try (0..<16).map { _ in try stage.connect() }.enumerated().map { number, client in
                Background {
                    for round in 0..<50 {
                        try client.send(get("/\(number)/\(round)"))
                        let body = try client.readResponse().body.text
                        guard body.contains("target: /\(number)/\(round)\n") else {
                            throw WireFailure(.malformed(body))
                        }
                    }
                }
            }
            for round in rounds { try round.value(within: .seconds(60)) }
            #expect(stage.backend.connectionCount <= 16)
        }
    }

    @Test("idle connections to a backend are bounded in number and time")
    func pool() throws {
        let arrived = Tally()
        let script: ScriptedServer.Script = { visit in
            while try visit.nextRequest() != nil {
                arrived.add("requests")
                try arrived.wait(for: "requests", toReach: 4)
                try visit.respond(body: "ok")
            }
        }
        try Stage.play(script, .init(upstream: "idle_connections: 2, idle_timeout: 200ms")) { stage in
            let rounds = (0..<4).map { _ in Background { try stage.exchange(get()).status } }
            for round in rounds { #expect(try round.value() == 200) }
            try eventually("only two are kept") { stage.backend.openCount <= 2 }
            try stage.backend.waitUntilIdle()
        }
    }
}
