// What becomes of requests that come over HTTP/2, at a server that speaks HTTP/1.1. RFC 9113 §8, DESIGN.md §4.

import GateTesting
import Testing

@Suite("Requests over HTTP/2")
struct HTTP2RequestTests {
    private typealias Raw = RawHTTP2Connection

    @Test("a GET is answered, and its server gets a request of its own")
    func get() throws {
        try Stage.playHTTP2 { stage in
            let client = try stage.connectHTTP2()
            try client.get(1, "/a/b?c=d", [("accept", "text/plain"), ("user-agent", "test")])
            let response = try client.response(1)
            #expect(response.status == 200)
            #expect(response["content-type"] == ["text/plain"])
            #expect(response["date"].count == 1)
            #expect(response.fields.allSatisfy { $0.0 == $0.0.lowercased() })
            let arrived = try stage.backend.nextRequest()
            #expect(arrived.head.startLine == "GET /a/b?c=d HTTP/1.1")
            #expect(arrived["Host"] == ["a.example"])
            #expect(arrived["Accept"] == ["text/plain"])
            #expect(arrived["Via"] == ["2.0 gatehouse"])
            #expect(arrived["X-Forwarded-Proto"] == ["http"])
            #expect(!arrived.head.has("Transfer-Encoding"))
            #expect(!arrived.head.has("Content-Length"))
        }
    }

