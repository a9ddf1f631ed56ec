// DESIGN "Redirect and cookie mapping": what points at the backend is made to point at the public side.

import GateTesting
import Testing

@Suite("Location, Refresh and Set-Cookie are mapped back (RFC 9110 §10.2.2, RFC 6265 §4.1.2)")
struct MappingTests {
    /// Answers every request with `field`, in which `HERE` stands for the backend's own authority.
    private static func answering(_ field: String) -> ScriptedServer.Script {
        ScriptedServer.serving { visit, _ in
            let authority = visit.server.url.dropFirst("http://".count)
            let line = replace("HERE", by: authority, in: field)
            try visit.respond("302 Found", fields: "\(line)\r\n")
        }
    }

    @Test(
        "a URL of the backend becomes one of the client's side, others stay",
        arguments: [
            ("Location: http://HERE/x?y#z", "http://a.example/x?y#z"), ("Location: http://HERE", "http://a.example"),
            ("Content-Location: http://HERE/x", "http://a.example/x"),
            ("Refresh: 5; url=http://HERE/x", "5; url=http://a.example/x"),
            ("Location: /x", "/x"), ("Location: x/y", "x/y"),
            ("Location: http://other.example/x", "http://other.example/x"),
            ("Location: http://HERE.other.example/x", nil), ("Location: https://other.example/?u=http://HERE/", nil),
        ])
    func urls(field: String, mapped: String?) throws {
        try Stage.play(Self.answering(field)) { stage in
            let name = String(field.prefix { $0 != ":" })
            let value = try #require(try stage.exchange(get()).head.only(name))
            let authority = stage.backend.url.dropFirst("http://".count)
            let sent = replace("HERE", by: authority, in: field.dropFirst(name.count + 2))
            #expect(value == mapped ?? sent)
        }
    }

    @Test(
        "a cookie's domain is mapped when it is the backend's own",
        arguments: [
            ("a=1; Domain=127.0.0.1; Path=/", "a=1; Domain=a.example; Path=/"), ("a=1; Path=/", "a=1; Path=/"),
            ("a=1; Domain=other.example", "a=1; Domain=other.example"),
        ])
    func cookies(sent: String, mapped: String) throws {
        try Stage.play(Self.answering("Set-Cookie: \(sent)")) { stage throws in
            #expect(try stage.exchange(get())["Set-Cookie"] == [mapped])
        }
    }

    @Test("cookies keep their order, mapped or not")
    func order() throws {
        let cookies = ["a=1; Domain=127.0.0.1", "b=2", "c=3; Domain=127.0.0.1", "d=4"]
        let fields = cookies.map { "Set-Cookie: \($0)\r\n" }.joined()
        try Stage.play(ScriptedServer.answering(answer("200 OK", fields, body: "ok"))) { stage in
            let names = try stage.exchange(get())["Set-Cookie"].map { $0.prefix(1) }
            #expect(names == ["a", "b", "c", "d"])
        }
    }

    @Test(
        "the client's own name stays, and https of a server that wants it stays https",
        arguments: [
            "https://a.example/x", "http://a.example/x", "http://a.example", "//a.example/x", "http://b.a.example/x",
        ])
    func publicName(url: String) throws {
        try Stage.play(Self.answering("Location: \(url)")) { stage throws in
            #expect(try stage.exchange(get())["Location"] == [url])
        }
    }

    @Test("behind a trusted proxy that ends TLS the public side is https, under the name that it tells")
    func trusted() throws {
        let settings = Stage.Settings(top: "trusted_proxies: [127.0.0.1]\n")
        let fields = "X-Forwarded-Proto: https\r\nX-Forwarded-Host: www.example\r\n"
        for (sent, mapped) in [
            ("http://HERE/x", "https://www.example/x"), ("http://www.example/x", "https://www.example/x"),
            ("//HERE/x", "//www.example/x"),
        ] {
            try Stage.play(Self.answering("Location: \(sent)"), settings) { stage throws in
                #expect(try stage.exchange(get("/", fields))["Location"] == [mapped])
            }
        }
    }

