// `explain` says what serving does, and sends nothing.

import GateControl
import GateProxy
import GateTesting
import Gatehouse
import Testing

@Suite("Explanations")
struct ExplainTests {
    private static let routes = [
        "{ name: admin, match: { path: /admin/*, not: { client: [10.0.0.0/8] } }, respond: 403 }",
        "{ name: users, match: { path: { regex: '^/u/(?<id>[0-9]+)' }, method: [GET, HEAD] }, proxy: backend, limits: { body: 4 } }",
        "{ name: api, match: { path: /api/* }, routes: [ { name: beta, match: { cookie: { beta: '1' } }, "
            + "split: [ { proxy: backend, weight: 90 }, { proxy: 'http://127.0.0.1:1', weight: 10 } ] }, "
            + "{ name: old, match: { query: { v: '1' } }, redirect: /new } ] }",
        "{ name: slow, match: { path: { regex: '^/(a+)+$' } }, respond: 403 }",
    ]

    private func explain(_ request: ExplainedRequest, backend: String = "http://127.0.0.1:2", route: String = "") throws
        -> Explanation
    {
        let text = Stage.Settings(route: route, routes: Self.routes).text(backend: backend)
        let outcome = ConfigurationLoader.load(text: text, name: "gatehouse.yaml")
        return try Proxy.explain(request, by: try #require(outcome.configuration))
    }

    private func get(_ target: String, _ fields: [FixedAnswer.Field] = [], client: String = "127.0.0.1")
        -> ExplainedRequest
    {
        ExplainedRequest(method: "GET", target: target, host: "a.example", fields: fields, client: client)
    }

    private func forwarding(_ explanation: Explanation) throws -> Explanation.Forwarding {
        guard case .forward(let forwarding) = explanation.outcome else {
            throw WrongOutcome(text: "\(explanation.outcome)")
        }
        return forwarding
    }

    private struct WrongOutcome: Error { let text: String }

    private func answer(_ explanation: Explanation) throws -> Explanation.OwnAnswer {
        guard case .answer(let answer) = explanation.outcome else { throw WrongOutcome(text: "\(explanation.outcome)") }
        return answer
    }

    @Test("the route is named with its place, and each earlier one with what spoke against it")
    func route() throws {
        let found = try explain(get("/u/17/x"))
        #expect(found.route == "users")
        #expect(found.routeOrigin == "gatehouse.yaml:10:9")
        #expect(found.captures.map { "\($0.name)=\($0.value)" } == ["id=17"])
        #expect(found.refusals.map(\.route) == ["admin"])
        #expect(found.refusals.map(\.why) == ["path is /admin/*: no"])
        #expect(found.bodyBytesMax == 4)

        let nested = try explain(get("/api/x", client: "10.1.1.1"))
        #expect(nested.route == "main[4]" || nested.route == "*[4]")
        let near = nested.refusals.filter(\.isPathTaken).map { "\($0.route): \($0.why)" }
        #expect(near == ["beta: cookie beta is `1`: no", "old: query parameter v is `1`: no"])

        let inside = try explain(get("/admin/x", client: "10.1.1.1"))
        #expect(inside.refusals.first?.why == "client is in 10.0.0.0/8: yes, and it must not")
    }

    @Test("an answer of Gatehouse's own is told with its status and reason")
    func answers() throws {
        #expect(try answer(explain(get("/admin/x"))).status == 403)
        let redirect = try answer(explain(get("/api/?v=1")))
        #expect(redirect.status == 302)
        #expect(redirect.fields.contains("Location: /new"))
        let limited = try answer(explain(get("/u/1", [.init("Content-Length", "5")])))
        #expect(limited.status == 413)
        #expect(limited.reason == "body_too_large")
        #expect(try answer(explain(get("/" + String(repeating: "a", count: 60) + "!"))).reason == "pattern_limit")
        #expect(try answer(explain(get("/%zz"))).status == 400)
        #expect(try answer(explain(get("/", [.init("Transfer-Encoding", "x")]))).status == 400)
    }

    @Test("upstream, servers, rule, split and mirror are told")
    func upstream() throws {
        let plain = try forwarding(explain(get("/x"), route: "mirror: { to: 'http://127.0.0.1:3', share: 10% }"))
        #expect(plain.upstream == "backend")
        #expect(plain.server == "127.0.0.1:2")
        #expect(plain.rule == "only")
        #expect(plain.mirror?.upstream == "http://127.0.0.1:3")
        #expect(plain.mirror?.sharePercent == 10)
        #expect(plain.timeouts.connectMs == 3000)
        let beta = try forwarding(explain(get("/api/x", [.init("Cookie", "beta=1")])))
        #expect(beta.split.map { "\($0.upstream) \($0.weight)" } == ["backend 90", "http://127.0.0.1:1 10"])
        #expect(plain.responseChanges.contains { $0.hasPrefix("Location: http://127.0.0.1:2/path -> ") })
    }

    @Test("what a server would get is what it gets")
    func agreement() throws {
        let requests = [
            get("/x?y=z"), get("/u/9", [.init("X-A", "b"), .init("Connection", "close, X-B"), .init("X-B", "c")]),
            get("/%7Ea/../b", [.init("X-Forwarded-For", "6.6.6.6"), .init("Accept", "*/*")]),
            ExplainedRequest(method: "OPTIONS", target: "*", host: "a.example"),
            get("/te", [.init("Connection", "TE"), .init("TE", "trailers, gzip")]),
        ]
        try Stage.play(ScriptedServer.echo, .init(routes: Self.routes)) { stage throws in
            for request in requests {
                var raw = "\(request.method) \(request.target) HTTP/1.1\r\nHost: \(request.host)\r\n"
                for field in request.fields { raw += "\(field.name): \(field.value)\r\n" }
                let arrived = try stage.forwarded(raw + "\r\n")
                let explained = try forwarding(explain(request, backend: stage.backend.url)).head
                let own: Set = ["x-request-id", "x-forwarded-port"]
                func isComparable(_ line: String) -> Bool { !own.contains(line.prefix { $0 != ":" }.lowercased()) }
                #expect(
                    explained.dropFirst().filter(isComparable)
                        == arrived.head.fields.map { "\($0)" }.filter(isComparable))
                #expect(explained.first == "\(arrived.method) \(arrived.target) HTTP/1.1")
            }
        }
    }

