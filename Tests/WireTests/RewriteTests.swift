// What servers get in the place of the client's target and fields.

import GateTesting
import Testing

@Suite("Targets are rewritten (RFC 3986 §3, §6.2.2)")
struct RewriteTests {
    private func target(_ rewrite: String, _ target: String, _ fields: String = "") throws -> String {
        try Stage.play(ScriptedServer.echo, .init(route: "rewrite: { \(rewrite) }")) { stage throws in
            try stage.forwarded(get(target, fields)).target
        }
    }

    @Test(
        "prefixes are whole segments of the path that routing saw",
        arguments: [
            ("strip_prefix: /api", "/api/x?y=%7Ez", "/x?y=%7Ez"), ("strip_prefix: /api", "/api", "/"),
            ("strip_prefix: /api", "/api/", "/"), ("strip_prefix: /api", "/apix", "/apix"),
            ("strip_prefix: /api", "/%61pi/%7Ex/./y", "/~x/y"), ("strip_prefix: /api", "//api//x", "/x"),
            ("strip_prefix: /api/", "/api/x", "/x"), ("add_prefix: /v2", "/x", "/v2/x"),
            ("add_prefix: /v2", "/", "/v2/"),
            ("strip_prefix: /api, add_prefix: /v2", "/api/x", "/v2/x"),
            ("strip_prefix: /api, add_prefix: /v2", "/y", "/v2/y"),
            ("strip_prefix: /api", "http://a.example/api/x?q", "/x?q"), ("add_prefix: /v2", "http://a.example", "/v2/"),
        ])
    func prefixes(rewrite: String, asked: String, got: String) throws {
        #expect(try target(rewrite, asked) == got)
    }

    @Test(
        "texts and whole paths are replaced, and what comes in through variables stays in its segment",
        arguments: [
            ("replace: { from: /v1/, to: /v2/ }", "/a/v1/b", "/a/v2/b"),
            ("replace: { from: x, to: '' }", "/xaxx", "/a"), ("replace: { from: aa, to: a }", "/aaa", "/aa"),
            ("path: '/fixed/{request.query.id}'", "/x?id=7", "/fixed/7?id=7"),
            ("path: '/fixed{request.path}'", "/a/b%20c", "/fixed/a/b%20c"),
            ("path: '/fixed/{request.cookie.user}'", "/x", "/fixed/a%3Fb%20c"),
            ("path: '/fixed/{request.query.none}/y'", "/x", "/fixed/y"),
        ])
    func paths(rewrite: String, asked: String, got: String) throws {
        #expect(try target(rewrite, asked, "Cookie: user=a?b c\r\n") == got)
    }

    @Test(
        "no dot segment, encoded slash or other host comes out of rewriting",
        arguments: [
            ("path: '/a/{request.query.x}'", "/?x=../../etc"), ("path: '/a/{request.query.x}'", "/?x=..%2F..%2Fetc"),
            ("path: '/a/{request.field.x-v}'", "/"), ("replace: { from: ':', to: '/../../' }", "/a:b"),
        ])
    func traversal(rewrite: String, asked: String) throws {
        try Stage.play(ScriptedServer.echo, .init(route: "rewrite: { \(rewrite) }")) { stage throws in
            #expect(try stage.exchange(get(asked, "X-V: ../etc\r\n")).status == 400)
            #expect(stage.backend.requestCount == 0)
        }
    }

    @Test(
        "dots that mean nothing vanish",
        arguments: [("/x?x=..", "/"), ("/x?x=.", "/a/"), ("/x?x=%2e%2e", "/"), ("/x?x=b", "/a/b")])
    func dots(asked: String, got: String) throws {
        let path = try target("path: '/a/{request.query.x}', query: { remove: x }", asked)
        #expect(path == got)
    }

    @Test(
        "queries are edited parameter by parameter, the others stay as they came",
        arguments: [
            ("remove: b", "/x?a=1&b=2&c=%7E", "/x?a=1&c=%7E"), ("remove: b", "/x?%62=2", "/x"),
            ("remove: b", "/x", "/x"),
            ("remove: 'utm_*'", "/x?utm_a=1&b&utm%5Fc", "/x?b"), ("set: { a: 2 }", "/x?a=1&b=3&a", "/x?b=3&a=2"),
            ("add: { a: 2 }", "/x?a=1", "/x?a=1&a=2"), ("add: { a: 2 }", "/x??b", "/x??b&a=2"),
            ("set: { 'a b': 'c&d=e' }", "/x", "/x?a%20b=c%26d%3De"),
            ("set: { u: '{request.path}' }", "/x/y%26?u=1", "/x/y%26?u=/x/y%26"),
            ("set: { u: '{request.uri}' }", "/x?a=b", "/x?a=b&u=/x%3Fa%3Db"),
            ("remove: a, set: { b: 1 }, add: { a: 2 }", "/x?a&c", "/x?c&b=1&a=2"),
        ])
    func queries(query: String, asked: String, got: String) throws {
        #expect(try target("query: { \(query) }", asked) == got)
    }

