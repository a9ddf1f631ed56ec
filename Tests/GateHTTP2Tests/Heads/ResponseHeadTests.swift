import GateCore
import GateHTTP
import GateHTTP2
import GateTestSupport
import Testing

@Suite("Responses and trailers of HTTP/2 (RFC 9113 §8)")
struct ResponseHeadTests {
    private func expect(
        _ expected: HTTP2Heads.Outcome, _ fields: [(String, String)], location: SourceLocation = #_sourceLocation
    ) {
        let stage = HeadsStage()
        #expect(stage.response(fields) == expected, "\(fields)", sourceLocation: location)
        if expected != .complete { #expect(stage.isEmpty, sourceLocation: location) }
    }

    @Test("§8.3.2: a response's status and fields", arguments: [100, 103, 200, 204, 304, 404, 599])
    func response(status: Int) {
        let stage = HeadsStage()
        let fields = [(":status", "\(status)"), ("server", "s"), ("set-cookie", "a=1"), ("set-cookie", "b=2")]
        #expect(stage.response(fields + [("content-length", "7"), ("x-own", "")]) == .complete)
        #expect(stage.head.status == status && stage.head.version == .http2 && stage.facts.contentLength == 7)
        #expect(stage.lines == ["server: s", "set-cookie: a=1", "set-cookie: b=2", "content-length: 7", "x-own: "])
    }

    @Test(
        "§8.3.2: a status is three digits of 100 to 599",
        arguments: ["", "20", "2000", "099", "600", "2a0", "-20", "+20"])
    func badStatus(text: String) {
        expect(.malformed(.badStatusLine), [(":status", text)])
    }

    @Test("§8.6: 101 is no status of HTTP/2")
    func switching() { expect(.malformed(.badStatusLine), [(":status", "101")]) }

    @Test("§8.3.2: the status must be there, once, before other fields, and alone")
    func pseudoFields() {
        expect(.malformed(.badPseudoField), [])
        expect(.malformed(.badPseudoField), [("server", "s")])
        expect(.malformed(.badPseudoField), [(":status", "200"), (":status", "200")])
        expect(.malformed(.badPseudoField), [("server", "s"), (":status", "200")])
        for name in [":method", ":path", ":scheme", ":authority", ":protocol", ":other"] {
            expect(.malformed(.badPseudoField), [(":status", "200"), (name, "x")])
        }
    }

    @Test("§8.2: names, values and fields of one connection are judged as a request's; TE is malformed")
    func fields() {
        expect(.malformed(.badFieldName), [(":status", "200"), ("Server", "s")])
        expect(.malformed(.badFieldValue), [(":status", "200"), ("server", "s\r\n")])
        for name in ["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "te"] {
            expect(.malformed(.connectionField), [(":status", "200"), (name, "trailers")])
        }
        expect(
            .malformed(.repeatedContentLength), [(":status", "200"), ("content-length", "1"), ("content-length", "1")])
        expect(.malformed(.badContentLength), [(":status", "200"), ("content-length", "x")])
    }

    // MARK: Trailers (§8.1)

    private func trailers(_ fields: [(String, String)]) -> HTTP2Heads.Outcome {
        let stage = HeadsStage()
        return stage.trailers(fields)
    }

    @Test("§8.1: trailers are fields")
    func trailerFields() {
        let stage = HeadsStage()
        #expect(
            stage.trailers([("grpc-status", "0"), ("cookie", "a=1"), ("cookie", "b=2"), ("host", "a")]) == .complete)
        #expect(stage.lines == ["grpc-status: 0", "cookie: a=1", "cookie: b=2", "host: a"])
        #expect(stage.trailers([]) == .complete)
        #expect(stage.head.fieldCount == 0)
    }

    @Test("§8.1: pseudo-fields in trailers are malformed", arguments: [":status", ":method", ":path", ":other"])
    func pseudoInTrailers(name: String) {
        #expect(trailers([(name, "200")]) == .malformed(.badPseudoField))
        #expect(trailers([("a", "b"), (name, "200")]) == .malformed(.badPseudoField))
    }

    @Test("§8.2: trailers obey the rules of fields")
    func badTrailers() {
        #expect(trailers([("X", "y")]) == .malformed(.badFieldName))
        #expect(trailers([("x", "y\n")]) == .malformed(.badFieldValue))
        #expect(trailers([("connection", "x")]) == .malformed(.connectionField))
        #expect(trailers([("te", "trailers")]) == .malformed(.connectionField))
    }
}
