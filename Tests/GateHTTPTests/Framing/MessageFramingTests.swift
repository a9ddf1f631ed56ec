import GateHTTP
import GateTestSupport
import Testing

@Suite("Message framing (RFC 9112 §6)")
struct MessageFramingTests {
    static func request(_ fields: [(String, String)], _ version: HTTPVersion = .http11) -> FramingDecision {
        var head = MessageHead(received: fields)
        head.version = version
        return MessageFraming.request(head)
    }

    static func response(
        _ fields: [(String, String)], status: Int = 200, to method: Method = .get, _ version: HTTPVersion = .http11
    ) -> FramingDecision {
        var head = MessageHead(received: fields)
        head.version = version
        head.status = status
        return MessageFraming.response(head, to: method)
    }

    @Test(
        "a request's length is what it declares once and clearly (§6.3)",
        arguments: [
            ([], .body(.none)), ([("Content-Length", "0")], .body(.length(0))),
            ([("content-length", "42")], .body(.length(42))), ([("Transfer-Encoding", "chunked")], .body(.chunked)),
            ([("TRANSFER-ENCODING", "CHUNKED")], .body(.chunked)),
            ([("Content-Length", "999999999999999999")], .body(.length(999_999_999_999_999_999))),
        ] as [([(String, String)], FramingDecision)])
    func declared(fields: [(String, String)], decision: FramingDecision) {
        #expect(Self.request(fields) == decision)
        #expect(Self.response(fields) == (fields.isEmpty ? .body(.untilClose) : decision))
    }

    @Test(
        "a length that is no plain number is refused (§6.2)",
        arguments: [
            "", "-1", "+1", " 1", "1 ", "1,1", "1, 1", "0x10", "1e3", "1.0", "1_000", "1;a", "\"1\"", "1\u{0}", "a",
            "9223372036854775808", "18446744073709551617", "1000000000000000000", "１",
        ])
    func badLength(value: String) {
        #expect(Self.request([("Content-Length", value)]) == .violation(.badContentLength))
        #expect(Self.response([("Content-Length", value)]) == .violation(.badContentLength))
    }

    @Test("a length that is given twice is refused, though both be equal (§6.3)", arguments: [("5", "5"), ("5", "6")])
    func twice(first: String, second: String) {
        let fields = [("Content-Length", first), ("content-length", second)]
        #expect(Self.request(fields) == .violation(.repeatedContentLength))
        #expect(Self.response(fields) == .violation(.repeatedContentLength))
    }

    @Test("Transfer-Encoding beside Content-Length is refused in any order and case (§6.1)")
    func both() {
        for fields in [
            [("Content-Length", "5"), ("Transfer-Encoding", "chunked")],
            [("transfer-encoding", "chunked"), ("CONTENT-LENGTH", "0")],
            [("Transfer-Encoding", "identity"), ("Content-Length", "5")],
            [("Content-Length", "x"), ("Transfer-Encoding", "x")],
        ] {
            #expect(Self.request(fields) == .violation(.lengthWithTransferEncoding))
            #expect(Self.response(fields) == .violation(.lengthWithTransferEncoding))
        }
    }

    @Test(
        "any coding but chunked alone is refused (§6.1, §7)",
        arguments: [
            "", "identity", "gzip", "gzip, chunked", "chunked, gzip", "chunked, chunked", "chunked, identity",
            "identity, chunked", "xchunked", "chunkedx", "x-chunked", "chunked;q=1", "chunked,", ",chunked",
            "\"chunked\"",
            "chun ked", "chunked\u{b}", "\u{b}chunked", "chunked\u{0}", "cow", "trailers", "deflate", "chunkеd",
        ])
    func badCoding(value: String) {
        #expect(Self.request([("Transfer-Encoding", value)]) == .violation(.badTransferEncoding))
        #expect(Self.response([("Transfer-Encoding", value)]) == .violation(.badTransferEncoding))
    }

    @Test("Transfer-Encoding on two lines is refused", arguments: [("chunked", "chunked"), ("chunked", "identity")])
    func codingTwice(first: String, second: String) {
        let fields = [("Transfer-Encoding", first), ("Transfer-Encoding", second)]
        #expect(Self.request(fields) == .violation(.badTransferEncoding))
    }

    @Test("Transfer-Encoding in HTTP/1.0 is refused (§6.1)")
    func oldVersion() {
        let fields = [("Transfer-Encoding", "chunked")]
        #expect(Self.request(fields, .http10) == .violation(.transferEncodingInHTTP10))
        #expect(Self.response(fields, .http10) == .violation(.transferEncodingInHTTP10))
    }

    @Test("a response to HEAD and 1xx, 204 and 304 have no body, whatever they declare (§6.3)")
    func noBody() {
        for fields in [[("Content-Length", "5")], [("Transfer-Encoding", "chunked")], []] {
            #expect(Self.response(fields, to: .head) == .body(.none))
            for status in [100, 101, 103, 199, 204, 304] {
                #expect(Self.response(fields, status: status) == .body(.none), "\(status)")
            }
        }
    }

    @Test("a response without a length lasts until the server closes (§6.3)")
    func untilClose() {
        #expect(Self.response([]) == .body(.untilClose))
        #expect(Self.response([], status: 500, .http10) == .body(.untilClose))
    }

    @Test("a field that was removed declares nothing")
    func removed() {
        var head = MessageHead(received: [("Content-Length", "5"), ("Transfer-Encoding", "chunked")])
        head.remove(.contentLength)
        let decision = MessageFraming.request(head)
        #expect(decision == .body(.chunked))
    }
}
