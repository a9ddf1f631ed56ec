// Responses on their way to the client: framed anew where they must be, and never complete when they are not.

import GateTesting
import Testing

@Suite("Response bodies (RFC 9112 §6.3, §7.1, §8)")
struct ResponseBodyTests {
    @Test("a body of known length keeps its length")
    func length() throws {
        try Stage.play(ScriptedServer.saying("hello")) { stage throws in
            #expect(try stage.exchange(get()).body.framing == .length(5))
        }
    }

    @Test("a chunked body arrives chunked")
    func chunked() throws {
        try Stage.play(ScriptedServer.answering(answerChunked(chunks: "5;x=y\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"))) {
            stage in
            let client = try stage.connect()
            for _ in 1...2 {
                try client.send(get())
                let response = try client.readResponse()
                #expect(response.body.framing == .chunked)
                #expect(response["Content-Length"].isEmpty)
                #expect(response.body.text == "hello world")
            }
            #expect(stage.backend.connectionCount == 1)
        }
    }

    @Test("a body that ends with the backend's connection is framed for the client")
    func untilEnd() throws {
        try Stage.play(ScriptedServer.answeringOnce("HTTP/1.1 200 OK\r\n\r\nhello")) { stage in
            let client = try stage.connect()
            for _ in 1...2 {
                try client.send(get())
                let response = try client.readResponse()
                #expect(response.body.framing == .chunked)
                #expect(response.body.text == "hello")
            }
        }
    }

    @Test("a body is passed on as it comes, not when it is whole")
    func streamed() throws {
        let script: ScriptedServer.Script = { visit in
            try visit.readRequest()
            try visit.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nfirst \r\n")
            try visit.stall()
            try visit.send("6\r\nsecond\r\n0\r\n\r\n")
        }
        try Stage.play(script) { stage in
            let client = try stage.connect()
            try client.send(get())
            _ = try client.readHead()
            _ = try client.read(until: "first ")
            stage.backend.release.fire()
            #expect(try client.read(until: "0\r\n\r\n").contains("second"))
        }
    }

    static let cut = [
        RawCase("a body shorter than its length", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"),
        RawCase("chunks without the last one", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
        RawCase("a chunk that is cut", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhello"),
        RawCase(
            "a chunk size that is none", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nx\r\n\r\n"),
        RawCase(
            "a last chunk without its empty line",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"),
        RawCase(
            "a trailer that is cut",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nT: "),
        RawCase(
            "a bare LF behind a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\n0\r\n\r\n"),
    ]

    @Test("a response that is cut does not look complete to the client (RFC 9112 §8)", arguments: cut, [1.1, 1.0])
    func cutResponse(text: RawCase, version: Double) throws {
        try Stage.play(ScriptedServer.answeringOnce(text.raw)) { stage in
            let client = try stage.connect()
            try client.send("GET / HTTP/\(version)\r\nHost: a\r\n\r\n")
            // What was cut before anything left may become a 502; what left must break off.
            do {
                let response = try client.readResponse()
                #expect(response.status == 502, "a cut response looks complete: \(response)")
            } catch let failure as WireFailure { #expect(failure.isEnd) }
            try eventually("the reason") {
                stage.proxy.endings("cut_response") + stage.proxy.endings("bad_response") > 0
            }
        }
    }

    @Test("a backend that resets in its body does not make it look complete", arguments: [true, false])
    func reset(chunked: Bool) throws {
        let framing = chunked ? "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n" : "\r\nhello"
        let script: ScriptedServer.Script = { visit in
            try visit.readRequest()
            try visit.send("HTTP/1.1 200 OK\r\n\(framing)")
            try visit.stall()
            visit.connection.reset()
        }
        try Stage.play(script) { stage in
            let client = try stage.connect()
            try client.send(get())
            _ = try client.read(until: "hello")
            stage.backend.release.fire()
            let rest = Result { try client.readToEnd() }
            if case .success(let bytes) = rest {
                #expect(!String(decoding: bytes, as: UTF8.self).contains("0\r\n\r\n"))
            }
            try expectEnding("cut_response", in: stage)
        }
    }

    @Test("bytes beyond a response are not the client's, and their connection is not used again")
    func tooMuch() throws {
        let script: ScriptedServer.Script = { visit in
            try visit.readRequest()
            try visit.send(answer(body: "ok") + answer(body: "evil"))
            try visit.connection.waitForEnd()
        }
        try Stage.play(script) { stage in
            let client = try stage.connect()
            for _ in 1...3 {
                try client.send(get())
                #expect(try client.readResponse().body.text == "ok")
            }
            #expect(stage.backend.connectionCount == 3)
        }
    }

    @Test("sixteen megabytes arrive unchanged", arguments: [true, false])
    func large(chunked: Bool) throws {
        let piece = [UInt8]((0..<65536).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 4) })
        let script: ScriptedServer.Script = { visit in
            try visit.readRequest()
            try visit.send(
                "HTTP/1.1 200 OK\r\n"
                    + (chunked ? "Transfer-Encoding: chunked\r\n\r\n" : "Content-Length: \(piece.count * 256)\r\n\r\n"))
            for _ in 0..<256 { try visit.send(chunked ? Array("10000\r\n".utf8) + piece + [13, 10] : piece) }
            if chunked { try visit.send("0\r\n\r\n") }
        }
        try Stage.play(script) { stage in
            let client = try stage.connect()
            try client.send(get())
            let body = try client.readResponse(within: .seconds(60)).body.bytes
            #expect(body.count == piece.count * 256)
            #expect((0..<256).allSatisfy { body[($0 * 65536)..<(($0 + 1) * 65536)].elementsEqual(piece) })
        }
    }

    @Test("the status and its phrase, fields, order and repetition pass unchanged (RFC 9110 §5.3)")
    func head() throws {
        let fields =
            "Set-Cookie: a=1\r\nX: 1\r\nSet-Cookie: b=2\r\nServer: backend/1\r\nDate: Tue, 15 Nov 1994 08:12:31 GMT\r\n"
        try Stage.play(ScriptedServer.answering(answer("299 Very Odd", fields, body: "ok"))) { stage in
            let response = try stage.exchange(get())
            #expect(response.status == 299)
            #expect(response.head.startLine == "HTTP/1.1 299 Very Odd")
            #expect(response["Set-Cookie"] == ["a=1", "b=2"])
            #expect(response["Date"] == ["Tue, 15 Nov 1994 08:12:31 GMT"])
        }
    }

    @Test("a response without a date gets one (RFC 9110 §6.6.1)")
    func date() throws {
        try Stage.play(ScriptedServer.saying("ok")) { stage in
            let date = try #require(try stage.exchange(get()).head.only("Date"))
            #expect(date.hasSuffix(" GMT"))
            #expect(date.utf8.count == 29)
        }
    }
}
