import GateCore
import GateHTTP
import GateHTTP2
import GateTestSupport
import Testing

@Suite("Requests of HTTP/2 (RFC 9113 §8)")
struct RequestHeadTests {
    private func outcome(_ fields: [(String, String)]) -> HTTP2Heads.Outcome {
        let stage = HeadsStage()
        let outcome = stage.request(fields)
        if outcome != .complete { #expect(stage.isEmpty) }
        return outcome
    }

    private func expect(
        _ expected: HTTP2Heads.Outcome, _ fields: [(String, String)], location: SourceLocation = #_sourceLocation
    ) {
        #expect(outcome(fields) == expected, "\(fields)", sourceLocation: location)
    }

    @Test("§8.3.1: a request's pseudo-fields become its method, target, scheme and Host")
    func request() {
        let stage = HeadsStage()
        let outcome = stage.request(
            get(method: "POST", path: "/a?b", [("accept", "*/*"), ("content-length", "12"), ("x-own", "1")]))
        #expect(outcome == .complete)
        #expect(stage.head.version == .http2 && stage.head.method == .post)
        #expect(stage.methodText == "POST" && stage.target == "/a?b")
        #expect(stage.facts.scheme == .https && stage.facts.contentLength == 12 && stage.facts.protocolRange.isEmpty)
        #expect(stage.lines == ["host: a.example", "accept: */*", "content-length: 12", "x-own: 1"])
        let hasHost = stage.head.has(.host)
        #expect(hasHost && stage.head.text(.contentLength) == "12")
    }

    @Test("A head's lines stand as HTTP/1 writes them, so that they are copied")
    func canonical() {
        let stage = HeadsStage()
        #expect(stage.request(get([("accept", "a"), ("cookie", "b=1"), ("cookie", "c=2")])) == .complete)
        for index in 0..<stage.head.fieldCount where !stage.head.field(index).isRemoved {
            let record = stage.head.field(index)
            #expect(record.flags.contains(.canonical) && !record.flags.contains(.added))
            let line = stage.text(record.nameRange.lowerBound..<(record.valueRange.upperBound + 2))
            #expect(line == stage.text(record.nameRange) + ": " + stage.text(record.valueRange) + "\r\n")
        }
    }

    @Test("§8.3.1: schemes are told apart; others are kept as such, and what is none is malformed")
    func schemes() {
        for (text, scheme) in [
            ("http", HTTP2HeadFacts.Scheme.http), ("https", .https), ("HTTPS", .https), ("coap+tcp", .other),
        ] {
            let stage = HeadsStage()
            #expect(stage.request(get(scheme: text)) == .complete)
            #expect(stage.facts.scheme == scheme)
        }
        for text in ["", "1http", "ht tp", "http:", "h\u{E9}"] {
            expect(.malformed(.badPseudoField), get(scheme: text))
        }
    }

    @Test("§8.3: each pseudo-field that a request needs must be there")
    func missing() {
        expect(.malformed(.badPseudoField), get(method: nil))
        expect(.malformed(.badPseudoField), get(scheme: nil))
        expect(.malformed(.badPseudoField), get(path: nil))
        expect(.malformed(.badPseudoField), [])
        expect(.malformed(.missingHost), get(authority: nil))
    }

    @Test(
        "§8.3: a pseudo-field that comes twice is malformed", arguments: [":method", ":scheme", ":authority", ":path"])
    func repeated(name: String) throws {
        let fields = get()
        let value = try #require(fields.first { $0.0 == name }).1
        expect(.malformed(.badPseudoField), fields + [(name, value)])
    }

    @Test(
        "§8.3: pseudo-fields behind other fields are malformed",
        arguments: [":method", ":scheme", ":authority", ":path"])
    func order(name: String) {
        let fields = get()
        let late = fields.filter { $0.0 == name }
        expect(.malformed(.badPseudoField), fields.filter { $0.0 != name } + [("accept", "a")] + late)
    }

    @Test(
        "§8.3: a pseudo-field that is not defined, or of a response, is malformed",
        arguments: [":other", ":status", ":", ":Path"])
    func undefined(name: String) {
        expect(.malformed(.badPseudoField), [(name, "200")] + get())
        expect(.malformed(.badPseudoField), get([(name, "200")]))
    }

    @Test(
        "§8.2.1: names with letters in upper case, white space, controls or nothing are malformed",
        arguments: [
            "Accept", "x-Own", "", " x", "x ", "x y", "x\u{0}", "x\r\ny", "x\u{7F}", "x\u{80}", "x:", "x:y", "x(",
        ])
    func names(name: String) {
        expect(.malformed(.badFieldName), get([(name, "v")]))
    }

    @Test(
        "§8.2.1: values with NUL, CR, LF, other controls, or white space at an end are malformed",
        arguments: [
            "\u{0}", "a\u{0}b", "a\rb", "a\nb", "a\r\nx: y", " a", "a ", "\ta", "a\t", " ", "a\u{7F}",
        ])
    func values(value: String) {
        expect(.malformed(.badFieldValue), get([("x-own", value)]))
        expect(.malformed(.badFieldValue), get([("accept", value)]))
        for pseudo in [get(method: value), get(scheme: value), get(authority: value), get(path: value)] {
            expect(.malformed(.badFieldValue), pseudo)
        }
    }

    @Test("§8.2.1: values may be empty, hold tabs inside, and bytes above 127")
    func goodValues() {
        let stage = HeadsStage()
        #expect(stage.request(get([("a", ""), ("b", "x\ty z"), ("c", "\u{80}\u{FF}")])) == .complete)
        #expect(stage.lines.dropFirst() == ["a: ", "b: x\ty z", "c: \u{80}\u{FF}"])
    }

    @Test(
        "§8.2.2: fields of one connection are malformed",
        arguments: [
            ("connection", "close"), ("connection", "x-own"), ("keep-alive", "timeout=5"),
            ("proxy-connection", "close"),
            ("transfer-encoding", "chunked"), ("upgrade", "websocket"),
        ])
    func connectionFields(name: String, value: String) {
        expect(.malformed(.connectionField), get([(name, value)]))
    }

    @Test("§8.2.2: TE may say trailers and nothing else")
    func te() {
        expect(.complete, get([("te", "trailers")]))
        for value in ["gzip", "trailers, gzip", "trailers;q=1", ""] {
            expect(.malformed(.connectionField), get([("te", value)]))
        }
    }

    // MARK: Host and authority

    @Test("§8.3.1: without :authority a Host field says it")
    func hostAlone() {
        let stage = HeadsStage()
        #expect(stage.request(get(authority: nil, [("accept", "a"), ("host", "a.example")])) == .complete)
        #expect(stage.lines == ["accept: a", "host: a.example"])
    }

    @Test(
        "§8.3.1: a Host field that says the same as :authority is dropped, with the scheme's port in mind",
        arguments: [
            ("https", "a.example", "a.example"), ("https", "a.example", "A.Example"),
            ("https", "a.example:443", "a.example"),
            ("http", "a.example", "a.example:80"), ("https", "[::1]:8443", "[::1]:8443"),
            ("https", "a.example", "a.example:"),
        ])
    func equalHost(scheme: String, authority: String, host: String) {
        let stage = HeadsStage()
        let outcome = stage.request(get(scheme: scheme, authority: authority, [("host", host), ("accept", "a")]))
        #expect(outcome == .complete)
        #expect(stage.lines == ["host: \(authority)", "accept: a"])
    }

    @Test(
        "§8.3.1: a Host field that says something else, or a second one, is malformed",
        arguments: [
            ("https", "a.example", "b.example"), ("https", "a.example", "a.example:80"),
            ("http", "a.example:81", "a.example"),
            ("https", "a.example", ""), ("https", "a.example", "a.example, b.example"),
            ("https", "user@a.example", "user@a.example"),
            ("coap", "a.example:80", "a.example"),
        ])
    func otherHost(scheme: String, authority: String, host: String) {
        expect(.malformed(.badHost), get(scheme: scheme, authority: authority, [("host", host)]))
    }

    @Test("RFC 9110 §7.2: two Host fields are malformed; an empty :authority is")
    func twoHosts() {
        expect(.malformed(.repeatedHost), get([("host", "a.example"), ("host", "a.example")]))
        expect(.malformed(.repeatedHost), get(authority: nil, [("host", "a.example"), ("host", "a.example")]))
        expect(.malformed(.badHost), get(authority: ""))
    }

    // MARK: Method and path

    @Test(
        "RFC 9110 §9.1: a method is a token",
        arguments: [("", false), ("G T", false), ("G\u{80}", false), ("get", true), ("M-SEARCH", true)])
    func methods(method: String, isGood: Bool) {
        expect(isGood ? .complete : .malformed(.badMethod), get(method: method))
    }

    @Test(
        "§8.3.1: a path begins with a slash, or is * for OPTIONS, and is never empty",
        arguments: [
            ("GET", "/", true), ("GET", "/a?b#c", true), ("GET", "", false), ("GET", "a", false), ("GET", "*", false),
            ("OPTIONS", "*", true), ("OPTIONS", "**", false), ("OPTIONS", "/", true),
            ("GET", "http://a.example/", false),
            ("GET", "/a b", false), ("GET", "/\u{80}", false), ("GET", "/a HTTP/1.1", false), ("GET", "?a", false),
        ])
    func paths(method: String, path: String, isGood: Bool) {
        expect(isGood ? .complete : .malformed(.badTarget), get(method: method, path: path))
    }

    // MARK: CONNECT

    @Test("§8.5: CONNECT has an authority, which is its target, and neither scheme nor path")
    func connect() {
        let stage = HeadsStage()
        let fields = get(method: "CONNECT", scheme: nil, authority: "a.example:443", path: nil)
        #expect(stage.request(fields) == .complete)
        #expect(stage.head.method == .connect && stage.target == "a.example:443")
        #expect(stage.facts.scheme == .none)
        expect(.malformed(.badTarget), get(method: "CONNECT", scheme: nil, authority: "a b:443", path: nil))
        expect(.malformed(.badPseudoField), get(method: "CONNECT", scheme: nil, authority: "a.example:443"))
        expect(.malformed(.badPseudoField), get(method: "CONNECT", authority: "a.example:443", path: nil))
        expect(.malformed(.badPseudoField), get(method: "CONNECT", scheme: nil, authority: nil, path: nil))
    }

    @Test("RFC 8441 §4: extended CONNECT has all of a request and a protocol")
    func extendedConnect() {
        let stage = HeadsStage()
        let fields = [(":protocol", "websocket")] + get(method: "CONNECT", path: "/chat")
        #expect(stage.request(fields) == .complete)
        #expect(stage.text(stage.facts.protocolRange) == "websocket")
        #expect(stage.head.method == .connect && stage.target == "/chat" && stage.facts.scheme == .https)
        let protocolField = [(":protocol", "websocket")]
        expect(.malformed(.badPseudoField), protocolField + get())
        expect(.malformed(.badPseudoField), protocolField + get(method: "CONNECT", scheme: nil))
        expect(.malformed(.badPseudoField), protocolField + get(method: "CONNECT", path: nil))
        expect(.malformed(.badPseudoField), protocolField + protocolField + get(method: "CONNECT"))
        expect(.malformed(.badPseudoField), [(":protocol", "web socket")] + get(method: "CONNECT"))
        expect(
            .malformed(.badPseudoField), protocolField + get(method: "CONNECT", authority: nil, [("host", "a.example")])
        )
    }

    @Test("RFC 8441 §3: a protocol is malformed where we have not said that we take it")
    func unannouncedConnect() {
        let stage = HeadsStage()
        stage.allowsConnectProtocol = false
        let outcome = stage.request([(":protocol", "websocket")] + get(method: "CONNECT"))
        #expect(outcome == .malformed(.badPseudoField))
    }

    // MARK: Content-Length, cookies, priority

    @Test(
        "RFC 9110 §8.6: Content-Length is one number, once",
        arguments: [
            (["0"], nil), (["12"], nil), ([""], HTTPViolation.badContentLength), (["-1"], .badContentLength),
            (["1, 1"], .badContentLength), (["+1"], .badContentLength), (["99999999999999999999"], .badContentLength),
            (["1", "1"], .repeatedContentLength), (["1", "2"], .repeatedContentLength),
        ] as [([String], HTTPViolation?)])
    func contentLength(values: [String], violation: HTTPViolation?) {
        expect(violation.map { .malformed($0) } ?? .complete, get(values.map { ("content-length", $0) }))
    }

    @Test(
        "§8.2.3: cookie crumbs become one field in the place of the first",
        arguments: [
            (["a=1", "b=2", "c=3"], "a=1; b=2; c=3"), (["a=1"], "a=1"), (["a=1", "", "b=2"], "a=1; b=2"),
            (["a=1; b=2", "c=3"], "a=1; b=2; c=3"), (["", ""], ""),
        ])
    func crumbs(values: [String], joined: String) {
        let together = HeadsStage()
        let cookies = values.map { ("cookie", $0) }
        #expect(together.request(get([("accept", "a")] + cookies + [("via", "b")])) == .complete)
        #expect(together.lines == ["host: a.example", "accept: a", "cookie: \(joined)", "via: b"])
        let apart = HeadsStage()
        let scattered = cookies.enumerated().flatMap { [$0.element, ("x-\($0.offset)", "v")] }
        #expect(apart.request(get(scattered)) == .complete)
        #expect(apart.lines.filter { $0.hasPrefix("cookie") } == ["cookie: \(joined)"])
        #expect(apart.lines[1] == "cookie: \(joined)")
    }

    @Test("RFC 7541 §6.2.3: a cookie of which one crumb came never indexed goes on never indexed")
    func secretCrumbs() throws {
        for (first, second) in [(0x00, 0x10), (0x10, 0x00), (0x00, 0x00)] as [(UInt8, UInt8)] {
            let stage = HeadsStage()
            let crumbs = literal("cookie", "a=1", first: first) + literal("cookie", "b=2", first: second)
            #expect(stage.request(block: HeadsStage.block(get()) + crumbs) == .complete)
            let found = stage.head.first(.cookie)
            let index = try #require(found)
            #expect(stage.head.field(index).flags.contains(.neverIndexed) == (first | second != 0))
        }
    }

    @Test("RFC 9218 §4: the last Priority field is pointed at")
    func priority() {
        let stage = HeadsStage()
        #expect(stage.request(get([("priority", "u=1"), ("priority", "u=5, i"), ("x-prior", "u=2")])) == .complete)
        #expect(stage.text(stage.facts.priorityRange) == "u=5, i")
        #expect(stage.request(get()) == .complete)
        #expect(stage.facts.priorityRange.isEmpty)
    }
}
