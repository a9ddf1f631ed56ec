// DESIGN "Line discipline", the part about chunks: a chunk is read as the RFC says or not at all.

import GateTesting
import Testing

@Suite("Chunked request bodies (RFC 9112 §7.1)")
struct ChunkTests {
    static let malformed = [
        RawCase("no size", "\r\nhello\r\n0\r\n\r\n"),
        RawCase("a size that is no number", "g\r\nhello\r\n0\r\n\r\n"),
        RawCase("a negative size", "-5\r\nhello\r\n0\r\n\r\n"),
        RawCase("a size with a plus", "+5\r\nhello\r\n0\r\n\r\n"),
        RawCase("a size with 0x", "0x5\r\nhello\r\n0\r\n\r\n"),
        RawCase("a size behind a space", " 5\r\nhello\r\n0\r\n\r\n"),
        RawCase("a size before a space", "5 \r\nhello\r\n0\r\n\r\n"),
        RawCase("a size with an underscore", "0_5\r\nhello\r\n0\r\n\r\n"),
        RawCase("a size of 2^63", "8000000000000000\r\nhello\r\n0\r\n\r\n"),
        RawCase("a size of 2^64", "10000000000000000\r\nhello\r\n0\r\n\r\n"),
        RawCase("a size of 2^64 and 5", "10000000000000005\r\nhello\r\n0\r\n\r\n"),
        RawCase("a bare LF behind the size", "5\nhello\r\n0\r\n\r\n"),
        RawCase("a bare CR behind the size", "5\rhello\r\n0\r\n\r\n"),
        RawCase("a bare LF behind the data", "5\r\nhello\n0\r\n\r\n"),
        RawCase("more data than the size says", "3\r\nhello\r\n0\r\n\r\n"),
        RawCase("less data than the size says", "7\r\nhello\r\n0\r\n\r\n"),
        RawCase("a bare LF in an extension", "5;a=b\nX: y\r\nhello\r\n0\r\n\r\n"),
        RawCase("a bare CR in an extension", "5;a=\rb\r\nhello\r\n0\r\n\r\n"),
        RawCase("a NUL in an extension", "5;a=\0\r\nhello\r\n0\r\n\r\n"),
        RawCase("an extension of 64 KiB", "5;a=\(String(repeating: "x", count: 65536))\r\nhello\r\n0\r\n\r\n"),
        RawCase("an extension without its semicolon", "5 a=b\r\nhello\r\n0\r\n\r\n"),
        RawCase("a bare LF behind the last chunk", "5\r\nhello\r\n0\n\n"),
        RawCase("a bare LF as the empty line", "5\r\nhello\r\n0\r\n\n"),
        RawCase("a trailer line that is none", "5\r\nhello\r\n0\r\nnonsense\r\n\r\n"),
        RawCase("a folded trailer", "5\r\nhello\r\n0\r\nA: b\r\n c\r\n\r\n"),
    ]

    @Test(
        "a malformed chunk is answered with 400 and a close, and the backend sees no complete request",
        arguments: malformed)
    func refused(body: RawCase) throws {
        try expectRefused(postChunked(chunks: body.raw))
    }

    @Test("a malformed chunk behind good ones cuts the request at the backend", arguments: malformed)
    func refusedLater(body: RawCase) throws {
        let script: ScriptedServer.Script = { visit in
            try visit.readHead()
            do { _ = try visit.connection.readBody(.chunked) } catch { return }
            visit.server.release.fire()
        }
        try Stage.play(script) { stage in
            let client = try stage.connect()
            try client.send(postChunked(chunks: "3\r\nabc\r\n"))
            _ = try stage.backend.nextRequest()
            try client.send(body.raw)
            #expect(try client.readResponse().status == 400)
            try client.expectEnd()
            try stage.backend.waitUntilIdle()
            #expect(!stage.backend.release.hasFired, "the backend saw a complete body")
            try expectEnding("malformed_request", in: stage)
        }
    }

    static let wellFormed = [
        RawCase("upper case digits", "B\r\nhello world\r\n0\r\n\r\n"),
        RawCase("lower case digits", "b\r\nhello world\r\n0\r\n\r\n"),
        RawCase("leading zeros", "000b\r\nhello world\r\n000\r\n\r\n"),
        RawCase("extensions", "5;a\r\nhello\r\n6;b=c;d=\"e;f\"\r\n world\r\n0;g\r\n\r\n"),
        RawCase("one byte a chunk", "hello world".map { "1\r\n\($0)\r\n" }.joined() + "0\r\n\r\n"),
    ]

    @Test("what the grammar allows is read, in one piece and byte by byte", arguments: wellFormed, [10_000, 1])
    func accepted(body: RawCase, piece: Int) throws {
        try Stage.play { stage in
            let client = try stage.connect()
            try client.send(postChunked(chunks: body.raw), inPiecesOf: piece, every: .zero)
            #expect(try client.readResponse().status == 200)
            #expect(try stage.backend.nextRequest().body.text == "hello world")
        }
    }

    @Test("a body of a megabyte crosses unchanged")
    func large() throws {
        try Stage.play(ScriptedServer.mirror) { stage in
            let data = String((0..<16384).flatMap { "\($0 % 10)abcdefghijklmnopqrstuvwxyz0123456789".prefix(64) })
            let client = try stage.connect()
            let chunk = "\(String(data.utf8.count, radix: 16))\r\n\(data)\r\n"
            let upload = Background { try client.send(postChunked(chunks: chunk + chunk + "0\r\n\r\n")) }
            let response = try client.readResponse()
            try upload.value()
            #expect(response.body.text == data + data)
        }
    }
}
