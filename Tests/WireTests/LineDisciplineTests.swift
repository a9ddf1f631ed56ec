// DESIGN "Line discipline": what two readers could read differently is read by none.

import GateTesting
import Testing

@Suite("Line discipline (RFC 9112 §2.2, §3, §5)")
struct LineDisciplineTests {
    static let badFields = [
        RawCase("a bare LF behind a field", "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n"),
        RawCase("a bare LF as the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\n"),
        RawCase("bare LF throughout", "GET / HTTP/1.1\nHost: a\n\n"),
        RawCase("a bare CR in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n"),
        RawCase("CR CR LF behind a field", "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\r\n\r\n"),
        RawCase("a line folded with a space", "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n"),
        RawCase("a line folded with a tab", "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n\tz\r\n\r\n"),
        RawCase("white space before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
        RawCase("a space before the colon", "GET / HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n"),
        RawCase("a tab before the colon", "GET / HTTP/1.1\r\nHost: a\r\nX\t: y\r\n\r\n"),
        RawCase("a space in a name", "GET / HTTP/1.1\r\nHost: a\r\nX Y: z\r\n\r\n"),
        RawCase("an empty name", "GET / HTTP/1.1\r\nHost: a\r\n: y\r\n\r\n"),
        RawCase("a line without a colon", "GET / HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n"),
        RawCase("a name with a slash", "GET / HTTP/1.1\r\nHost: a\r\nX/Y: z\r\n\r\n"),
        RawCase("a name in quotes", "GET / HTTP/1.1\r\nHost: a\r\n\"X\": z\r\n\r\n"),
        RawCase("a name with a letter beyond ASCII", "GET / HTTP/1.1\r\nHost: a\r\nÄ: z\r\n\r\n"),
        RawCase("a NUL in a name", "GET / HTTP/1.1\r\nHost: a\r\nX\0Y: z\r\n\r\n"),
        RawCase("a NUL in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"),
        RawCase("a control byte in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\u{01}b\r\n\r\n"),
        RawCase("an escape in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\u{1b}b\r\n\r\n"),
        RawCase("a DEL in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\u{7f}b\r\n\r\n"),
        RawCase("a form feed in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\u{0c}b\r\n\r\n"),
    ]

    @Test("a field line that bends the grammar is refused with 400 and a close (RFC 9112 §5)", arguments: badFields)
    func field(request: RawCase) throws { try expectRefused(request.raw) }

    static let badRequestLines = [
        RawCase("a bare LF behind it", "GET / HTTP/1.1\nHost: a\r\n\r\n"),
        RawCase("a bare CR in the target", "GET /\r HTTP/1.1\r\nHost: a\r\n\r\n"),
        RawCase("two spaces before the target", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
        RawCase("two spaces behind the target", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n"),
        RawCase("tabs for spaces", "GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n"),
        RawCase("a space behind the version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"),
        RawCase("a space before the method", " GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        RawCase("a space in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"),
        RawCase("no target", "GET HTTP/1.1\r\nHost: a\r\n\r\n"),
        RawCase("no version, as in HTTP/0.9", "GET /\r\n\r\n"),
        RawCase("a version in lower case", "GET / http/1.1\r\nHost: a\r\n\r\n"),
        RawCase("a version with a letter behind it", "GET / HTTP/1.1x\r\nHost: a\r\n\r\n"),
        RawCase("a version without its dot", "GET / HTTP/11\r\nHost: a\r\n\r\n"),
        RawCase("a version of two digits", "GET / HTTP/1.10\r\nHost: a\r\n\r\n"),
        RawCase("a method with a parenthesis", "GE(T / HTTP/1.1\r\nHost: a\r\n\r\n"),
        RawCase("a method in quotes", "\"GET\" / HTTP/1.1\r\nHost: a\r\n\r\n"),
        RawCase("a NUL in the target", "GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n"),
        RawCase("a control byte in the target", "GET /a\u{01}b HTTP/1.1\r\nHost: a\r\n\r\n"),
        RawCase("a letter beyond ASCII in the target", "GET /ä HTTP/1.1\r\nHost: a\r\n\r\n"),
        RawCase("a fragment in the target", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"),
        RawCase("a target without its slash", "GET a HTTP/1.1\r\nHost: a\r\n\r\n"),
        RawCase("a TLS hello", "\u{16}\u{03}\u{01}\u{02}\0\u{01}\0\u{01}\u{7c}\u{03}\u{03}\r\n\r\n"),
    ]

    @Test(
        "a request line that bends the grammar is refused with 400 and a close (RFC 9112 §3)",
        arguments: badRequestLines)
    func requestLine(request: RawCase) throws { try expectRefused(request.raw) }

    @Test("another major version is refused with 505 (RFC 9110 §15.6.6)", arguments: ["2.0", "3.0", "0.9"])
    func otherVersion(version: String) throws {
        try expectRefused("GET / HTTP/\(version)\r\nHost: a\r\n\r\n", 505, "unsupported_version")
    }

    @Test("an unknown minor version is read as 1.1 (RFC 9110 §2.5)")
    func minorVersion() throws {
        try Stage.play { stage throws in
            #expect(try stage.forwarded("GET / HTTP/1.2\r\nHost: a\r\n\r\n").version == "HTTP/1.1")
        }
    }

    @Test("empty lines before a request line are passed over (RFC 9112 §2.2)")
    func leadingEmptyLines() throws {
        try Stage.play { stage in
            let client = try stage.connect()
            try client.send("\r\n" + get("/1") + "\r\n" + get("/2"))
            #expect(try client.readResponse().status == 200)
            #expect(try client.readResponse().status == 200)
        }
    }

    @Test("a head that arrives byte by byte is the same head (RFC 9112 §2.1)")
    func bytewise() throws {
        try Stage.play { stage in
            let client = try stage.connect()
            try client.send(post("/a?b", "X: y\r\n", body: "hello"), inPiecesOf: 1, every: .zero)
            #expect(try client.readResponse().status == 200)
            let arrived = try stage.backend.nextRequest()
            #expect(arrived.target == "/a?b")
            #expect(arrived["X"] == ["y"])
            #expect(arrived.body.text == "hello")
        }
    }

    @Test("values keep obs-text, tabs inside and their order; white space around them goes (RFC 9110 §5.5)")
    func values() throws {
        try Stage.play { stage in
            let arrived = try stage.forwarded(get("/", "B: \tä\tö \t\r\nA:x\r\nB:  second\r\nC:\r\n"))
            #expect(arrived["B"] == ["ä\tö", "second"])
            #expect(arrived["A"] == ["x"])
            #expect(arrived["C"] == [""])
            let names = arrived.head.fields.map { $0.name }.filter { ["A", "B"].contains($0) }
            #expect(names == ["B", "A", "B"])
        }
    }

    @Test("methods are case-sensitive and unknown ones are forwarded (RFC 9110 §9.1)")
    func methods() throws {
        try Stage.play { stage throws in
            #expect(try stage.forwarded(ask("get")).method == "get")
            #expect(try stage.forwarded(ask("PROPFIND")).method == "PROPFIND")
            #expect(try stage.forwarded(ask("M-SEARCH", "/", "Content-Length: 2\r\n") + "ab").body.text == "ab")
        }
    }
}
