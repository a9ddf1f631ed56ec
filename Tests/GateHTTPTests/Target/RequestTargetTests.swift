import GateHTTP
import GateTestSupport
import Testing

@Suite("Request targets (RFC 9112 §3.2)")
struct RequestTargetTests {
    struct Parts: Equatable {
        var form: RequestTarget.Form
        var authority = ""
        var path = ""
        var query = ""
        var isSecure = false
    }

    static func parse(_ text: String, _ method: Method = .get) -> Parts? {
        let bytes = text.bytes
        guard case .target(let target) = RequestTarget.parse(bytes.span, method: method) else { return nil }
        return Parts(
            form: target.form, authority: String(latin1: bytes[target.authority]),
            path: String(latin1: bytes[target.path]), query: String(latin1: bytes[target.query]),
            isSecure: target.isSecure)
    }

    @Test(
        "origin-form is split at the first question mark (§3.2.1)",
        arguments: [
            ("/", "/", ""), ("/a/b", "/a/b", ""), ("/a?b=c?d/e", "/a", "?b=c?d/e"), ("/?", "/", "?"),
            ("//a", "//a", ""), ("/http://b/", "/http://b/", ""), ("/%ff", "/%ff", ""),
            ("/\"<>\\^`{|}?\"<>\\^`{|}", "/\"<>\\^`{|}", "?\"<>\\^`{|}"),
        ])
    func origin(text: String, path: String, query: String) {
        #expect(Self.parse(text) == Parts(form: .origin, path: path, query: query))
    }

    @Test(
        "absolute-form gives its authority, whatever the scheme's case (§3.2.2)",
        arguments: [
            ("http://a", "a", "", "", false), ("HTTP://A:80/", "A:80", "/", "", false),
            ("https://a/b?c", "a", "/b", "?c", true), ("http://a?b", "a", "", "?b", false),
            ("http://u@a/", "u@a", "/", "", false), ("hTTps://[::1]:8/x//", "[::1]:8", "/x//", "", true),
        ])
    func absolute(text: String, authority: String, path: String, query: String, isSecure: Bool) {
        let parts = Parts(form: .absolute, authority: authority, path: path, query: query, isSecure: isSecure)
        #expect(Self.parse(text) == parts)
    }

    @Test("authority-form is for CONNECT only and takes any target of it (§3.2.3)")
    func authority() {
        #expect(Self.parse("a:443", .connect) == Parts(form: .authority, authority: "a:443"))
        #expect(Self.parse("/", .connect) == Parts(form: .authority, authority: "/"), "HostRules refuses it")
        #expect(Self.parse("a:443") == nil)
    }

    @Test("asterisk-form is for OPTIONS only (§3.2.4)")
    func asterisk() {
        #expect(Self.parse("*", .options) == Parts(form: .asterisk))
        #expect(Self.parse("*") == nil)
        #expect(Self.parse("**", .options) == nil)
    }

    @Test(
        "other targets are refused",
        arguments: [
            ("", .badTarget), ("a", .unsupportedTargetForm), ("ftp://a/", .unsupportedTargetForm),
            ("http:/a", .unsupportedTargetForm), ("http://", .badTarget), ("https:///a", .badTarget),
            ("http://?a", .badTarget), ("?a", .unsupportedTargetForm), ("/a#b", .badTarget), ("#", .badTarget),
            ("\\a", .unsupportedTargetForm),
        ] as [(String, HTTPViolation)])
    func refused(text: String, violation: HTTPViolation) {
        #expect(RequestTarget.parse(text.bytes.span, method: .get) == .invalid(violation))
    }

    @Test("controls, space, DEL, fragments and bytes above 0x7F are refused wherever they stand")
    func everyByte() {
        for byte in UInt8.min...UInt8.max {
            let isRefused = byte <= 0x20 || byte >= 0x7F || byte == UInt8(ascii: "#")
            for text: [UInt8] in [
                [0x2F, byte], [0x2F, byte, 0x61], "/a?b".bytes + [byte], "http://a/".bytes + [byte],
            ] {
                let answer = RequestTarget.parse(text.span, method: .get)
                #expect((answer == .invalid(.badTarget)) == isRefused, "byte \(byte)")
            }
        }
    }
}