    @Test("the preface may come in pieces, and HTTP/1 is spoken on the same listener")
    func preface() throws {
        try Stage.playHTTP2 { stage in
            let slow = try stage.connect()
            try slow.send(Raw.preface, inPiecesOf: 1)
            let client = try RawHTTP2Connection(alreadyGreeted: slow)
            try client.get(1)
            #expect(try client.response(1).status == 200)
            #expect(try stage.exchange("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n").status == 200)
            #expect(
                try stage.exchange("POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 1\r\n\r\nx").status == 200)
            #expect(try stage.exchange("PRI / HTTP/1.1\r\nHost: a.example\r\n\r\n").status == 200)
        }
    }

    @Test("the largest settings that are taken work")
    func largestSettings() throws {
        try Stage.playHTTP2(settings: "http2: { streams: 2000, resets: 1000000, header_table: 32768 }") { stage in
            let client = try stage.connectHTTP2()
            try client.get(1)
            #expect(try client.response(1).status == 200)
        }
    }

    @Test("a head may be as large as the listener's limit says, as with HTTP/1", arguments: [100_000, 300_000])
    func largeHead(bytes: Int) throws {
        try Stage.playHTTP2(settings: "limits: { head: 1MiB }") { stage in
            let client = try stage.connectHTTP2()
            let value = String(repeating: "~", count: bytes)
            var rest = RawFrame.block(Raw.head("GET", [("x-large", value)]))[...]
            try client.send(
                RawFrame(
                    type: RawFrame.headers, flags: RawFrame.endStream, stream: 1, payload: Array(rest.prefix(16_384))))
            rest = rest.dropFirst(16_384)
            while !rest.isEmpty {
                let piece = Array(rest.prefix(16_384))
                rest = rest.dropFirst(piece.count)
                try client.send(
                    RawFrame(
                        type: RawFrame.continuation, flags: rest.isEmpty ? RawFrame.endHeaders : 0, stream: 1,
                        payload: piece))
            }
            let response = try client.response(1)
            #expect(response.status == 200)
            #expect(response.text.contains(value))
        }
    }

    @Test("a listener that speaks HTTP/1 alone knows no preface")
    func notSpoken() throws {
        try Stage.play { stage in
            let client = try stage.connect()
            try client.send(Raw.preface)
            #expect(try client.readResponse().status == 505)
        }
    }

    @Test("a listener that speaks HTTP/2 alone answers HTTP/1 with GOAWAY")
    func onlyHTTP2() throws {
        try Stage.play(ScriptedServer.echo, Stage.Settings(listener: "protocols: [h2]")) { stage in
            let client = try stage.connectHTTP2()
            try client.get(1)
            #expect(try client.response(1).status == 200)
            let other = try stage.connect()
            try other.send("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")
            try other.waitForEnd()
            try eventually("it to be counted") { stage.proxy.http2Failures("bad_preface") == 1 }
        }
    }

    @Test("a client that has said GOAWAY may go on asking (RFC 9113 §6.8)", arguments: [0, 1] as [UInt32])
    func goAway(code: UInt32) throws {
        try Stage.playHTTP2 { stage in
            let client = try stage.connectHTTP2()
            let payload = RawFrame.number(0) + RawFrame.number(code)
            try client.send(RawFrame(type: RawFrame.goAway, payload: payload))
            for stream: UInt32 in [1, 3, 5] {
                try client.get(stream)
                #expect(try client.response(stream).status == 200)
            }
        }
    }

    @Test("what a client says of the heads that it takes is advice, and bounds no answer (RFC 9113 §6.5.2)")
    func headListAdvice() throws {
        let value = String(repeating: "v", count: 1000)
        let text = answer("200 OK", "X-Large: \(value)\r\n", body: "ok")
        try Stage.playHTTP2(ScriptedServer.answering(text)) { stage in
            let client = try stage.connectHTTP2(settings: [(6, 100)])
            try client.get(1)
            let response = try client.response(1)
            #expect(response.status == 200)
            #expect(response["x-large"] == [value])
            #expect(response.text == "ok")
        }
    }

    @Test("there is no upgrade from HTTP/1.1 (RFC 9113 §3.1)")
    func upgrade() throws {
        try Stage.playHTTP2 { stage in
            let response = try stage.exchange(
                "GET / HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                    + "HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n")
            #expect(response.status == 200)
            #expect(!response.body.text.lowercased().contains("http2-settings"))
        }
    }

    @Test("a body of known length keeps it, one of unknown length goes in chunks, none has none")
    func bodies() throws {
        try Stage.playHTTP2 { stage in
            let client = try stage.connectHTTP2()
            try client.send(
                .headers(1, Raw.head("POST", [("content-length", "5")]), ends: false), .data(1, "hel"),
                .data(1, "lo", ends: true))
            #expect(try client.response(1).status == 200)
            let first = try stage.backend.nextRequest()
            #expect(first["Content-Length"] == ["5"])
            #expect(first.body.text == "hello")
            try client.send(.headers(3, Raw.head("PUT"), ends: false), .data(3, "hello"), .data(3, "", ends: true))
            #expect(try client.response(3).status == 200)
            let second = try stage.backend.nextRequest()
            #expect(second["Transfer-Encoding"] == ["chunked"])
            #expect(second.body.text == "hello")
            try client.send(.headers(5, Raw.head("POST")))
            #expect(try client.response(5).status == 200)
            #expect(try stage.backend.nextRequest()["Content-Length"] == ["0"])
            #expect(stage.backend.connectionCount == 1)
        }
    }

    @Test("trailers pass behind a body of unknown length; HTTP/1.1 has no place for them behind a known one")
    func trailersAndLength() throws {
        try Stage.playHTTP2 { stage in
            let client = try stage.connectHTTP2()
            try client.send(
                .headers(1, Raw.head("POST"), ends: false), .data(1, "hello"), .headers(1, [("x-sum", "1")]))
            #expect(try client.response(1).status == 200)
            #expect(try stage.backend.nextRequest().body.trailers.map { "\($0)" } == ["x-sum: 1"])
            try client.send(
                .headers(3, Raw.head("POST", [("content-length", "5")]), ends: false), .data(3, "hello"),
                .headers(3, [("x-sum", "1")]))
            #expect(try client.response(3).status == 200)
            let known = try stage.backend.nextRequest()
            #expect(known["Content-Length"] == ["5"])
            #expect(known.body.text == "hello")
            #expect(known.body.trailers.isEmpty)
            #expect(known["X-Sum"] == [])
            #expect(stage.backend.connectionCount == 1)
        }
    }

    @Test("padding and priorities of frames are read past")
    func padding() throws {
        try Stage.playHTTP2 { stage in
            let client = try stage.connectHTTP2()
            let block = RawFrame.block(Raw.head("POST"))
            try client.send(
                RawFrame(
                    type: RawFrame.headers, flags: RawFrame.endHeaders | RawFrame.padded | RawFrame.prioritised,
                    stream: 1, payload: [3, 0, 0, 0, 0, 16] + block + [0, 0, 0]),
                RawFrame(
                    type: RawFrame.data, flags: RawFrame.padded | RawFrame.endStream, stream: 1,
                    payload: [2] + Array("body".utf8) + [0, 0]))
            #expect(try client.response(1).status == 200)
            #expect(try stage.backend.nextRequest().body.text == "body")
        }
    }

    @Test("a head may come in CONTINUATION frames, byte by byte")
    func continuation() throws {
        try Stage.playHTTP2 { stage in
            let client = try stage.connectHTTP2()
            let block = RawFrame.block(Raw.head("GET", "/c"))
            let half = block.count / 2
            let frames = [
                RawFrame(type: RawFrame.headers, flags: RawFrame.endStream, stream: 1, payload: Array(block[..<half])),
                RawFrame(
                    type: RawFrame.continuation, flags: RawFrame.endHeaders, stream: 1, payload: Array(block[half...])),
            ]
            for byte in frames.flatMap(\.bytes) { try client.stream.send([byte]) }
            #expect(try client.response(1).status == 200)
            #expect(try stage.backend.nextRequest().target == "/c")
        }
    }

    @Test("cookie crumbs become one field (RFC 9113 §8.2.3)")
    func cookies() throws {
        try Stage.playHTTP2 { stage in
            let client = try stage.connectHTTP2()
            try client.get(1, "/", [("cookie", "a=1"), ("x-y", "z"), ("cookie", "b=2"), ("cookie", "c=3")])
            #expect(try client.response(1).status == 200)
            #expect(try stage.backend.nextRequest()["Cookie"] == ["a=1; b=2; c=3"])
        }
    }

    @Test("trailers go both ways")
    func trailers() throws {
        let script = ScriptedServer.serving { visit, request in
            try visit.send(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n5\r\nhello\r\n0\r\n"
                    + "X-Sum: \(request.body.trailers.map { "\($0)" }.joined())\r\n\r\n")
        }
        try Stage.playHTTP2(script) { stage in
            let client = try stage.connectHTTP2()
            try client.send(
                .headers(1, Raw.head("POST", [("te", "trailers")]), ends: false), .data(1, "x"),
                .headers(1, [("x-end", "yes")]))
            let response = try client.response(1)
            #expect(response.text == "hello")
            #expect(response.trailers.map(\.0) == ["x-sum"])
            #expect(response.trailers.first?.1.lowercased() == "x-end: yes")
            #expect(try stage.backend.nextRequest()["TE"] == ["trailers"])
        }
    }

    @Test("interim responses are passed on")
    func interim() throws {
        let script = ScriptedServer.serving { visit, _ in
            try visit.send(
                "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"
                    + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        }
        try Stage.playHTTP2(script) { stage in
            let client = try stage.connectHTTP2()
            try client.get(1)
            let response = try client.response(1)
            #expect(response.interim.count == 1)
            #expect(response.interim.first?.contains { $0 == (":status", "103") } == true)
            #expect(response.interim.first?.contains { $0.0 == "link" } == true)
            #expect(response.text == "ok")
        }
    }

    @Test("100-continue is the server's to say, and the body follows")
    func expectContinue() throws {
        let script: ScriptedServer.Script = { visit in
            try visit.readHead()
            try visit.send("HTTP/1.1 100 Continue\r\n\r\n")
            _ = try visit.connection.read(exactly: 5)
            try visit.respond(body: "done")
        }
        try Stage.playHTTP2(script) { stage in
            let client = try stage.connectHTTP2()
            try client.send(
                .headers(1, Raw.head("POST", [("content-length", "5"), ("expect", "100-continue")]), ends: false))
            let interim = try client.readMessage()
            #expect(try client.fields(of: interim).first?.1 == "100")
            try client.send(.data(1, "hello", ends: true))
            #expect(try client.response(1).text == "done")
            try client.send(.headers(3, Raw.head("POST", [("expect", "coffee")]), ends: false))
            #expect(try client.response(3).status == 417)
        }
    }

    @Test("HEAD, 204 and 304 have no body", arguments: [("HEAD", 200), ("GET", 204), ("GET", 304)])
    func noBody(_ method: String, _ status: Int) throws {
        let script = ScriptedServer.serving { visit, _ in
            try visit.send("HTTP/1.1 \(status) X\r\n\(status == 204 ? "" : "Content-Length: 5\r\n")\r\n")
        }
        try Stage.playHTTP2(script) { stage in
            let client = try stage.connectHTTP2()
            try client.send(.headers(1, Raw.head(method)))
            let head = try client.readMessage()
            #expect(head.type == RawFrame.headers && head.endsStream)
            let fields = try client.fields(of: head)
            #expect(fields.first?.1 == "\(status)")
            #expect(fields.contains { $0 == ("content-length", "5") } == (status != 204))
        }
    }

    @Test("fields of one connection stay on it (RFC 9113 §8.2.2)")
    func connectionFields() throws {
        let script = ScriptedServer.serving { visit, _ in
            try visit.send(
                "HTTP/1.1 426 Upgrade Required\r\nConnection: Upgrade, X-Drop\r\nUpgrade: TLS/1.3\r\nX-Drop: 1\r\n"
                    + "Keep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\nContent-Length: 0\r\n\r\n")
        }
        try Stage.playHTTP2(script) { stage in
            let client = try stage.connectHTTP2()
            try client.get(1)
            let response = try client.response(1)
            #expect(response.status == 426)
            for name in ["connection", "upgrade", "keep-alive", "proxy-connection", "transfer-encoding", "x-drop"] {
                #expect(response[name].isEmpty)
            }
        }
    }

    @Test("streams are answered as their servers answer, not in order")
    func order() throws {
        let script: ScriptedServer.Script = ScriptedServer.serving { visit, request in
            if request.target == "/slow" { try visit.stall() }
            try visit.respond(body: request.target)
        }
        try Stage.playHTTP2(script) { stage in
            let client = try stage.connectHTTP2()
            try client.get(1, "/slow")
            for id in stride(from: UInt32(3), to: 61, by: 2) { try client.get(id, "/\(id)") }
            for _ in 0..<29 {
                let frame = try client.readFrame { $0.type == RawFrame.data && !$0.payload.isEmpty }
                #expect(frame.stream != 1)
            }
            stage.backend.release.fire()
            #expect(try client.response(1).text == "/slow")
        }
    }

    @Test("underscores in names are dropped, as with HTTP/1")
    func underscores() throws {
        try Stage.playHTTP2 { stage in
            let client = try stage.connectHTTP2()
            try client.get(1, "/", [("x_user", "root"), ("x-user", "me")])
            let response = try client.response(1)
            #expect(response.echoed("field: x_user").isEmpty)
            #expect(response.echoed("field: x-user").count == 1)
        }
    }

    @Test("forwarding fields of strangers are replaced")
    func forwarding() throws {
        try Stage.playHTTP2 { stage in
            let client = try stage.connectHTTP2()
            try client.get(1, "/", [("x-forwarded-for", "1.2.3.4"), ("forwarded", "for=1.2.3.4")])
            #expect(try client.response(1).echoed("field: x-forwarded-for") == ["field: x-forwarded-for: 127.0.0.1"])
        }
    }
}