    @Test(
        "what an expression finds first gives way, with its groups",
        arguments: [
            ("'^/a/([0-9]+)/', to: '/archive/{regex.1}/'", "/a/2026/x", "/archive/2026/x"),
            ("'^/a/([0-9]+)/', to: '/archive/{regex.1}/'", "/a/b/x", "/a/b/x"),
            ("'^/(?<user>[^/]+)/(?<rest>.*)$', to: '/{regex.rest}/of/{regex.user}'", "/u/a/b", "/a/b/of/u"),
            ("'x', to: '{request.method}'", "/axbx", "/aGETbx"), ("'(y)?$', to: '/{regex.1}z'", "/a", "/a/z"),
            ("'^/\\.?', to: '/../'", "/a", nil),
        ] as [(String, String, String?)])
    func expressions(regex: String, asked: String, got: String?) throws {
        guard let got else {
            try Stage.play(ScriptedServer.echo, .init(route: "rewrite: { regex: { pattern: \(regex) } }")) {
                stage throws in
                #expect(try stage.exchange(get(asked)).status == 400)
            }
            return
        }
        #expect(try target("regex: { pattern: \(regex) }", asked) == got)
    }

    @Test("groups of the route's pattern and of the rewriting one stand side by side")
    func bothGroups() throws {
        let route = "{ match: { path: { regex: '^/u/(?<id>[0-9]+)/(.*)$' } }, proxy: backend, "
        let rewrites = [
            "rewrite: { path: '/{path.2}/{path.id}' }": "/x/y/7",
            "rewrite: { regex: { pattern: '/(x)/', to: '/{path.1}-{regex.1}-{path.id}-{regex.1}/' } }":
                "/u/7/7-x-7-x/y",
        ]
        for (rewrite, got) in rewrites {
            try Stage.play(ScriptedServer.echo, .init(routes: [route + rewrite + " }"])) { stage throws in
                #expect(try stage.forwarded(get("/u/7/x/y?z")).target == got + "?z")
            }
        }
    }

    @Test("an expression that takes too long fails the request, and nothing is sent")
    func hostage() throws {
        let settings = Stage.Settings(route: "rewrite: { regex: { pattern: '^/(a+)+$', to: / } }")
        try Stage.play(ScriptedServer.echo, settings) { stage throws in
            #expect(try stage.exchange(get("/" + String(repeating: "a", count: 3000) + "b")).status == 500)
            #expect(stage.backend.requestCount == 0)
            try expectEnding("pattern_limit", in: stage)
        }
    }

    @Test("OPTIONS * names no path, and none is made of it (RFC 9112 §3.2.4)")
    func asterisk() throws {
        try Stage.play(ScriptedServer.echo, .init(route: "rewrite: { add_prefix: /a }")) { stage throws in
            let request = "OPTIONS * HTTP/1.1\r\nHost: a.example\r\n\r\n"
            #expect(try stage.forwarded(request).target == "*")
        }
    }

    @Test("a target that grows beyond bounds is refused")
    func growth() throws {
        let settings = Stage.Settings(
            route: "rewrite: { replace: { from: x, to: '\(String(repeating: "y", count: 100))' } }")
        try Stage.play(ScriptedServer.echo, settings) { stage throws in
            #expect(try stage.exchange(get("/" + String(repeating: "x", count: 500))).status == 200)
            #expect(try stage.exchange(get("/" + String(repeating: "x", count: 1000))).status == 414)
        }
    }

    @Test("a request that is tried again has the same target and Host")
    func again() throws {
        let settings = Stage.Settings(
            servers: ["http://127.0.0.1:1"], route: "rewrite: { add_prefix: /a }, host: fixed.example")
        let backend = try ScriptedServer(ScriptedServer.echo)
        defer { backend.stop() }
        var both = settings
        both.servers = ["http://127.0.0.1:1", backend.url]
        try Stage.play(ScriptedServer.echo, both) { stage throws in
            for _ in 1...4 {
                let text = try stage.exchange(get("/x")).body.text
                #expect(text.contains("target: /a/x\n"))
                #expect(text.contains("field: Host: fixed.example\n"))
            }
        }
    }
}

@Suite("Fields are edited (RFC 9110 §5, §7.2)")
struct FieldEditTests {
    private func forwarded(_ edits: String, _ fields: String) throws -> RawHead {
        try Stage.play(ScriptedServer.echo, .init(route: "request_fields: { \(edits) }")) { stage throws in
            try stage.forwarded(get("/p", fields)).head
        }
    }

    @Test("in one order: remove, rename, set, add, default")
    func order() throws {
        let head = try forwarded(
            "default: { X-D: d, X-B: no }, add: { X-A: [3, 4] }, set: { X-A: '{request.field.x-c}' }, rename: { X-B: X-C, X-N: X-B }, remove: X-C",
            "X-A: 1\r\nX-A: 2\r\nX-B: b\r\nX-C: c\r\nX-N: n\r\n")
        #expect(head["X-A"] == ["b", "3", "4"])
        #expect(head["X-B"] == ["n"])
        #expect(head["X-C"] == ["b"])
        #expect(head["X-D"] == ["d"])
        #expect(!head.has("X-N"))
    }

