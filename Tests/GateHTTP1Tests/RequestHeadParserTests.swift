import GateCore
import GateHTTP
import GateHTTP1
import GateTestSupport
import Testing

@Suite("Request heads (RFC 9112 §2, §3, §5)")
struct RequestHeadParserTests {
    static func expect(_ text: String, _ request: ReadRequest) {
        for pieces in Pieces.ways(of: text.bytes) {
            let read = ReadRequest.read(pieces)
            if read != request { Issue.record("\(pieces.map { String(latin1: $0) }): \(read)") }
        }
    }

    /// Every way of feeding refuses; fed whole, for `violation`.
    static func expectRefused(_ text: String, _ violation: HTTPViolation) {
        #expect(ReadRequest.read([text.bytes]).answer == .invalid(violation))
        for pieces in Pieces.ways(of: text.bytes) {
            guard case .invalid = ReadRequest.read(pieces).answer else {
                Issue.record("not refused: \(pieces.map { String(latin1: $0) })")
                continue
            }
        }
    }

    @Test("a head is read however it is cut")
    func whole() {
        let text = "POST /a?b HTTP/1.1\r\nHost: a\r\nx-empty:\r\nX-Tab:\t v w \t\r\nX-\u{fe}: x\r\n\r\n"
        Self.expectRefused(text, .badFieldName)
        let valid = "POST /a?b HTTP/1.1\r\nHost: a\r\nx-empty:\r\nX-Tab:\t v w \t\r\nX-Obs: \u{fe}\r\n\r\n"
        Self.expect(
            valid,
            ReadRequest(
                answer: .complete(valid.utf8.count), method: .post, target: "/a?b",
                lines: ["Host: a", "x-empty: ", "X-Tab: v w", "X-Obs: \u{c3}\u{be}"]))
    }

    @Test("a head without fields is a head")
    func noFields() {
        Self.expect("GET / HTTP/1.0\r\n\r\n", ReadRequest(answer: .complete(18), target: "/", version: .http10))
    }

    @Test("bytes behind the head are left alone")
    func behind() {
        let head = "GET / HTTP/1.1\r\nA: b\r\n\r\n"
        let read = ReadRequest.read([(head + "GET /\u{0}").bytes])
        #expect(read.answer == .complete(head.utf8.count))
    }

    @Test("an unfinished head asks for more at every byte")
    func unfinished() {
        let text = "OPTIONS * HTTP/1.1\r\nHost: a\r\nX-Tab:\t v \r\n\r\n".bytes
        for count in 0..<text.count {
            #expect(ReadRequest.read([Array(text[..<count])]).answer == .needMore, "\(count)")
        }
    }

    @Test("up to four empty lines before a request are passed over, more are not (§2.2)", arguments: 0...5)
    func leadingLines(count: Int) {
        let text = String(repeating: "\r\n", count: count) + "GET / HTTP/1.1\r\n\r\n"
        if count <= RequestHeadParser.leadingBytesMax / 2 {
            Self.expect(text, ReadRequest(answer: .complete(text.utf8.count), target: "/"))
        } else {
            Self.expectRefused(text, .badRequestLine)
        }
    }

    @Test(
        "a bare CR or LF before a request is refused",
        arguments: ["\nGET / HTTP/1.1\r\n\r\n", "\rGET / HTTP/1.1\r\n\r\n"])
    func leadingBareEnds(text: String) {
        Self.expectRefused(text, .badRequestLine)
    }

