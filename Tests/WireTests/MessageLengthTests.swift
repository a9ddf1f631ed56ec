// DESIGN "Message length": one reading of where a request ends, or none.

import GateTesting
import Testing

@Suite("Message length (RFC 9112 §6)")
struct MessageLengthTests {
    private static let smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"

    static let ambiguous = [
        RawCase(
            "Transfer-Encoding before Content-Length", framed("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")),
        RawCase(
            "Content-Length before Transfer-Encoding", framed("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")),
        RawCase("two lengths that differ", framed("Content-Length: 5\r\nContent-Length: 6\r\n")),
        RawCase("two lengths that agree", framed("Content-Length: 5\r\nContent-Length: 5\r\n")),
        RawCase("a list of lengths", framed("Content-Length: 5, 5\r\n")),
        RawCase("a length with a sign", framed("Content-Length: +5\r\n")),
        RawCase("a negative length", framed("Content-Length: -5\r\n")),
        RawCase("a hexadecimal length", framed("Content-Length: 0x5\r\n")),
        RawCase("a length with letters behind it", framed("Content-Length: 5a\r\n")),
        RawCase("a length with a space inside", framed("Content-Length: 5 0\r\n")),
        RawCase("an empty length", framed("Content-Length:\r\n")),
        RawCase("a length of 2^63", framed("Content-Length: 9223372036854775808\r\n")),
        RawCase("a length of 2^64 and 5", framed("Content-Length: 18446744073709551621\r\n")),
        RawCase("a length of forty digits", framed("Content-Length: \(String(repeating: "1", count: 40))\r\n")),
        RawCase("an unknown coding", framed("Transfer-Encoding: xchunked\r\n")),
        RawCase("a coding before chunked", framed("Transfer-Encoding: gzip, chunked\r\n")),
        RawCase("a coding behind chunked", framed("Transfer-Encoding: chunked, gzip\r\n")),
        RawCase("chunked twice in one field", framed("Transfer-Encoding: chunked, chunked\r\n")),
        RawCase("chunked in two fields", framed("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")),
        RawCase("identity", framed("Transfer-Encoding: identity\r\n")),
        RawCase("identity beside chunked", framed("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n")),
        RawCase("chunked with a parameter", framed("Transfer-Encoding: chunked;q=1\r\n")),
        RawCase("chunked in quotes", framed("Transfer-Encoding: \"chunked\"\r\n")),
        RawCase("an empty coding", framed("Transfer-Encoding:\r\n")),
        RawCase("chunked behind a vertical tab", framed("Transfer-Encoding: \u{0b}chunked\r\n")),
        RawCase("a space before the colon", framed("Transfer-Encoding : chunked\r\n")),
        RawCase(
            "Transfer-Encoding in HTTP/1.0",
            "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
    ]

    private static func framed(_ fields: String) -> String {
        "POST / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n5\r\nhello\r\n0\r\n\r\n" + smuggled
    }

    @Test("an ambiguous or unknown framing is refused with 400 and a close (RFC 9112 §6.3)", arguments: ambiguous)
    func refused(request: RawCase) throws { try expectRefused(request.raw) }

    @Test("a body of known length reaches the backend with that length and nothing else (RFC 9112 §6.2)")
    func length() throws {
        try Stage.play { stage in
            let request = try stage.forwarded(post(body: "hello"))
            #expect(request["Content-Length"] == ["5"])
            #expect(request["Transfer-Encoding"].isEmpty)
            #expect(request.body.text == "hello")
        }
    }

    @Test("a chunked body reaches the backend in one clean framing of the proxy's own (RFC 9112 §7.1)")
    func chunked() throws {
        try Stage.play { stage in
            let chunks = "5;name=value\r\nhello\r\n006\r\n world\r\n0\r\n\r\n"
            let request = try stage.forwarded(ask("POST", "/", "Transfer-Encoding: ChunkeD\r\n") + chunks)
            #expect(request["Content-Length"].isEmpty)
            #expect(request["Transfer-Encoding"] == ["chunked"])
            #expect(request.body.text == "hello world")
        }
    }

    @Test("a request without a body reaches the backend without framing fields (RFC 9112 §6.3)")
    func noBody() throws {
        try Stage.play { stage in
            let request = try stage.forwarded(get())
            #expect(request["Content-Length"].isEmpty)
            #expect(request["Transfer-Encoding"].isEmpty)
        }
    }

    @Test("an empty body that was declared stays declared (RFC 9110 §8.6)")
    func emptyBody() throws {
        try Stage.play { stage throws in
            #expect(try stage.forwarded(post(body: ""))["Content-Length"] == ["0"])
            #expect(try stage.forwarded(postChunked(chunks: "0\r\n\r\n")).body.text == "")
        }
    }

    @Test("a body is no request: what looks like one inside it stays inside (RFC 9112 §6.3)")
    func requestInBody() throws {
        try Stage.play { stage in
            let client = try stage.connect()
            try client.send(post(body: Self.smuggled) + get("/next"))
            _ = try client.readResponse()
            _ = try client.readResponse()
            #expect(stage.backend.requests.current.map { $0.target } == ["/", "/next"])
        }
    }

    @Test("a GET with a body is forwarded with it (RFC 9110 §9.3.1)")
    func getWithBody() throws {
        try Stage.play { stage in
            let request = try stage.forwarded(ask("GET", "/", "Content-Length: 2\r\n") + "ab")
            #expect(request.method == "GET")
            #expect(request.body.text == "ab")
        }
    }
}