    @Test("a start of names removes all of them, and never what frames the message")
    func prefixes() throws {
        let settings = Stage.Settings(route: "request_fields: { remove: ['x-*', 'c*', 't*', 'h*'] }")
        try Stage.play(ScriptedServer.echo, settings) { stage throws in
            let arrived = try stage.forwarded(post("/", "X-A: 1\r\nx-b: 2\r\nCookie: c\r\n", body: "hello"))
            #expect(arrived.body.text == "hello")
            #expect(arrived.head["Host"] == ["a.example"])
            #expect(!arrived.head.has("X-A"))
            #expect(!arrived.head.has("x-b"))
            #expect(!arrived.head.has("Cookie"))
        }
    }

    @Test("a client's own field never stands in for a value that is not there")
    func empty() throws {
        let head = try forwarded("set: { X-User: '{request.cookie.user}' }", "X-User: root\r\n")
        #expect(!head.has("X-User"))
    }

    @Test("what a site says comes before what its route says")
    func inherited() throws {
        let top = """
              - hosts: [b.example]
                request_fields: { set: { X-A: site, X-B: site }, default: { X-D: site, X-E: site } }
                response_fields: { set: { X-R: '{request.path} {status} {response.field.x-kind}' } }
                routes: [ { proxy: backend, request_fields: { set: { X-A: route }, remove: X-B, default: { X-D: route } } } ]
            """
        let script = ScriptedServer.answering("HTTP/1.1 201 Created\r\nX-Kind: a\r\nContent-Length: 0\r\n\r\n")
        try Stage.play(script, .init(top: top)) { stage throws in
            let response = try stage.exchange(get("/p", host: "b.example"))
            #expect(response["X-R"] == ["/p 201 a"])
            let head = try stage.backend.nextRequest().head
            #expect(head["X-A"] == ["route"])
            #expect(!head.has("X-B"))
            #expect(head["X-D"] == ["route"])
            #expect(head["X-E"] == ["site"])
        }
    }

    @Test("variables bring no line end and no second field in (RFC 9110 §5.5)")
    func injection() throws {
        let head = try forwarded(
            "set: { X-Q: 'a{request.query.q}b', X-P: '{request.path}' }", "X: y\r\n")
        #expect(head["X-Q"] == ["ab"])
        #expect(head["X-P"] == ["/p"])
        try Stage.play(ScriptedServer.echo, .init(route: "request_fields: { set: { X-Q: '{request.query.q}' } }")) {
            stage in
            let head = try stage.forwarded(get("/?q=%0D%0AX-Evil:%20yes")).head
            #expect(head["X-Q"] == ["%0D%0AX-Evil:%20yes"])
            #expect(!head.has("X-Evil"))
        }
    }

    @Test("of a response: set, hide, and the same in answers of Gatehouse's own")
    func responses() throws {
        let edits = "response_fields: { set: { X-Frame-Options: DENY }, remove: X-Debug }"
        let routes = ["{ match: { path: /own }, respond: { body: ok }, \(edits) }"]
        let settings = Stage.Settings(route: "hide: backend, \(edits), limits: { body: 1 }", routes: routes)
        let fields =
            "Server: nginx/1.0\r\nX-Powered-By: PHP/5\r\nVia: 1.1 inner\r\nX-Drupal-Cache: HIT\r\nX-Debug: 1\r\nX-Kept: 1\r\n"
        try Stage.play(ScriptedServer.answering("HTTP/1.1 200 OK\r\n\(fields)Content-Length: 2\r\n\r\nok"), settings) {
            stage in
            let response = try stage.exchange(get())
            for name in ["Server", "X-Powered-By", "Via", "X-Drupal-Cache", "X-Debug"] { #expect(response[name] == []) }
            #expect(response["X-Kept"] == ["1"])
            #expect(response["X-Frame-Options"] == ["DENY"])
            #expect(try stage.exchange(get("/own"))["X-Frame-Options"] == ["DENY"])
            let refused = try stage.exchange(post("/", body: "long"))
            #expect(refused.status == 413)
            #expect(refused["X-Frame-Options"] == ["DENY"])
        }
    }

    @Test(
        "Host is the client's, the server's or a fixed one, and X-Forwarded-Host tells the client's (RFC 9110 §7.2)",
        arguments: [
            ("", "", "a.example"), ("host: server", "", "HERE"), ("host: b.example:8080", "", "b.example:8080"),
            ("host: server", "host: keep", "a.example"), ("", "host: server", "HERE"),
            ("host: server", "host: c.example", "c.example"),
        ])
    func host(upstream: String, route: String, host: String) throws {
        try Stage.play(ScriptedServer.echo, .init(upstream: upstream, route: route)) { stage throws in
            let head = try stage.forwarded(get()).head
            #expect(head["Host"] == [host == "HERE" ? String(stage.backend.url.dropFirst("http://".count)) : host])
            #expect(head["X-Forwarded-Host"] == ["a.example"])
        }
    }
}
