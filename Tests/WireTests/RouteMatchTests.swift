// What a route may ask of a request.

import GateCore
import GateTesting
import Testing

@Suite("Conditions of routes")
struct RouteMatchTests {
    /// The route that answers: `1` for the one with the condition, `2` for the one behind it.
    private func answer(_ match: String, _ raw: String, top: String = "", from local: IPAddress? = nil) throws -> String
    {
        let routes = ["{ match: { \(match) }, respond: { body: \"1\" } }", "{ respond: { body: \"2\" } }"]
        return try Stage.play(ScriptedServer.echo, .init(top: top, routes: routes)) { stage throws in
            let response = try stage.exchange(raw, from: local)
            return response.status == 200 ? response.body.text : "\(response.status)"
        }
    }

    @Test(
        "a method is one of some",
        arguments: [("GET", "1"), ("HEAD", "2"), ("POST", "2"), ("PURGE", "1"), ("purge", "2"), ("MERGE", "2")])
    func methods(_ method: String, _ expected: String) throws {
        let raw = "\(method) / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 0\r\n\r\n"
        guard method != "HEAD" else { return }
        #expect(try answer("method: [GET, PURGE]", raw) == expected)
    }

    @Test(
        "a field's lines are tested one by one",
        arguments: [
            ("{ X-A: b }", "X-A: b", "1"), ("{ x-a: b }", "X-A: B", "2"), ("{ X-A: b }", "X-A: c\r\nx-a: b", "1"),
            ("{ X-A: [b, c] }", "X-A: c", "1"), ("{ X-A: b }", "X-B: b", "2"),
            ("{ X-A: { prefix: b } }", "X-A: bc", "1"),
            ("{ X-A: { suffix: c } }", "X-A: bc", "1"), ("{ X-A: { suffix: b } }", "X-A: bc", "2"),
            ("{ X-A: { contains: b } }", "X-A: abc", "1"), ("{ X-A: { contains: bb } }", "X-A: babc", "2"),
            ("{ X-A: { regex: '^[0-9]+$' } }", "X-A: 17", "1"), ("{ X-A: { regex: '^[0-9]+$' } }", "X-A: 1x", "2"),
            ("{ X-A: { present: true } }", "X-A: ", "1"), ("{ X-A: { present: true } }", "X-B: 1", "2"),
            ("{ X-A: { present: false } }", "X-A: 1", "2"), ("{ X-A: { present: false } }", "X-B: 1", "1"),
            ("{ X-A: [{ present: false }, b] }", "X-A: b", "1"), ("{ X-A: [{ present: false }, b] }", "X-A: c", "2"),
            ("{ X-A: [{ present: false }, b] }", "X-B: c", "1"), ("{ X-A: b, X-B: c }", "X-A: b\r\nX-B: c", "1"),
            ("{ X-A: b, X-B: c }", "X-A: b", "2"), ("{ Accept: { contains: json } }", "Accept: text/json", "1"),
            ("{ X-A: '' }", "X-A: ", "1"), ("{ X-A: '' }", "X-A: x", "2"),
        ])
    func fields(_ tests: String, _ lines: String, _ expected: String) throws {
        #expect(try answer("field: \(tests)", get("/", lines + "\r\n")) == expected)
    }

    @Test("who the client is, only a trusted proxy says")
    func forged() throws {
        let raw = get("/", "X-Forwarded-Proto: https\r\nX-Forwarded-For: 192.0.2.7\r\n")
        let trusting = "trusted_proxies: [\"127.0.0.0/8\"]\n"
        #expect(try answer("field: { X-Forwarded-Proto: https }", raw) == "2")
        #expect(try answer("field: { X-Forwarded-Proto: https }", raw, top: trusting) == "1")
        #expect(try answer("client: 192.0.2.0/24", raw) == "2")
        #expect(try answer("client: 192.0.2.0/24", raw, top: trusting) == "1")
        #expect(try answer("client: [192.0.2.0/24, 127.0.0.9]", raw, from: IPAddress(127, 0, 0, 9)) == "1")
        #expect(try answer("not: { client: [127.0.0.0/8] }", raw) == "2")
    }

    @Test(
        "a query's parameters are compared once decoded",
        arguments: [
            ("{ v: '2' }", "/?v=2", "1"), ("{ v: '2' }", "/?v=1&v=2", "1"), ("{ v: '2' }", "/?w=2", "2"),
            ("{ v: 'a b' }", "/?%76=a+b", "1"), ("{ v: 'a b' }", "/?v=a%20b", "1"), ("{ v: '' }", "/?v", "1"),
            ("{ v: { present: true } }", "/?v", "1"), ("{ v: { present: true } }", "/?vv=1", "2"),
            ("{ v: { present: true } }", "/", "2"), ("{ v: { prefix: x } }", "/?v=x%26y", "1"),
            ("{ v: { regex: '^x&y$' } }", "/?v=x%26y", "1"), ("{ 'a[]': '1' }", "/?a%5B%5D=1", "1"),
        ])
    func query(_ tests: String, _ target: String, _ expected: String) throws {
        #expect(try answer("query: \(tests)", get(target)) == expected)
    }