    @Test("what an HTTP/2 server would get is what it gets, pseudo-fields first")
    func agreementHTTP2() throws {
        let upgrade: [FixedAnswer.Field] = [
            .init("Connection", "upgrade"), .init("Upgrade", "websocket"), .init("Sec-WebSocket-Version", "13"),
            .init("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ]
        let requests = [
            get("/x?y=z", [.init("X-Mixed-Case", "b"), .init("Connection", "close, X-B"), .init("X-B", "c")]),
            get("/a", [.init("TE", "trailers"), .init("Connection", "TE"), .init("Content-Length", "0")]),
            get("/socket", upgrade),
        ]
        // What the server gets comes back as the body.
        let script = ScriptedServer.http2([(8, 1)]) { [count = requests.count] visit in
            for _ in 0..<count {
                let request = try visit.readHead()
                let lines = request.fields.map { "\($0.0): \($0.1)" }
                try visit.respond(request.stream, 403, body: lines.joined(separator: "\n"))
            }
            _ = try? visit.wire.readFrame { $0.type == RawFrame.goAway }
        }
        try Stage.play(script, .init(upstream: "protocol: h2")) { stage in
            for request in requests {
                var raw = "\(request.method) \(request.target) HTTP/1.1\r\nHost: \(request.host)\r\n"
                for field in request.fields { raw += "\(field.name): \(field.value)\r\n" }
                let arrived = try stage.exchange(raw + "\r\n").body.text.split(separator: "\n").map(String.init)
                let text = Stage.Settings(upstream: "protocol: h2").text(backend: stage.backend.url)
                let configuration = try #require(ConfigurationLoader.load(text: text, name: "x.yaml").configuration)
                let explained = try forwarding(Proxy.explain(request, by: configuration)).head
                #expect(explained.contains(":authority: a.example"))
                #expect(explained.first == (request.target == "/socket" ? ":method: CONNECT" : ":method: GET"))
                // The scripted server's decoder calls `:authority` what HTTP/1.1 calls it.
                let named = explained.map { $0.hasPrefix(":authority:") ? "host:" + $0.dropFirst(11) : $0 }
                let own: Set = ["x-request-id", "x-forwarded-port"]
                func isComparable(_ line: String) -> Bool {
                    !own.contains { line.hasPrefix($0 + ":") }
                }
                #expect(named.filter(isComparable) == arrived.filter(isComparable))
            }
        }
    }

    @Test("a head of several HTTP/2 frames is told whole")
    func largeHTTP2() throws {
        let text = Stage.Settings(upstream: "protocol: h2").text(backend: "http://127.0.0.1:2")
        let configuration = try #require(ConfigurationLoader.load(text: text, name: "x.yaml").configuration)
        let value = String(repeating: "~", count: 20_000)
        let request = get("/x?y", [.init("X-Large", value), .init("X-Last", "1")])
        let head = try forwarding(Proxy.explain(request, by: configuration)).head
        #expect(head.prefix(4) == [":method: GET", ":scheme: http", ":authority: a.example", ":path: /x?y"])
        #expect(head.contains("x-large: \(value)"))
        #expect(head.contains("x-last: 1"))
    }

    @Test("nothing is sent, to a mirror neither")
    func silent() throws {
        let server = try ScriptedServer(ScriptedServer.echo)
        defer { server.stop() }
        for _ in 1...5 {
            _ = try forwarding(explain(get("/x"), backend: server.url, route: "mirror: '\(server.url)'"))
        }
        #expect(server.connectionCount == 0)
    }

    @Test(
        "the version that the server would be spoken to in is told",
        arguments: [
            ("http://127.0.0.1:2", "", "h1", "HTTP/1.1"), ("http://127.0.0.1:2", "protocol: h2", "h2", "HTTP/2.0"),
            ("https://127.0.0.1:2", "", "auto", "HTTP/2.0 or HTTP/1.1, as the server chooses by ALPN"),
            ("https://127.0.0.1:2", "protocol: h1", "h1", "HTTP/1.1"),
            ("https://127.0.0.1:2", "proxy_protocol: v2", "h1", "HTTP/1.1"),
        ])
    func serverProtocol(url: String, upstream: String, name: String, words: String) throws {
        let text = Stage.Settings(upstream: upstream).text(backend: url)
        let outcome = ConfigurationLoader.load(text: text, name: "gatehouse.yaml")
        let found = try Proxy.explain(get("/"), by: try #require(outcome.configuration))
        #expect(found.json(of: get("/")).contains("\"protocol\": \"\(name)\""))
        #expect(found.text(of: get("/")).split(separator: "\n").contains("protocol   \(words)"))
    }

    @Test("text and JSON hold it all")
    func output() throws {
        let request = get("/u/17", [.init("Cookie", "a=b")])
        let found = try explain(request)
        let text = found.text(of: request)
        for part in [
            "users", "gatehouse.yaml:10:9", "{path.id} is 17", "GET /u/17 HTTP/1.1", "backend, by only", "body 4",
        ] {
            #expect(text.contains(part), "\(part)")
        }
        let json = found.json(of: request)
        for part in ["\"route\"", "\"origin\": \"gatehouse.yaml:10:9\"", "\"id\": \"17\"", "\"rule\": \"only\""] {
            #expect(json.contains(part), "\(part)")
        }
    }

    @Test("a listener that is not there, and a client that is no address, are told")
    func failures() throws {
        var request = get("/")
        request.listener = "other"
        #expect(throws: ExplainFailure.self) { try explain(request) }
        #expect(throws: ExplainFailure.self) { try explain(get("/", client: "nobody")) }
    }
}
