import GateCore
import GateHTTP
import GateHTTP1
import GateTestSupport
import Testing

@Suite("Chunked bodies, read (RFC 9112 §7.1)")
struct ChunkedDecoderTests {
    enum End: Equatable {
        case complete
        case unfinished
        case invalid(HTTPViolation)
    }

    struct Decoded: Equatable {
        var data = ""
        var end = End.unfinished
        var trailers: [String] = []
        var rest = ""
    }

    /// Decodes as a connection does: body, then trailers, then what belongs to the next message.
    static func decode(_ pieces: [[UInt8]], limits: HeadLimits = HeadLimits()) -> Decoded {
        var decoder = ChunkedDecoder()
        var decoded = Decoded()
        var section = TrailerSection(limits)
        for piece in pieces {
            var at = 0
            while at < piece.count && decoded.end == .unfinished {
                if section.hasBegun {
                    at = section.take(piece, at, &decoded)
                    continue
                }
                switch decoder.next(piece.span, from: at) {
                case .data(let range):
                    decoded.data += String(latin1: piece[range])
                    at = range.upperBound
                case .needMore: at = piece.count
                case .trailersBegin(let start):
                    section.hasBegun = true
                    at = start
                case .end(let end):
                    decoded.end = .complete
                    at = end
                case .invalid(let violation):
                    decoded.end = .invalid(violation)
                    at = piece.count
                }
            }
            if decoded.end == .complete { decoded.rest += String(latin1: piece[at...]) }
        }
        return decoded
    }

    struct TrailerSection: ~Copyable {
        var hasBegun = false
        let limits: HeadLimits
        var collector: TrailerCollector
        var buffer = ByteBuffer()

        init(_ limits: HeadLimits) {
            self.limits = limits
            collector = TrailerCollector(bytesMax: limits.headBytes)
        }

        mutating func take(_ piece: [UInt8], _ at: Int, _ decoded: inout Decoded) -> Int {
            switch collector.collect(piece.span, from: at, into: &buffer) {
            case .needMore: return piece.count
            case .invalid(let violation):
                decoded.end = .invalid(violation)
                return piece.count
            case .complete(let end):
                var head = MessageHead()
                let violation = TrailerCollector.parse(buffer.span, limits: limits, into: &head)
                decoded.end = violation.map { .invalid($0) } ?? .complete
                decoded.trailers = head.lines
                return end
            }
        }
    }

    static func expect(_ text: String, _ decoded: Decoded) {
        for pieces in Pieces.ways(of: text.bytes) {
            let answer = decode(pieces)
            if answer != decoded { Issue.record("\(pieces.map { String(latin1: $0) }): \(answer)") }
        }
    }

    @Test(
        "chunks are joined, and what comes behind belongs to the next message",
        arguments: [
            ("0\r\n\r\n", "", ""), ("5\r\nhello\r\n0\r\n\r\n", "hello", ""),
            ("1\r\na\r\n2\r\nbc\r\n0\r\n\r\nGET /", "abc", "GET /"),
            ("A\r\n0123456789\r\n0\r\n\r\n", "0123456789", ""),
            ("a\r\n\r\n\r\n\r\n\r\n\r\n\r\n0\r\n\r\n\r\n", "\r\n\r\n\r\n\r\n\r\n", "\r\n"),
            ("0000000000000005\r\nhello\r\n00\r\n\r\n", "hello", ""), ("1\r\n\u{0}\r\n0\r\n\r\n", "\u{0}", ""),
        ])
    func joined(text: String, data: String, rest: String) {
        Self.expect(text, Decoded(data: data, end: .complete, rest: rest))
    }

