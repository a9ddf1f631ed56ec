import GateCore
import Testing

@testable import GateProxy

@Suite("Templates")
struct TemplateTests {
    @Test("every variable has a name that reads back")
    func names() {
        let named = [
            "request.field.user-agent", "response.field.etag", "request.cookie.sid", "request.query.q", "path.1",
            "path.id", "regex.2",
        ].map { Variable(name: $0) }
        #expect(!named.contains(nil))
        for variable in Variable.plain + named.compactMap({ $0 }) { #expect(Variable(name: variable.name) == variable) }
        #expect(Set(Variable.plain).count == Variable.plain.count)
        #expect(Variable(name: "response.status") == .status)
    }

    @Test("are text and variables")
    func pieces() throws {
        let template = try Template("{{{status}}} {request.field.User-Agent}x", as: .logText)
        #expect(
            template.segments == [
                .text(Array("{".utf8)), .variable(.status, .logText), .text(Array("} ".utf8)),
                .variable(.requestField(Array("user-agent".utf8)), .logText), .text(Array("x".utf8)),
            ])
        #expect(try Template("", as: .field).segments == [])
    }

    @Test(
        "are refused for a reason",
        arguments: [
            ("{", .unclosedBrace), ("}", .strayBrace), ("{}", .unknownVariable("")),
            ("{Status}", .unknownVariable("Status")),
            ("{request.field.}", .unknownVariable("request.field.")),
            ("{request.field.a b}", .unknownVariable("request.field.a b")),
            ("{path.}", .unknownVariable("path.")), ("{path.100}", .unknownVariable("path.100")),
            ("{path.1x}", .unknownVariable("path.1x")), ("{status}", .unknownYet("status")),
        ] as [(String, Template.Failure)])
    func refused(text: String, failure: Template.Failure) {
        #expect(throws: failure) { try Template(text, as: .field, knownBy: .request) }
    }

    @Test(
        "a URL's variables know where they stand",
        arguments: [
            (
                "https://{request.host}/a/{request.path}?{request.query}#{request.id}",
                [.authority, .path, .query, .query]
            ),
            ("/a{request.uri}", [.path]), ("https://a.example{request.uri}", [.path]),
            ("https://a.example:1{request.path}x{request.id}", [.path, .path]),
            ("{request.scheme}://{request.host}{request.uri}", [.authority, .authority, .path]),
            ("https://{request.path}", [.authority]), ("{request.path}/{request.id}", [.path, .path]),
            ("https://x?{request.path}", [.query]),
        ] as [(String, [ValuePlace])])
    func places(text: String, places: [ValuePlace]) throws {
        let found = try Template(url: text).segments.compactMap { segment -> ValuePlace? in
            if case .variable(_, let place) = segment { place } else { nil }
        }
        #expect(found == places)
    }

    @Test(
        "a value cannot leave the place where it is put",
        arguments: [
            ("a\r\nSet-Cookie: x\0\ty", .text, .field, "aSet-Cookie: x\ty"),
            ("a/../b?c#d e%", .text, .path, "a%2F..%2Fb%3Fc%23d%20e%25"),
            ("/a/%2Fb?c%zz", .path, .path, "/a/%2Fb%3Fc%25zz"), ("a+b%20c/d", .query, .path, "a%20b%20c%2Fd"),
            ("a&b=c#d%41+", .text, .query, "a%26b%3Dc%23d%2541%2B"), ("/a&b%41+", .path, .query, "/a%26b%41%2B"),
            ("a+b%26&c", .query, .query, "a+b%26%26c"), ("a=b&c=%41", .wholeQuery, .query, "a=b&c=%41"),
            ("evil.example/x?@:80", .text, .authority, "evil.examplex:80"),
            ("<a href='x'>&\"", .text, .html, "&lt;a href=&#39;x&#39;&gt;&amp;&quot;"),
            ("a\"b\n", .text, .json, "a\\\"b\\u000a"), ("a\nb", .text, .plain, "ab"),
        ] as [(String, ValueForm, ValuePlace, String)])
    func escaping(value: String, form: ValueForm, place: ValuePlace, written: String) {
        let bytes = Array(value.utf8)
        var buffer = ByteBuffer()
        ValueEscaping.append(bytes.span, form, as: place, to: &buffer)
        #expect(buffer.span.text == written)
    }
}