    @Test(
        "cookies are found among others, on any line",
        arguments: [
            ("{ beta: '1' }", "Cookie: a=b; beta=1", "1"), ("{ beta: '1' }", "Cookie: beta=10", "2"),
            ("{ beta: '1' }", "Cookie: a=b\r\nCookie: beta=1", "1"), ("{ beta: '1' }", "Cookie: xbeta=1", "2"),
            ("{ beta: { present: true } }", "Cookie: beta=", "1"), ("{ Beta: '1' }", "Cookie: beta=1", "2"),
        ])
    func cookies(_ tests: String, _ line: String, _ expected: String) throws {
        #expect(try answer("cookie: \(tests)", get("/", line + "\r\n")) == expected)
    }

    @Test(
        "paths may be globs and expressions, hosts too",
        arguments: [
            ("path: '/img/*.png'", "/img/a.png", "1"), ("path: '/img/*.png'", "/img/b/a.png", "2"),
            ("path: '/a/**/b'", "/a/x/y/b", "1"), ("path: { regex: '^/u/(?<id>[0-9]+)$' }", "/u/17", "1"),
            ("path: { regex: '^/u/(?<id>[0-9]+)$' }", "/u/x", "2"), ("path: { regex: '(?i)ADMIN' }", "/x/aDmin", "1"),
            ("path: { regex: '^/admin' }", "/x/%2e./%61dmin/", "1"), ("path: [/x, { regex: y$ }]", "/x", "1"),
            ("path: [/x, { regex: y$ }]", "/yy", "1"), ("host: { regex: '^a\\.ex' }", "/", "1"),
            ("host: { regex: '^b' }", "/", "2"), ("scheme: http", "/", "1"), ("scheme: https", "/", "2"),
            ("listener: main", "/", "1"),
        ])
    func paths(_ match: String, _ target: String, _ expected: String) throws {
        #expect(try answer(match, get(target)) == expected)
    }

    @Test(
        "conditions may be put together",
        arguments: [
            ("any: [{ path: /a }, { method: POST }]", "/a", "1"), ("any: [{ path: /a }, { method: POST }]", "/b", "2"),
            ("not: { path: /a/* }", "/a/b", "2"), ("not: { path: /a/* }", "/b", "1"),
            ("not: [{ path: /a }, { path: /b }]", "/b", "2"), ("not: [{ path: /a }, { path: /b }]", "/c", "1"),
            ("path: /a/*, not: { path: /a/b }", "/a/c", "1"), ("path: /a/*, not: { path: /a/b }", "/a/b", "2"),
            ("all: [{ path: /a/* }, { path: '/**/c' }]", "/a/c", "1"),
            ("all: [{ path: /a/* }, { path: '/**/c' }]", "/b/c", "2"),
            ("not: { method: GET, path: /a }", "/a", "2"), ("not: { method: POST, path: /a }", "/a", "1"),
            ("not: { any: [{ path: /a }, { all: [{ path: /b/* }, { method: GET }] }] }", "/b/c", "2"),
            ("not: { any: [{ path: /a }, { all: [{ path: /b/* }, { method: PUT }] }] }", "/b/c", "1"),
        ])
    func combined(_ match: String, _ target: String, _ expected: String) throws {
        #expect(try answer(match, get(target)) == expected)
    }

    @Test("a pattern that takes too long ends the request with 500, never as a route that does not match")
    func limit() throws {
        let evil = "/" + String(repeating: "a", count: 60) + "!"
        for match in ["path: { regex: '^/(a+)+$' }", "not: { path: { regex: '^/(a+)+$' } }"] {
            #expect(try answer(match, get(evil)) == "500")
        }
        let routes = ["{ match: { field: { X-A: { regex: '(a+)+$' } } }, respond: 403 }"]
        try Stage.play(ScriptedServer.echo, .init(routes: routes)) { stage throws in
            let client = try stage.connect()
            for _ in 1...3 {
                try client.send(get("/", "X-A: \(String(repeating: "a", count: 60))!\r\n"))
                #expect(try client.readResponse().status == 500)
            }
            try client.send(get("/", "X-A: \(String(repeating: "a", count: 60))\r\n"))
            #expect(try client.readResponse().status == 403)
            #expect(stage.backend.requestCount == 0)
            try expectEnding("pattern_limit", in: stage)
        }
    }