    @Test(
        "a request line is method, space, target, space, version and CRLF (§3)",
        arguments: [
            (" GET / HTTP/1.1", .badRequestLine), ("GET  / HTTP/1.1", .badRequestLine), ("GET\t/ HTTP/1.1", .badMethod),
            ("GET /  HTTP/1.1", .badVersion), ("GET /\tHTTP/1.1", .badRequestLine), ("GET / HTTP/1.1 ", .badVersion),
            ("GET / HTTP/1.1\t", .badVersion), ("GET /", .badRequestLine), ("GET", .badMethod),
            ("GET ", .badRequestLine),
            ("G\u{0}T / HTTP/1.1", .badMethod), ("G(T / HTTP/1.1", .badMethod),
            ("GET: / HTTP/1.1", .badMethod), ("G\u{e9}T / HTTP/1.1", .badMethod),
            ("GET /\u{0} HTTP/1.1", .badRequestLine),
            ("GET /\u{7f} HTTP/1.1", .badTarget), ("GET /\u{e9} HTTP/1.1", .badTarget),
            ("GET /a b HTTP/1.1", .badVersion),
            ("GET / http/1.1", .badVersion), ("GET / HTTP/1", .badVersion), ("GET / HTTP/1.", .badVersion),
            ("GET / HTTP/.1", .badVersion), ("GET / HTTP/01.1", .badVersion), ("GET / HTTP/1.10", .badVersion),
            ("GET / HTTP 1.1", .badVersion), ("GET / HTTP/1,1", .badVersion), ("GET / HTTP/a.b", .badVersion),
            ("GET / HTTPS/1.1", .badVersion), ("GET / HTTP/-1.1", .badVersion), ("GET / HTTP/1.1\u{0}", .badVersion),
            ("GET / HTTP/2.0", .unsupportedVersion), ("GET / HTTP/0.9", .unsupportedVersion),
            ("PRI * HTTP/2.0", .unsupportedVersion), ("GET / HTTP/9.9", .unsupportedVersion),
        ] as [(String, HTTPViolation)])
    func requestLine(line: String, violation: HTTPViolation) {
        Self.expectRefused(line + "\r\nHost: a\r\n\r\n", violation)
    }

    @Test("a request line ends in CRLF and nothing else (§2.2)", arguments: ["\n", "\r", "\r\r\n", "\n\r", " \r\n"])
    func requestLineEnd(end: String) {
        let read = ReadRequest.read(["GET / HTTP/1.1\(end)Host: a\r\n\r\n".bytes])
        #expect([.invalid(.badLineEnd), .invalid(.badVersion)].contains(read.answer))
        for pieces in Pieces.ways(of: "GET / HTTP/1.1\(end)Host: a\r\n\r\n".bytes) {
            guard case .invalid = ReadRequest.read(pieces).answer else {
                Issue.record("not refused: \(pieces)")
                continue
            }
        }
    }

    @Test("a higher minor version is read as HTTP/1.1 (RFC 9110 §2.5)")
    func minorVersion() {
        Self.expect("GET / HTTP/1.7\r\n\r\n", ReadRequest(answer: .complete(18), target: "/"))
    }

    @Test(
        "methods are tokens, known letter for letter (RFC 9110 §9.1)",
        arguments: [
            ("get", Method.other), ("GET", .get), ("PROPFIND", .other), ("PATCH", .patch), ("!#$%&'*+-.^_`|~", .other),
        ])
    func methods(name: String, method: Method) {
        let text = "\(name) / HTTP/1.1\r\n\r\n"
        Self.expect(text, ReadRequest(answer: .complete(text.utf8.count), method: method, target: "/"))
    }

