// Answers with variables, pages for errors, and answers of servers that are replaced.

import GateTesting
import Testing

@Suite("Redirects and fixed answers with variables (RFC 9110 §10.2.2)")
struct AnswerVariableTests {
    private func answer(_ route: String, _ request: String) throws -> RawResponse {
        try Stage.play(ScriptedServer.echo, .init(routes: ["{ \(route) }"])) { stage in try stage.exchange(request) }
    }

    @Test(
        "a redirect keeps path and query where it says so, and never leaves its host by them (RFC 3986 §4.2)",
        arguments: [
            ("https://new.example{request.uri}", "/a/b?c=d&e", "https://new.example/a/b?c=d&e"),
            ("https://{request.host}{request.path}", "/a/../b", "https://a.example/b"),
            (
                "{request.scheme}://new.example/?next={request.uri}", "/a?b=c&d",
                "http://new.example/?next=/a%3Fb%3Dc%26d"
            ),
            ("/{request.path}", "/evil.example/x", "/evil.example/x"),
            ("{request.path}/", "/a/../b", "/b/"), ("{request.uri}", "//evil.example/?a=b", "/evil.example/?a=b"),
            ("/{request.query.u}", "/?u=/evil.example", "/%2Fevil.example"),
            ("/x/{request.query.u}", "/?u=%0d%0aSet-Cookie:a", "/x/%0d%0aSet-Cookie:a"),
            ("https://new.example/{request.query.none}x", "/", "https://new.example/x"),
        ])
    func redirect(to: String, asked: String, location: String) throws {
        let response = try answer("redirect: \"\(to)\"", get(asked))
        #expect(response.status == 302)
        #expect(response["Location"] == [location])
    }

    @Test("values are escaped as the type of the body wants it")
    func bodies() throws {
        let fields = "X-V: <b>\"x\"\r\n"
        let html = "respond: { body: '<p>{request.field.x-v}</p>', content_type: text/html }"
        #expect(try answer(html, get("/", fields)).body.text == "<p>&lt;b&gt;&quot;x&quot;</p>")
        let json = "respond: { body: '{\"v\":\"{request.field.x-v}\"}', content_type: application/json }"
        #expect(try answer(json, get("/", fields)).body.text == "{\"v\":\"<b>\\\"x\\\"\"}")
        let text =
            "respond: { status: 418, body: '{status} {request.method} {{status}}', fields: { X-W: '{request.host}' } }"
        let response = try answer(text, get())
        #expect(response.body.text == "418 GET {status}")
        #expect(response["X-W"] == ["a.example"])
        #expect(response["Content-Type"] == ["text/plain; charset=utf-8"])
    }
}

@Suite("Pages for errors and replaced answers (RFC 9110 §15.5, §15.6)")
struct ErrorPageTests {
    private static let missing = ScriptedServer.answering(
        "HTTP/1.1 404 Not Found\r\nX-Secret: 1\r\nContent-Length: 6\r\n\r\nsecret")

    @Test("Gatehouse's own errors get the page of their status, or of its family, with the status kept")
    func own() throws {
        let pages =
            "error_pages: { 413: { body: 'large {status} {reason}' }, 4xx: { body: other }, 5xx: { body: '<i>{request.id}</i>', content_type: text/html } }"
        let settings = Stage.Settings(servers: ["http://127.0.0.1:1"], route: "limits: { body: 1 }, \(pages)")
        try Stage.play(ScriptedServer.echo, settings) { stage throws in
            let large = try stage.exchange(post("/", body: "long"))
            #expect(large.status == 413)
            #expect(large.body.text == "large 413 body_too_large")
            let dead = try stage.exchange(get())
            #expect(dead.status == 503)
            #expect(dead["Content-Type"] == ["text/html"])
            #expect(dead["Retry-After"] == ["1"])
            #expect(dead["Cache-Control"] == ["no-store"])
            #expect(dead.body.text == "<i>\(dead["X-Request-Id"][0])</i>")
            let head = try stage.exchange("HEAD / HTTP/1.1\r\nHost: a.example\r\n\r\n")
            #expect(head.status == 503)
            #expect(head["Content-Length"] == ["39"])
        }
    }

    @Test("a site's pages serve requests that no route takes; a route's come before them")
    func site() throws {
        let top = """
              - hosts: [b.example]
                error_pages: { 404: { body: site }, 503: { body: site } }
                routes:
                  - { match: { path: /x }, proxy: "http://127.0.0.1:1", error_pages: { 5xx: { body: family }, 503: { body: route } } }
                  - { match: { path: /y }, proxy: "http://127.0.0.1:1", error_pages: { 5xx: { body: family } } }
            """
        try Stage.play(ScriptedServer.echo, .init(top: top)) { stage throws in
            #expect(try stage.exchange(get("/none", host: "b.example")).body.text == "site")
            #expect(try stage.exchange(get("/x", host: "b.example")).body.text == "route")
            #expect(try stage.exchange(get("/y", host: "b.example")).body.text == "site")
        }
    }

    @Test("an answer of a server passes untouched unless its status is to be replaced")
    func backend() throws {
        let pages = "error_pages: { 404: { body: own } }"
        try Stage.play(Self.missing, .init(route: pages)) { stage throws in
            #expect(try stage.exchange(get()).body.text == "secret")
        }
        try Stage.play(Self.missing, .init(route: "\(pages), replace_errors: [4xx]")) { stage throws in
            let response = try stage.exchange(get())
            #expect(response.status == 404)
            #expect(response.body.text == "own")
            #expect(response["X-Secret"] == [])
        }
    }

    @Test("a replacement may change the status, send elsewhere, or be Gatehouse's usual body")
    func kinds() throws {
        try Stage.play(
            Self.missing, .init(route: "replace_errors: 404, error_pages: { 404: { body: fine, status: 200 } }")
        ) { stage throws in
            #expect(try stage.exchange(get()).status == 200)
        }
        let elsewhere = "replace_errors: 404, error_pages: { 404: { redirect: '/search?q={request.path}' } }"
        try Stage.play(Self.missing, .init(route: elsewhere)) { stage throws in
            let response = try stage.exchange(get("/a b".replacing(" ", with: "%20")))
            #expect(response.status == 302)
            #expect(response["Location"] == ["/search?q=/a%20b"])
        }
        try Stage.play(Self.missing, .init(route: "replace_errors: 404")) { stage throws in
            let response = try stage.exchange(get())
            #expect(response.body.text.hasPrefix("404 Not Found\nRequest "))
        }
    }

    @Test("what a status means nothing without is kept (RFC 9110 §11.6.1)")
    func challenge() throws {
        let script = ScriptedServer.answering(
            "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"a\"\r\nContent-Length: 0\r\n\r\n")
        try Stage.play(script, .init(route: "replace_errors: 4xx, error_pages: { 401: { body: who } }")) {
            stage throws in
            let response = try stage.exchange(get())
            #expect(response.body.text == "who")
            #expect(response["WWW-Authenticate"] == ["Basic realm=\"a\""])
        }
    }

    @Test("a large answer that is replaced costs nobody its connection to the proxy")
    func large() throws {
        let body = String(repeating: "x", count: 1 << 20)
        let script = ScriptedServer.answering(
            "HTTP/1.1 500 Internal Server Error\r\nContent-Length: \(body.count)\r\n\r\n" + body)
        try Stage.play(script, .init(route: "replace_errors: 5xx")) { stage throws in
            let client = try stage.connect()
            for _ in 1...3 {
                try client.send(get())
                #expect(try client.readResponse().status == 500)
            }
        }
    }
}
