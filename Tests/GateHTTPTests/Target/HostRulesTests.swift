import GateCore
import GateHTTP
import GateTestSupport
import Testing

@Suite("Hosts (RFC 9110 §7.2, RFC 3986 §3.2.2)")
struct HostRulesTests {
    static func parse(_ text: String) -> (host: String, port: UInt16?, routing: String)? {
        let bytes = text.bytes
        guard let rules = HostRules.parse(bytes.span) else { return nil }
        let routing = ByteBuffer.text { rules.appendRoutingForm(of: bytes.span, to: &$0) }
        return (String(latin1: bytes[rules.host]), rules.port, routing)
    }

    @Test(
        "names, IPv4 and bracketed IPv6 are hosts, with or without a port",
        arguments: [
            ("a", "a", nil, "a"), ("Example.COM", "Example.COM", nil, "example.com"),
            ("example.com.", "example.com.", nil, "example.com"),
            ("Example.com.:80", "Example.com.", 80, "example.com"),
            ("a:", "a", nil, "a"), ("a:0", "a", 0, "a"), ("a:00080", "a", 80, "a"), ("a:65535", "a", 65535, "a"),
            ("my_host-1.x~y", "my_host-1.x~y", nil, "my_host-1.x~y"),
            ("192.0.2.1:8080", "192.0.2.1", 8080, "192.0.2.1"),
            ("[::1]", "[::1]", nil, "[::1]"), ("[2001:DB8::1]:443", "[2001:DB8::1]", 443, "[2001:db8::1]"),
            ("[::ffff:192.0.2.1]:", "[::ffff:192.0.2.1]", nil, "[::ffff:192.0.2.1]"),
            ("xn--nxasmq6b", "xn--nxasmq6b", nil, "xn--nxasmq6b"),
        ] as [(String, String, UInt16?, String)])
    func valid(text: String, host: String, port: UInt16?, routing: String) throws {
        let parts = try #require(Self.parse(text))
        #expect(parts.host == host)
        #expect(parts.port == port)
        #expect(parts.routing == routing)
    }

    @Test(
        "everything else is refused",
        arguments: [
            "", ":", ":80", ".", "..", ".a", "a..b", "a..", "a b", " a", "a ", "a,b", "a:80,b", "u@a", "u:p@a", "a/b",
            "a?b", "a#b", "a\\b", "a%20b", "a%", "a;b", "a=b", "a*b", "*", "a'b", "a\u{0}", "a\t", "ä", "a:65536",
            "a:123456", "a:-1", "a:+1", "a:8 ", "a:x", "a:80:80", "a::80", "::1", "[", "[]", "[::1", "::1]", "[::1]x",
            "[::1]:x", "[::1]]", "[[::1]]", "[1.2.3.4]", "[::1%25eth0]", "[::1%eth0]", "[v1.a]", "[g::]", "[:::]",
            "http://a",
        ])
    func refused(text: String) {
        #expect(Self.parse(text) == nil)
    }

    @Test("a host's length is bounded", arguments: [(253, true), (254, true), (255, false)])
    func bounded(count: Int, isValid: Bool) {
        let name = String(repeating: "a", count: count)
        #expect((Self.parse(name) != nil) == isValid)
        #expect((Self.parse(name + ":80") != nil) == isValid)
    }

    @Test("only letters, digits, hyphen, dot, underscore and tilde may stand in a name")
    func everyByte() {
        let allowed = Set("-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
        for byte in UInt8.min...UInt8.max where byte != 0x3A {
            let value = [0x61, byte, 0x62]
            let isValid = HostRules.parse(value.span) != nil
            #expect(isValid == allowed.contains(byte), "byte \(byte)")
        }
    }
}