    @Test(
        "a field line is name, colon, value and CRLF (§5)",
        arguments: [
            ("Host : a", .spaceBeforeColon), ("Host\t: a", .spaceBeforeColon), (": a", .badFieldName),
            ("Host", .badLineEnd),
            ("Host a", .spaceBeforeColon), ("Ho\u{0}st: a", .badFieldName), ("Ho(st: a", .badFieldName),
            ("H\u{e9}st: a", .badFieldName), ("Host\u{b}: a", .badFieldName), ("Host\r: a", .badLineEnd),
            ("Host\n: a", .badLineEnd),
            ("\u{0}: a", .badFieldName), ("Host: \u{0}", .badFieldValue), ("Host: a\u{0}b", .badFieldValue),
            ("Host: a\u{b}", .badFieldValue), ("Host:\u{c}a", .badFieldValue), ("Host: \u{7f}", .badFieldValue),
            ("Host: \u{1b}[0m", .badFieldValue), ("Host: \u{8}", .badFieldValue), ("Host: a\nX: b", .badLineEnd),
            ("Host: a\rX: b", .badLineEnd), ("Host: a\r\rX: b", .badLineEnd), ("\u{feff}Host: a", .badFieldName),
            ("\"Host\": a", .badFieldName), ("[Host]: a", .badFieldName), ("Host{}: a", .badFieldName),
        ] as [(String, HTTPViolation)])
    func fieldLine(line: String, violation: HTTPViolation) {
        Self.expectRefused("GET / HTTP/1.1\r\n\(line)\r\n\r\n", violation)
        Self.expectRefused("GET / HTTP/1.1\r\nA: b\r\n\(line)\r\nC: d\r\n\r\n", violation)
    }

    @Test("every control byte but tab is refused in a value, and every byte but tchar in a name (RFC 9110 §5.1, §5.5)")
    func everyByte() {
        for byte in UInt8.min...UInt8.max {
            let value = "GET / HTTP/1.1\r\nA: x".bytes + [byte] + "y\r\n\r\n".bytes
            let name = "GET / HTTP/1.1\r\nA".bytes + [byte] + "B: y\r\n\r\n".bytes
            let isValueByte = byte == 0x09 || byte >= 0x20 && byte != 0x7F
            #expect((ReadRequest.read([value]).answer == .complete(value.count)) == isValueByte, "\(byte) in a value")
            let isNameByte = ASCII.isToken(byte) || byte == 0x3A
            #expect((ReadRequest.read([name]).answer == .complete(name.count)) == isNameByte, "\(byte) in a name")
        }
    }

    @Test("folded lines are refused (§5.2)", arguments: [" b", "\tb", " ", "\t", "  X: y"])
    func folded(line: String) {
        Self.expectRefused("GET / HTTP/1.1\r\nA: a\r\n\(line)\r\n\r\n", .foldedLine)
        Self.expectRefused("GET / HTTP/1.1\r\n\(line)\r\nA: a\r\n\r\n", .foldedLine)
    }

    @Test("the empty line is CRLF and nothing else", arguments: ["\n", "\r", "\r\r\n", "\n\n"])
    func emptyLine(end: String) {
        for head in ["GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nA: b\r\n"] {
            Self.expectRefused(head + end + "xx", .badLineEnd)
        }
    }

    @Test("a request line is bounded", arguments: [(8191, true), (8192, true), (8193, false)])
    func lineBound(count: Int, isValid: Bool) {
        let target = "/" + String(repeating: "a", count: count - "GET / HTTP/1.1".utf8.count)
        let text = "GET \(target) HTTP/1.1\r\n\r\n"
        let answer = isValid ? ReadRequest.Answer.complete(text.utf8.count) : .invalid(.requestLineTooLong)
        #expect(ReadRequest.read([text.bytes]).answer == answer)
        #expect(ReadRequest.read(Self.pieces(text.bytes, of: 97)).answer == answer)
    }

    @Test("a request line that never ends is refused at its bound, method and target alike")
    func endlessLine() {
        for start in ["", "GET /", "GET http://"] {
            let text = (start + String(repeating: "a", count: 9_000)).bytes
            #expect(ReadRequest.read([text]).answer == .invalid(.requestLineTooLong))
            #expect(ReadRequest.read([Array(text[..<8_000])]).answer == .needMore)
        }
    }