    @Test("a server that gets no X-Forwarded-Host and a Host of its own is mapped all the same")
    func hiddenHost() throws {
        let settings = Stage.Settings(route: "host: b.example, request_fields: { remove: 'X-Forwarded-*' }")
        try Stage.play(Self.answering("Location: http://b.example/x"), settings) { stage throws in
            #expect(try stage.exchange(get())["Location"] == ["http://a.example/x"])
        }
    }

    @Test("map_back: false leaves everything as it is")
    func off() throws {
        let settings = Stage.Settings(route: "map_back: false, rewrite: { strip_prefix: /app }")
        try Stage.play(Self.answering("Location: /x\r\nSet-Cookie: a=1; Path=/; Domain=127.0.0.1"), settings) { stage in
            let response = try stage.exchange(get("/app/y"))
            #expect(response["Location"] == ["/x"])
            #expect(response["Set-Cookie"] == ["a=1; Path=/; Domain=127.0.0.1"])
        }
    }
}

@Suite("Applications under a path (RFC 3986 §5.2, RFC 6265 §5.1.4, RFC 8288 §3)")
struct MountTests {
    private func mapped(
        _ field: String, _ rewrite: String = "strip_prefix: /app", asked: String = "/app/a/b",
        status: String = "302 Found"
    ) throws -> String? {
        let name = String(field.prefix { $0 != ":" })
        let script = ScriptedServer.serving { visit, _ in
            let authority = visit.server.url.dropFirst("http://".count)
            try visit.respond(status, fields: replace("HERE", by: authority, in: field) + "\r\n")
        }
        return try Stage.play(script, .init(route: "rewrite: { \(rewrite) }")) { stage in
            try stage.exchange(get(asked)).head.only(name)
        }
    }

