// DESIGN "Host": every request has exactly one host, and everybody means the same one.

import GateTesting
import Testing

@Suite("Host (RFC 9110 §7.2, RFC 9112 §3.2)")
struct HostTests {
    static let bad = [
        RawCase("none in HTTP/1.1", "GET / HTTP/1.1\r\n\r\n"),
        RawCase("two that differ", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
        RawCase("two that agree", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
        RawCase("two in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"),
        RawCase("two beside an absolute target", "GET http://a/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
        RawCase("none beside an absolute target", "GET http://a/ HTTP/1.1\r\n\r\n"),
        RawCase("a space inside", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
        RawCase("a list", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"),
        RawCase("a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
        RawCase("a query", "GET / HTTP/1.1\r\nHost: a?b\r\n\r\n"),
        RawCase("a user", "GET / HTTP/1.1\r\nHost: user@a\r\n\r\n"),
        RawCase("a scheme", "GET / HTTP/1.1\r\nHost: http://a\r\n\r\n"),
        RawCase("a port that is no number", "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n"),
        RawCase("a port beyond 65535", "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n"),
        RawCase("two ports", "GET / HTTP/1.1\r\nHost: a:80:81\r\n\r\n"),
        RawCase("an open bracket", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"),
        RawCase("IPv6 without brackets", "GET / HTTP/1.1\r\nHost: ::1\r\n\r\n"),
        RawCase("letters beyond ASCII", "GET / HTTP/1.1\r\nHost: ä.example\r\n\r\n"),
        RawCase("an absolute target with a user", "GET http://user@a/ HTTP/1.1\r\nHost: a\r\n\r\n"),
        RawCase("an absolute target without a host", "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n"),
        RawCase("an absolute target of another scheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n"),
        RawCase("an authority as the target of a GET", "GET a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n"),
    ]

    @Test("a request without exactly one valid host is refused with 400 and a close", arguments: bad)
    func refused(request: RawCase) throws { try expectRefused(request.raw) }

    @Test(
        "Host reaches the backend as it came, once",
        arguments: ["a.example", "a.example:8080", "[::1]:80", "127.0.0.1"])
    func kept(host: String) throws {
        try Stage.play { stage throws in
            #expect(try stage.forwarded(get(host: host))["Host"] == [host])
        }
    }

    @Test("an absolute target wins over Host, which is made anew from it (RFC 9112 §3.2.2)")
    func absolute() throws {
        try Stage.play { stage in
            let arrived = try stage.forwarded("GET http://b.example:81/x?y HTTP/1.1\r\nHost: a.example\r\n\r\n")
            #expect(arrived["Host"] == ["b.example:81"])
            #expect(arrived.target == "/x?y")
            #expect(arrived["X-Forwarded-Host"] == ["b.example:81"])
        }
    }

    @Test(
        "an absolute target without a path asks for the root (RFC 9112 §3.2.1)", arguments: [("", "/"), ("?q", "/?q")])
    func absoluteRoot(rest: String, target: String) throws {
        try Stage.play { stage in
            let arrived = try stage.forwarded("GET http://b.example\(rest) HTTP/1.1\r\nHost: b.example\r\n\r\n")
            #expect(arrived.target == target)
        }
    }

    @Test(
        "routing follows the absolute target, the case of the name and its port do not matter (RFC 9110 §4.2.3)",
        arguments: [
            "GET http://B.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n", get(host: "B.Example"),
            get(host: "b.example:8080"),
        ])
    func routing(raw: String) throws {
        let routes = ["{ match: { host: b.example }, respond: { status: 200, body: b } }"]
        try Stage.play(ScriptedServer.saying("other"), .init(routes: routes)) { stage throws in
            #expect(try stage.exchange(raw).body.text == "b")
            #expect(try stage.exchange(get(host: "a.example")).body.text == "other")
        }
    }

    @Test("HTTP/1.0 may come without Host, and the backend still gets one (RFC 9112 §3.2)")
    func oldClient() throws {
        try Stage.play { stage throws in
            #expect(try stage.forwarded("GET / HTTP/1.0\r\n\r\n")["Host"].count == 1)
        }
    }
}