    @Test("a head's bytes are bounded", arguments: [(32767, true), (32768, true), (32769, false)])
    func headBound(count: Int, isValid: Bool) {
        let start = "GET / HTTP/1.1\r\nA: "
        let text = start + String(repeating: "x", count: count - start.utf8.count - 4) + "\r\n\r\n"
        #expect(text.utf8.count == count)
        let answer = isValid ? ReadRequest.Answer.complete(count) : .invalid(.headTooLarge)
        #expect(ReadRequest.read([text.bytes]).answer == answer)
        #expect(ReadRequest.read([(text + "more").bytes]).answer == answer)
        #expect(ReadRequest.read(Self.pieces(text.bytes, of: 1_021)).answer == answer)
    }

    @Test("a head that never ends is refused at its bound, in name and value alike")
    func endlessHead() {
        for start in ["GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nA:", "GET / HTTP/1.1\r\nA: b"] {
            let text = (start + String(repeating: "a", count: 40_000)).bytes
            #expect(ReadRequest.read([text]).answer == .invalid(.headTooLarge))
            #expect(ReadRequest.read([Array(text[..<32_767])]).answer == .needMore)
            #expect(ReadRequest.read([Array(text[..<32_768])]).answer == .invalid(.headTooLarge))
        }
    }

    @Test("a head's fields are bounded", arguments: [(127, true), (128, true), (129, false)])
    func fieldBound(count: Int, isValid: Bool) {
        let text = "GET / HTTP/1.1\r\n" + String(repeating: "A: b\r\n", count: count) + "\r\n"
        let answer = isValid ? ReadRequest.Answer.complete(text.utf8.count) : .invalid(.tooManyFields)
        #expect(ReadRequest.read([text.bytes]).answer == answer)
        #expect(ReadRequest.read(Self.pieces(text.bytes, of: 7)).answer == answer)
    }

    static func pieces(_ bytes: [UInt8], of size: Int) -> [[UInt8]] {
        stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min(bytes.count, $0 + size)]) }
    }

    @Test(
        "a name longer than a record can tell is refused though the limits allow it",
        arguments: [(65535, true), (65536, false)])
    func nameBound(count: Int, isValid: Bool) {
        let limits = HeadLimits(headBytes: 1 << 20)
        let text = "GET / HTTP/1.1\r\n" + String(repeating: "n", count: count) + ": v\r\n\r\n"
        let read = ReadRequest.read([text.bytes], limits: limits)
        #expect(read.answer == (isValid ? .complete(text.utf8.count) : .invalid(.badFieldName)))
    }

    @Test("a head that is refused or unfinished leaves nothing in the record")
    func cleanAfterwards() {
        var head = MessageHead()
        for text in ["GET / HTTP/1.1\r\nA: b\r\nC", "GET / HTTP/1.1\r\nA: b\r\nC : d\r\n\r\n"] {
            _ = RequestHeadParser.parse(text.bytes.span, limits: HeadLimits(), into: &head)
            #expect(head.fieldCount == 0)
            #expect(head.received.count == 0)
            #expect(head.target.count == 0)
        }
    }

    @Test("random bytes are judged alike whole and in pieces")
    func randomPieces() {
        var random = SeededRandom(stream: 11)
        let parts = [
            "GET ", "/a", " ", "HTTP/1.1", "\r\n", "\r\n", "Host", ":", " ", "x", "\r", "\n", "\t", "\u{0}", "A: b\r\n",
        ]
        for _ in 0..<20_000 {
            var text = random.number(below: 3) == 0 ? "" : "GET / HTTP/1.1\r\n"
            for _ in 0..<random.number(below: 10) { text += parts.randomElement(using: &random)! }
            let pieces = random.pieces(of: text.bytes)
            let (whole, inPieces) = (ReadRequest.read([text.bytes]), ReadRequest.read(pieces))
            let bothRefused = if case (.invalid, .invalid) = (whole.answer, inPieces.answer) { true } else { false }
            if whole != inPieces && !bothRefused {
                Issue.record("seed \(random.seed): \(text.debugDescription): \(whole.answer) or \(inPieces.answer)")
            }
        }
    }
}