    @Test(
        "a path goes under the mount, whatever the form of the URL",
        arguments: [
            ("/x?y#z", "/app/x?y#z"), ("/", "/app/"), ("http://HERE/x", "http://a.example/app/x"),
            ("http://HERE", "http://a.example/app/"), ("http://a.example/x?y", "http://a.example/app/x?y"),
            ("//a.example/x", "//a.example/app/x"), ("https://a.example/x", "https://a.example/app/x"),
            ("x", "/app/a/x"), ("../x", "/app/x"), ("../../../x", "/app/x"), ("./", "/app/a/"), ("/../x", "/app/x"),
            ("/app/x", "/app/app/x"), ("?x", "?x"), ("#x", "#x"), ("", ""),
            ("mailto:a@a.example", "mailto:a@a.example"),
            ("http://other.example/x", "http://other.example/x"), ("http://user@HERE/x", nil),
        ] as [(String, String?)])
    func locations(sent: String, mapped: String?) throws {
        let value = try self.mapped("Location: \(sent)")
        if let mapped { #expect(value == mapped) } else { #expect(value?.contains("@127") == true) }
    }

    @Test("a relative URL at the mount itself goes below it")
    func root() throws {
        #expect(try mapped("Location: login", asked: "/app") == "/app/login")
        #expect(try mapped("Location: login", asked: "/app/") == "/app/login")
    }

    @Test(
        "prefixes that were exchanged are exchanged back",
        arguments: [
            ("strip_prefix: /app, add_prefix: /srv", "/srv/x", "/app/x"),
            ("strip_prefix: /app, add_prefix: /srv", "/srv", "/app"),
            ("strip_prefix: /app, add_prefix: /srv", "/other", "/other"), ("add_prefix: /srv", "/srv/x", "/x"),
            ("add_prefix: /srv", "/srv", "/"), ("strip_prefix: /no, add_prefix: /srv", "/srv/x", "/x"),
            ("path: /fixed", "/x", "/x"),
        ])
    func both(rewrite: String, sent: String, mapped: String) throws {
        #expect(try self.mapped("Location: \(sent)", rewrite) == mapped)
    }

    @Test(
        "Content-Location, Refresh and Link are mapped as Location is (RFC 9110 §8.7, RFC 8288 §3)",
        arguments: [
            ("Content-Location: /x", "/app/x"), ("Refresh: 5; url=/x", "5; url=/app/x"), ("Refresh: 5", "5"),
            ("Refresh: 0;URL='/x'", "0;URL='/app/x'"),
            ("Refresh: 0; url = \"http://HERE/x\"", "0; url = \"http://a.example/app/x\""),
            ("Link: </x>; rel=next", "</app/x>; rel=next"),
            (
                "Link: </x>; title=\"a, <b>\", <http://HERE/y>;rel=prev",
                "</app/x>; title=\"a, <b>\", <http://a.example/app/y>;rel=prev"
            ),
            ("Link: <https://cdn.example/x>; rel=preload", "<https://cdn.example/x>; rel=preload"), ("Link: <", "<"),
        ])
    func others(field: String, mapped: String) throws {
        #expect(try self.mapped(field) == mapped)
    }

    @Test(
        "cookies are for the application alone",
        arguments: [
            ("a=1; Path=/", "a=1; Path=/app"), ("a=1; path=/x; HttpOnly", "a=1; path=/app/x; HttpOnly"), ("a=1", "a=1"),
            ("a=/; Path=/", "a=/; Path=/app"), ("a=1; Path=x", "a=1; Path=x"),
            ("a=1;Path = / ;Secure", "a=1;Path = /app;Secure"),
            ("__Host-a=1; Secure; Path=/", "__Host-a=1; Secure; Path=/"),
            ("a=1; Domain=127.0.0.1; Path=/", "a=1; Domain=a.example; Path=/app"),
            ("a=1; Domain=a.example; Path=/", "a=1; Domain=a.example; Path=/app"),
        ])
    func cookies(sent: String, mapped: String) throws {
        #expect(try self.mapped("Set-Cookie: \(sent)") == mapped)
    }

    @Test("a cookie for all of a server with a prefix of its own is for all of the application")
    func prefixedCookies() throws {
        let rewrite = "strip_prefix: /app, add_prefix: /srv"
        #expect(try mapped("Set-Cookie: a=1; Path=/", rewrite) == "a=1; Path=/app")
        #expect(try mapped("Set-Cookie: a=1; Path=/srv/", rewrite) == "a=1; Path=/app/")
        #expect(try mapped("Set-Cookie: a=1; Path=/srv/x", rewrite) == "a=1; Path=/app/x")
    }

    @Test("a cookie for the servers' own domain is the public name's (RFC 6265 §5.3)")
    func domains() throws {
        let settings = Stage.Settings(route: "host: app.corp.internal")
        for (sent, mapped) in [
            ("a=1; Domain=corp.internal", "a=1; Domain=a.example"),
            ("a=1; Domain=.corp.internal", "a=1; Domain=a.example"),
            ("a=1; Domain=xcorp.internal", "a=1; Domain=xcorp.internal"),
        ] {
            let script = ScriptedServer.answering("HTTP/1.1 200 OK\r\nSet-Cookie: \(sent)\r\nContent-Length: 0\r\n\r\n")
            try Stage.play(script, settings) { stage throws in
                #expect(try stage.exchange(get())["Set-Cookie"] == [mapped])
            }
        }
    }

    @Test("links of early hints point where those of the answer do (RFC 8297 §2)")
    func hints() throws {
        let script = ScriptedServer.answering(
            "HTTP/1.1 103 Early Hints\r\nLink: </s.css>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        )
        try Stage.play(script, .init(route: "rewrite: { strip_prefix: /app }")) { stage in
            let response = try stage.exchange(get("/app/"))
            #expect(response.interim.map { $0["Link"] } == [["</app/s.css>; rel=preload"]])
        }
    }
}

private func replace(_ placeholder: String, by value: some StringProtocol, in text: some StringProtocol) -> String {
    text.split(separator: placeholder, omittingEmptySubsequences: false).joined(separator: String(value))
}
