// Answers that a configuration writes down, and the choice of the route.

import GateTesting
import Testing

@Suite("Routes and their answers (RFC 9110 §15.4, DESIGN §5)")
struct RouteAnswerTests {
    @Test("respond answers with its status, fields and body, and the connection goes on")
    func respond() throws {
        let routes = ["{ match: { path: /own }, respond: { status: 418, body: teapot, fields: { X-Kind: pot } } }"]
        try Stage.play(ScriptedServer.echo, .init(routes: routes)) { stage in
            let client = try stage.connect()
            for _ in 1...2 {
                try client.send(post("/own", body: "coffee"))
                let response = try client.readResponse()
                #expect(response.status == 418)
                #expect(response.body.text == "teapot")
                #expect(response["X-Kind"] == ["pot"])
            }
            #expect(stage.backend.connectionCount == 0)
            try expectEnding("answered", in: stage)
        }
    }

    @Test("redirect points where it says", arguments: [301, 302, 303, 307, 308])
    func redirect(status: Int) throws {
        let routes = ["{ match: { path: /old/* }, redirect: { to: \"https://b.example/new/\", status: \(status) } }"]
        try Stage.play(ScriptedServer.echo, .init(routes: routes)) { stage in
            let response = try stage.exchange(get("/old/x"))
            #expect(response.status == status)
            #expect(response["Location"] == ["https://b.example/new/"])
        }
    }

    @Test(
        "redirect_to_https keeps host, path and query, and drops the port",
        arguments: [
            (get("/a/b?c=d"), "https://a.example/a/b?c=d"), (get("/", host: "a.example:8080"), "https://a.example/"),
            (get("/%7Ex", host: "[::1]:80"), "https://[::1]/%7Ex"),
        ])
    func toHTTPS(raw: String, location: String) throws {
        try Stage.play(ScriptedServer.echo, .init(listener: "redirect_to_https: true")) { stage in
            let response = try stage.exchange(raw)
            #expect([301, 308].contains(response.status))
            #expect(response["Location"] == [location])
            #expect(stage.backend.connectionCount == 0)
        }
    }

    @Test(
        "exact paths win over prefixes, the longer prefix over the shorter",
        arguments: [
            ("/a", "a"), ("/a/", "a/*"), ("/a/b", "a/b"), ("/a/b/c", "a/b/*"), ("/a/bc", "a/*"), ("/", "rest"),
            ("/b", "rest"),
        ])
    func paths(target: String, name: String) throws {
        // The most particular routes first: that the order of the file decides holds as well.
        let routes = ["a", "a/b", "a/b/*", "a/*"].map {
            "{ match: { path: /\($0) }, respond: { status: 200, body: \"\($0)\" } }"
        }
        try Stage.play(ScriptedServer.saying("rest"), .init(routes: routes)) { stage throws in
            #expect(try stage.exchange(get(target)).body.text == name)
        }
    }

    @Test(
        "hosts choose the site, a wildcard takes what is below it",
        arguments: [
            ("a.example", "a"), ("x.b.example", "b"), ("x.y.b.example", "b"), ("b.example", "rest"),
            ("c.example", "rest"),
        ])
    func hosts(host: String, name: String) throws {
        let top = """
              - hosts: [a.example]
                routes: [ { respond: { status: 200, body: a } } ]
              - hosts: ["*.b.example"]
                routes: [ { respond: { status: 200, body: b } } ]
            """
        try Stage.play(ScriptedServer.saying("rest"), .init(top: top)) { stage throws in
            #expect(try stage.exchange(get(host: host)).body.text == name)
        }
    }

    @Test("what no route takes is 404")
    func nothing() throws {
        let text = """
            workers: 1
            log: { access: off, error: { level: warning } }
            listeners: [ { name: main, address: "127.0.0.1:0" } ]
            sites: [ { hosts: [a.example], routes: [ { match: { path: /x }, respond: { status: 200 } } ] } ]
            """
        let proxy = try ProxyUnderTest(text)
        #expect(try proxy.exchange(get("/x")).status == 200)
        #expect(try proxy.exchange(get("/y")).status == 404)
        #expect([404, 421].contains(try proxy.exchange(get("/x", host: "b.example")).status))
        try proxy.stop()
    }

    @Test("a route may name a URL in the place of an upstream, with its host's own port")
    func bareURL() throws {
        let backend = try ScriptedServer(ScriptedServer.saying("direct"))
        defer { backend.stop() }
        let proxy = try ProxyUnderTest(
            "workers: 1\nlog: { access: off, error: { level: warning } }\nlisteners: [ { name: main, address: \"127.0.0.1:0\" } ]\nsites: [ { routes: [ { proxy: \"\(backend.url)\" } ] } ]\n"
        )
        #expect(try proxy.exchange(get()).body.text == "direct")
        try proxy.stop()
    }
}