    @Test("an unfinished body is unfinished at every byte")
    func unfinished() {
        let text = "3;a=b\r\nabc\r\n0\r\nX: y\r\n\r\n".bytes
        for count in 0..<text.count { #expect(Self.decode([Array(text[..<count])]).end == .unfinished) }
    }

    @Test("data is one range, however long, and never empty")
    func ranges() {
        let data = [UInt8](repeating: 0x78, count: 100_000)
        let bytes = "186a0\r\n".bytes + data + "\r\n0\r\n\r\n".bytes
        var decoder = ChunkedDecoder()
        #expect(decoder.next(bytes.span, from: 0) == .data(7..<100_007))
        #expect(decoder.next(bytes.span, from: 100_007) == .end(at: bytes.count))
        #expect(decoder.isDone)
        let none: [UInt8] = []
        var other = ChunkedDecoder()
        #expect(other.next("5\r\n".bytes.span, from: 0) == .needMore)
        #expect(other.next(none.span, from: 0) == .needMore)
    }

    @Test(
        "a size is hexadecimal digits and nothing else",
        arguments: [
            "", " 5", "\t5", "+5", "-5", "0x5", "0X5", "x5", "g", "5x", "5_0", "５", ",5", "5,", "\"5\"", "\u{0}5",
            "5\u{0}",
            "5\u{b}", "5\u{c}",
        ])
    func size(size: String) {
        Self.expect("\(size)\r\nhello\r\n0\r\n\r\n", Decoded(end: .invalid(.badChunkSize)))
    }

    @Test(
        "a size has at most sixteen digits and is at most 2^62",
        arguments: [
            ("4000000000000000", true), ("3fffffffffffffff", true), ("4000000000000001", false),
            ("5000000000000000", false),
            ("8000000000000000", false), ("ffffffffffffffff", false), ("00000000000000005", false),
            ("10000000000000005", false), ("0000000000000001", true),
        ])
    func largest(size: String, isValid: Bool) {
        for pieces in Pieces.ways(of: "\(size)\r\n".bytes) {
            #expect(Self.decode(pieces).end == (isValid ? .unfinished : .invalid(.badChunkSize)))
        }
    }

    @Test("seventeen zeros are no size")
    func zeros() {
        Self.expect(String(repeating: "0", count: 17) + "\r\n\r\n", Decoded(end: .invalid(.badChunkSize)))
    }

    @Test(
        "lines end in CRLF and nothing else",
        arguments: [
            ("5\nhello\r\n0\r\n\r\n", "", .badLineEnd), ("5\r\rhello", "", .badLineEnd), ("5\rhello", "", .badLineEnd),
            ("5\r\nhello\n0\r\n\r\n", "hello", .badChunkEnd), ("5\r\nhello\r0\r\n", "hello", .badChunkEnd),
            ("5\r\nhello0\r\n\r\n", "hello", .badChunkEnd), ("5\r\nhello!\r\n0\r\n\r\n", "hello", .badChunkEnd),
            ("5\r\nhello \r\n", "hello", .badChunkEnd), ("0\n\n", "", .badLineEnd), ("0\r\n\rX", "", .badLineEnd),
            ("5;a\nhello", "", .badChunkExtension), ("0\r\n\n", "", .badTrailer),
        ] as [(String, String, HTTPViolation)])
    func lineEnds(text: String, data: String, violation: HTTPViolation) {
        Self.expect(text, Decoded(data: data, end: .invalid(violation)))
    }

    @Test(
        "well-formed extensions are dropped (§7.1.1)",
        arguments: [
            ";a", ";a=b", "; a", " ;a", "\t ; \ta\t =\t b ; c", ";a;b;c=d", ";a=\"\"", ";a=\"b c;d=\u{e9}\"",
            ";a=\"\\\"\"",
            ";a=\"\\\\\";b", ";!#$%&'*+-.^_`|~=1",
        ])
    func extensions(text: String) {
        Self.expect("1\(text)\r\nx\r\n0\(text)\r\n\r\n", Decoded(data: "x", end: .complete))
    }

    @Test(
        "malformed extensions are refused",
        arguments: [
            " ", "\t", ";", "; ", ";;", ";a;", ";a=", ";a= ", ";=b", ";a=\"", ";a=\"b", ";a=\"b\"c", ";a b", ";a=b c",
            ";a ",
            ";a=b ", ";a=\"\\", ";a,b", ";a=b=c", ";a\u{0}", ";a=\"\u{0}\"", ";a=\"\u{7f}\"", ";a=\"\n\"", ";(", ";a=(",
            ";\u{e9}",
            " 5", ";a=\"\\\u{1}\"",
        ])
    func badExtensions(text: String) {
        Self.expect("1\(text)\r\nx\r\n0\r\n\r\n", Decoded(end: .invalid(.badChunkExtension)))
    }

    @Test("a CR within a quoted string ends the line and refuses it")
    func quotedLineEnd() {
        Self.expect("1;a=\"\r\n\"\r\nx\r\n0\r\n\r\n", Decoded(end: .invalid(.badChunkExtension)))
    }

    @Test("the extensions of one chunk are bounded", arguments: [(255, true), (256, true), (257, false)])
    func extensionBound(count: Int, isValid: Bool) {
        let text = "1;" + String(repeating: "a", count: count - 1) + "\r\nx\r\n0\r\n\r\n"
        let decoded = isValid ? Decoded(data: "x", end: .complete) : Decoded(end: .invalid(.badChunkExtension))
        #expect(Self.decode([text.bytes]) == decoded)
        #expect(Self.decode(text.bytes.map { [$0] }) == decoded)
    }

    @Test("the extensions of a message are bounded", arguments: [(4095, true), (4096, true), (4097, false)])
    func extensionBoundOfMessage(count: Int, isValid: Bool) {
        var text = ""
        var left = count
        while left > 0 {
            let share = min(left, 128)
            text += "1" + (share == 1 ? " " : ";" + String(repeating: "a", count: share - 1)) + "\r\nx\r\n"
            left -= share
        }
        // One byte of extension alone is no extension: let the chunk before have it.
        text = text.replacing("a\r\nx\r\n1 \r\n", with: "aa\r\nx\r\n1\r\n")
        let end = Self.decode([(text + "0\r\n\r\n").bytes]).end
        #expect(end == (isValid ? .complete : .invalid(.badChunkExtension)))
    }

    @Test("trailers are read by the rules of heads (§7.1.2)")
    func trailers() {
        Self.expect(
            "1\r\nx\r\n0\r\nX-Sum: 1\r\nx-b:\t2 \r\n\r\nGET",
            Decoded(data: "x", end: .complete, trailers: ["X-Sum: 1", "x-b: 2"], rest: "GET"))
    }

    @Test(
        "broken trailers are refused",
        arguments: [
            "X\r\n\r\n", "X : y\r\n\r\n", " X: y\r\n\r\n", "X: y\r\n z\r\n\r\n", "X: y\n\r\n", "X: y\n\n",
            ": y\r\n\r\n",
            "X: \u{0}\r\n\r\n", "X: y\rZ: a\r\n\r\n", "X: y\r\n\n", "X: y\r\n\r\r\n\r\n", "\u{0}\r\n\r\n",
        ])
    func brokenTrailers(text: String) {
        Self.expect("0\r\n" + text, Decoded(end: .invalid(.badTrailer)))
    }

    @Test("a trailer section's bytes are bounded", arguments: [(63, true), (64, true), (65, false)])
    func trailerBytes(count: Int, isValid: Bool) {
        let limits = HeadLimits(headBytes: 64, fields: 2)
        let text = "0\r\nX: " + String(repeating: "y", count: count - 7) + "\r\n\r\n"
        for pieces in Pieces.ways(of: text.bytes) {
            let end = Self.decode(pieces, limits: limits).end
            #expect(end == (isValid ? .complete : .invalid(.trailersTooLarge)))
        }
    }

    @Test("a trailer section's fields are bounded", arguments: [(1, true), (2, true), (3, false)])
    func trailerFields(count: Int, isValid: Bool) {
        let limits = HeadLimits(headBytes: 64, fields: 2)
        let text = "0\r\n" + String(repeating: "X: y\r\n", count: count) + "\r\n"
        for pieces in Pieces.ways(of: text.bytes) {
            let end = Self.decode(pieces, limits: limits).end
            #expect(end == (isValid ? .complete : .invalid(.trailersTooLarge)))
        }
    }

    @Test("a trailer section that never ends is bounded")
    func endlessTrailers() {
        let limits = HeadLimits(headBytes: 64, fields: 2)
        let text = "0\r\n" + String(repeating: "y", count: 1_000)
        for pieces in Pieces.ways(of: text.bytes) {
            #expect(Self.decode(pieces, limits: limits).end == .invalid(.trailersTooLarge))
        }
    }

    @Test("random bytes are read alike whole and in pieces")
    func randomPieces() {
        var random = SeededRandom(stream: 9)
        let alphabet = "00123a\r\n\r\n;=\"\\ x:".bytes
        for _ in 0..<20_000 {
            let bytes = random.bytes(count: random.number(below: 30), alphabet: alphabet)
            let whole = Self.decode([bytes])
            let pieces = random.pieces(of: bytes)
            let inPieces = Self.decode(pieces)
            if whole != inPieces { Issue.record("seed \(random.seed): \(pieces): \(whole) or \(inPieces)") }
        }
    }

    @Test("what the encoder writes is read again, however it is cut")
    func roundTrip() {
        var random = SeededRandom(stream: 10)
        for _ in 0..<500 {
            let data = random.bytes(count: random.number(below: 300), alphabet: [0x0D, 0x0A, 0x30])
            let bytes = Self.encoded(random.pieces(of: data))
            let decoded = Self.decode(random.pieces(of: bytes))
            #expect(decoded == Decoded(data: String(latin1: data), end: .complete), "seed \(random.seed)")
        }
    }

    static func encoded(_ pieces: [[UInt8]]) -> [UInt8] {
        var buffer = ByteBuffer()
        for piece in pieces { ChunkEncoder.append(piece.span, to: &buffer) }
        ChunkEncoder.appendLast(to: &buffer)
        return buffer.span.array
    }
}

@Suite("Chunked bodies, written (RFC 9112 §7.1)")
struct ChunkEncoderTests {
    @Test("a chunk is its size, a line end, its data and a line end")
    func chunk() {
        #expect(
            ByteBuffer.text { ChunkEncoder.append("hello, world, hello".bytes.span, to: &$0) }
                == "13\r\nhello, world, hello\r\n")
        #expect(ByteBuffer.text { ChunkEncoder.appendLast(to: &$0) } == "0\r\n\r\n")
        let overhead = ByteBuffer.text {
            ChunkEncoder.appendHeader(.max, to: &$0)
            ChunkEncoder.appendEnd(to: &$0)
        }
        #expect(overhead.utf8.count <= ChunkEncoder.overheadBytesMax)
    }

    @Test("no data makes no chunk, for that would end the body")
    func empty() async {
        let none: [UInt8] = []
        #expect(ByteBuffer.text { ChunkEncoder.append(none.span, to: &$0) } == "")
        await #expect(processExitsWith: .failure) {
            var buffer = ByteBuffer()
            ChunkEncoder.appendHeader(0, to: &buffer)
        }
    }

    @Test("fields that frame, route or authenticate are left out of trailers (RFC 9110 §6.5.1)")
    func trailers() {
        var head = MessageHead(received: [
            ("X-Sum", "1"), ("Content-Length", "5"), ("Transfer-Encoding", "chunked"), ("Host", "a"), ("Trailer", "X"),
            ("Authorization", "x"), ("Set-Cookie", "a=b"), ("X-Gone", "1"), ("grpc-status", "0"), ("ETag", "\"x\""),
            ("Connection", "close"), ("Server", ""),
        ])
        head.remove(named: "X-Gone".bytes.span)
        let text = ByteBuffer.text { ChunkEncoder.appendLast(trailers: head, to: &$0) }
        #expect(text == "0\r\nX-Sum: 1\r\ngrpc-status: 0\r\nETag: \"x\"\r\nServer: \r\n\r\n")
    }
}
