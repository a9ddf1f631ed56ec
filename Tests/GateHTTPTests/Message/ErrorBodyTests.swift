import GateCore
import GateHTTP
import GateTestSupport
import Testing

@Suite("Error bodies")
struct ErrorBodyTests {
    static let firefox = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    static let chrome =
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7"

    @Test(
        "Accept picks the form (RFC 9110 §12.5.1)",
        arguments: [
            (firefox, .html), (chrome, .html), ("*/*", .text), ("", .text), ("text/*", .text),
            ("application/json", .json), ("application/json, text/plain, */*", .json), ("application/*", .json),
            ("application/problem+json", .json), ("APPLICATION/JSON", .json), ("application/json;charset=utf-8", .json),
            ("text/html;q=0.5, application/json", .json), ("text/html;q=0.5, application/json;q=0.4", .html),
            ("*/*, text/html", .html), ("text/plain, text/html", .text), ("text/html;q=0", .text),
            ("text/html;q=0, */*;q=0.1", .text), ("image/png", .text), ("text/html;q=2", .text),
            ("text/html;q=x, application/json;q=0.1", .json),
            ("text/html; level=1; Q=0.3,application/json;q=0.2", .html),
            ("application/json;v=\"a,b;q=0\"", .json), ("text/html;q=1.000", .html), ("text/html;q=1.001", .text),
            ("text/html;q=", .text), ("text/html;q=0.1234", .text), (";q=1", .text),
        ] as [(String, ErrorBody.Format)])
    func chosen(accept: String, format: ErrorBody.Format) {
        #expect(ErrorBody.format(accept: accept.bytes.span) == format)
    }

    @Test("a request without Accept gets text")
    func noAccept() {
        let head = MessageHead(received: [("Host", "a")])
        let format = ErrorBody.format(for: head)
        #expect(format == .text)
    }

    @Test(
        "the body names the status and the request",
        arguments: [
            (.text, "404 Not Found\nRequest r-1\n"),
            (.json, "{\"status\":404,\"reason\":\"Not Found\",\"request_id\":\"r-1\"}\n"),
            (
                .html,
                """
                <!doctype html>
                <html lang="en"><head><meta charset="utf-8"><title>404 Not Found</title></head>
                <body><h1>404 Not Found</h1>
                <p>Request <code>r-1</code></p>
                </body></html>

                """
            ),
        ] as [(ErrorBody.Format, String)])
    func body(format: ErrorBody.Format, text: String) {
        let written = ByteBuffer.text { ErrorBody.append(format, status: 404, requestID: "r-1".bytes.span, to: &$0) }
        #expect(written == text)
    }

    @Test(
        "an identifier cannot break out of the body",
        arguments: [
            (.text, "???"), (.json, #"\"\\</script>&'"#), (.html, "&quot;\\&lt;/script&gt;&amp;&#39;"),
        ] as [(ErrorBody.Format, String)])
    func escaped(format: ErrorBody.Format, expected: String) {
        let id = format == .text ? "\r\n\u{1b}" : #""\</script>&'"#
        let written = ByteBuffer.text { ErrorBody.append(format, status: 500, requestID: id.bytes.span, to: &$0) }
        #expect(written.contains(expected))
        #expect(!written.contains("\u{1b}"))
    }

    @Test("without an identifier none is named, and an unknown status stands alone")
    func bare() {
        let none: [UInt8] = []
        let text = ByteBuffer.text { ErrorBody.append(.text, status: 499, requestID: none.span, to: &$0) }
        let json = ByteBuffer.text { ErrorBody.append(.json, status: 499, requestID: none.span, to: &$0) }
        #expect(text == "499\n")
        #expect(json == "{\"status\":499,\"reason\":\"\"}\n")
    }
}