    @Test("an earlier route that matches spares the later ones' patterns")
    func spared() throws {
        let evil = "/" + String(repeating: "a", count: 60) + "!"
        let routes = [
            "{ match: { path: /a*, method: GET }, respond: { body: first } }",
            "{ match: { path: { regex: '^/(a+)+$' } }, respond: 403 }",
        ]
        try Stage.play(ScriptedServer.echo, .init(routes: routes)) { stage throws in
            #expect(try stage.exchange(get(evil)).body.text == "first")
        }
    }

    @Test(
        "nested routes come before the route that they stand in, and fall through to what is behind it",
        arguments: [
            ("GET", "/a/x", "a/x"), ("GET", "/a/y/z", "a/y/z"), ("GET", "/a/y", "a/y"), ("POST", "/a/y", "a/y"),
            ("GET", "/a/q", "a"), ("POST", "/b/x", "b post"), ("GET", "/b/x", "rest"), ("GET", "/x", "rest"),
        ])
    func nested(_ method: String, _ target: String, _ expected: String) throws {
        func respond(_ body: String) -> String { "respond: { body: \"\(body)\" }" }
        let routes = [
            "{ match: { path: /a/* }, \(respond("a")), routes: [ { match: { path: /a/x }, \(respond("a/x")) }, "
                + "{ match: { path: /a/y/* }, \(respond("a/y")), routes: [ { match: { path: /a/y/z }, \(respond("a/y/z")) } ] }, "
                + "{ match: { path: /b/x }, \(respond("never")) } ] }",
            "{ match: { path: /b/* }, routes: [ { match: { method: POST }, \(respond("b post")) } ] }",
        ]
        try Stage.play(ScriptedServer.saying("rest"), .init(routes: routes)) { stage throws in
            let raw = "\(method) \(target) HTTP/1.1\r\nHost: a.example\r\nContent-Length: 0\r\n\r\n"
            #expect(try stage.exchange(raw).body.text == expected)
        }
    }

    @Test("a nested route has the settings of the one around it, and may change them")
    func inherited() throws {
        let routes = [
            "{ match: { path: /in/* }, limits: { body: 2 }, routes: [ { match: { path: /in/more }, limits: { body: 5 }, "
                + "proxy: backend }, { proxy: backend } ] }"
        ]
        try Stage.play(ScriptedServer.saying("ok"), .init(routes: routes)) { stage throws in
            #expect(try stage.exchange(post("/in/x", body: "123")).status == 413)
            #expect(try stage.exchange(post("/in/more", body: "12345")).status == 200)
            #expect(try stage.exchange(post("/in/more", body: "123456")).status == 413)
        }
    }

    @Test(
        "of many routes for one path that differ by one value, the one that fits is found, in file order with the others",
        arguments: [
            ("field: { X-Tenant: NAME }", "/", "X-Tenant: NAME\r\n"),
            ("cookie: { tenant: NAME }", "/", "Cookie: tenant=NAME\r\n"),
            ("query: { tenant: NAME }", "/?x=1&tenant=NAME", ""),
            ("query: { tenant: NAME }", "/?tenant=a&tenant=NAME", ""),
            ("host: NAME.example", "/", ""), ("method: NAME", "/", ""),
        ])
    func discriminated(_ condition: String, _ target: String, _ fields: String) throws {
        func fill(_ text: String, _ name: String) -> String {
            text.split(separator: "NAME", omittingEmptySubsequences: false).joined(separator: name)
        }
        var routes = ["{ match: { path: / , field: { X-First: { present: true } } }, respond: { body: first } }"]
        for number in 0..<40 {
            routes.append("{ match: { path: /, \(fill(condition, "T\(number)")) }, respond: { body: \"\(number)\" } }")
        }
        routes.append("{ match: { path: /, \(fill(condition, "T7")) }, respond: { body: never } }")
        try Stage.play(ScriptedServer.saying("rest"), .init(routes: routes)) { stage throws in
            func ask(_ name: String, _ more: String = "") throws -> String {
                let isMethod = condition.hasPrefix("method")
                let host = condition.hasPrefix("host") ? "\(name.lowercased()).example" : "a.example"
                let raw =
                    "\(isMethod ? name : "GET") \(fill(target, name)) HTTP/1.1\r\nHost: \(host)\r\n\(fill(fields, name))\(more)\r\n"
                return try stage.exchange(raw, to: "GET").body.text
            }
            for number in [0, 7, 39] { #expect(try ask("T\(number)") == "\(number)") }
            #expect(try ask("T40") == "rest")
            #expect(try ask("T7", "X-First: 1\r\n") == "first")
        }
    }
}
