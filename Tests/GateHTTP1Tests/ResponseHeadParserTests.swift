import GateCore
import GateHTTP
import GateHTTP1
import GateTestSupport
import Testing

@Suite("Response heads (RFC 9112 §4)")
struct ResponseHeadParserTests {
    struct Read: Equatable {
        var answer: HeadParse
        var status = 0
        var reason = ""
        var version = HTTPVersion.http11
        var lines: [String] = []
    }

    static func read(_ pieces: [[UInt8]], limits: HeadLimits = HeadLimits()) -> Read {
        var held: [UInt8] = []
        var head = MessageHead()
        var answer = HeadParse.needMore
        for piece in pieces {
            held += piece
            answer = ResponseHeadParser.parse(held.span, limits: limits, into: &head)
            if answer != .needMore { break }
        }
        guard case .complete = answer else { return Read(answer: answer) }
        return Read(
            answer: answer, status: head.status, reason: String(latin1: head.reason.array), version: head.version,
            lines: head.lines)
    }

    @Test(
        "a status line is version, space, status, space, phrase and CRLF",
        arguments: [
            ("HTTP/1.1 200 OK", 200, "OK", .http11), ("HTTP/1.0 404 Not Found", 404, "Not Found", .http10),
            ("HTTP/1.1 200 ", 200, "", .http11), ("HTTP/1.1 200", 200, "", .http11),
            ("HTTP/1.9 599 x", 599, "x", .http11),
            ("HTTP/1.1 100 \ta\u{e9} ", 100, "\ta\u{c3}\u{a9} ", .http11),
        ] as [(String, Int, String, HTTPVersion)])
    func statusLine(line: String, status: Int, reason: String, version: HTTPVersion) {
        let bytes = (line + "\r\nServer: x\r\n\r\n").bytes
        let expected = Read(
            answer: .complete(bytes.count), status: status, reason: reason, version: version, lines: ["Server: x"])
        for pieces in Pieces.ways(of: bytes) { #expect(Self.read(pieces) == expected) }
    }

    @Test(
        "other status lines are refused",
        arguments: [
            "HTTP/2.0 200 OK", "HTTP/0.9 200 OK", "http/1.1 200 OK", "HTTP/1.1  200 OK", "HTTP/1.1\t200 OK",
            "HTTP/1.1 20 OK",
            "HTTP/1.1 2000 OK", "HTTP/1.1 099 x", "HTTP/1.1 600 x", "HTTP/1.1 000 x", "HTTP/1.1 2x0 OK",
            "HTTP/1.1 +20 OK",
            "HTTP/1.1 200\tOK", "HTTP/1.1 200OK", "HTTP/1.1 200 O\u{0}K", "HTTP/1.1 200 O\u{1b}K", "ICY 200 OK",
            "<html>", "\r\n",
            " HTTP/1.1 200 OK", "HTTP/1.11 200 OK", "HTTP/11 200 OK", "HTTP/1.1 -10 OK",
        ])
    func refused(line: String) {
        for pieces in Pieces.ways(of: (line + "\r\nServer: xxxxxxxxxxx\r\n\r\n").bytes) {
            #expect(Self.read(pieces).answer == .invalid(.badStatusLine))
        }
    }

    @Test("a status line ends in CRLF and nothing else", arguments: ["\n", "\r", "\r\r\n", "\n\r"])
    func lineEnd(end: String) {
        for line in ["HTTP/1.1 200 OK", "HTTP/1.1 200", "HTTP/1.1 200 "] {
            for pieces in Pieces.ways(of: (line + end + "A: b\r\n\r\n").bytes) {
                guard case .invalid = Self.read(pieces).answer else {
                    Issue.record("not refused: \(pieces.map { String(latin1: $0) })")
                    continue
                }
            }
        }
    }

    @Test("a status line is bounded", arguments: [(8191, true), (8192, true), (8193, false)])
    func lineBound(count: Int, isValid: Bool) {
        let line = "HTTP/1.1 200 " + String(repeating: "x", count: count - 13)
        let bytes = (line + "\r\n\r\n").bytes
        let answer = isValid ? HeadParse.complete(bytes.count) : .invalid(.badStatusLine)
        #expect(Self.read([bytes]).answer == answer)
        #expect(Self.read(bytes.map { [$0] }).answer == answer)
    }

    @Test(
        "fields are judged as in requests (§5)",
        arguments: ["A : b", " A: b", "A", ": b", "A: \u{0}", "A: b\n C: d", "A: b\r C: d"])
    func fields(line: String) {
        for pieces in Pieces.ways(of: "HTTP/1.1 200 OK\r\nX: y\r\n\(line)\r\n\r\n".bytes) {
            guard case .invalid = Self.read(pieces).answer else {
                Issue.record("not refused: \(pieces.map { String(latin1: $0) })")
                continue
            }
        }
    }

    @Test("an unfinished head asks for more at every byte")
    func unfinished() {
        let bytes = "HTTP/1.1 200 OK\r\nServer: x\r\n\r\n".bytes
        for count in 0..<bytes.count { #expect(Self.read([Array(bytes[..<count])]).answer == .needMore, "\(count)") }
    }
}
