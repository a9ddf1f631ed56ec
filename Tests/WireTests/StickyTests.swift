// Clients that stay with their server by a cookie.

import GateCore
import GateTesting
import Testing

@Suite("Sticky sessions")
struct StickyTests {
    private let key = "sticky: { cookie: node, key: 0123456789abcdef }"

    /// The cookie of a response as a client sends it back.
    private func cookie(_ response: RawResponse) throws -> String {
        let field = try #require(response["Set-Cookie"].first)
        return String(field.prefix { $0 != ";" })
    }

    private func ask(_ pool: Pool, _ cookie: String) throws -> RawResponse {
        try pool.proxy.exchange(get("/", "Cookie: a=b; \(cookie); c=d\r\n"))
    }

    @Test("the first answer brings a cookie that says nothing, and later requests stay")
    func stays() throws {
        try Pool.play(3, upstream: key) { pool throws in
            let first = try pool.proxy.exchange(get())
            let field = try #require(first["Set-Cookie"].first)
            #expect(field.hasSuffix("; Path=/; HttpOnly; SameSite=Lax"))
            let value = try cookie(first)
            #expect(value.hasPrefix("node=") && value.count == 5 + 32)
            #expect(!value.contains("127.0.0.1") && !value.contains("\(pool.backends[0].port)"))
            for _ in 0..<10 {
                let response = try ask(pool, value)
                #expect(response.body.text == first.body.text)
                #expect(response["Set-Cookie"] == [])
            }
        }
    }

    @Test("clients without a cookie are balanced")
    func balanced() throws {
        try Pool.play(3, upstream: key) { pool throws in
            #expect(try pool.tally(30) == [10, 10, 10])
        }
    }

    @Test(
        "a cookie that we did not make is worth nothing and is replaced",
        arguments: ["node=", "node=0", "node=00000000000000000000000000000000", "node=127.0.0.1", "node=%00"])
    func tampered(value: String) throws {
        try Pool.play(3, upstream: key) { pool throws in
            var used: Set<String> = []
            for _ in 0..<3 {
                let response = try ask(pool, value)
                used.insert(response.body.text)
                #expect(try cookie(response) != value)
            }
            #expect(used.count == 3)
        }
    }

    @Test("a cookie of another key is replaced, one of the same key is known by another proxy")
    func keys() throws {
        try Pool.play(3, upstream: key) { pool throws in
            let first = try pool.proxy.exchange(get())
            let value = try cookie(first)
            for (secret, isKnown) in [("0123456789abcdef", true), ("fedcba9876543210", false)] {
                let upstream = "sticky: { cookie: node, key: \(secret) }"
                let text = Stage.Settings(upstream: upstream, servers: pool.backends.map(\.url)).text(backend: "")
                let other = try ProxyUnderTest(text)
                let answer = try other.exchange(get("/", "Cookie: \(value)\r\n"))
                #expect(answer["Set-Cookie"].isEmpty == isKnown)
                if isKnown { #expect(answer.body.text == first.body.text) }
                try other.stop()
            }
        }
    }

    @Test("a server that fails or is removed hands its clients over, with a new cookie", arguments: [true, false])
    func gone(byReload: Bool) throws {
        try Pool.play(2, upstream: key) { pool throws in
            let first = try pool.proxy.exchange(get())
            let number = try #require(Int(first.body.text))
            let old = try cookie(first)
            if byReload {
                let left = [pool.backends[1 - number].url]
                try pool.proxy.reload(Stage.Settings(upstream: key, servers: left).text(backend: ""))
            } else {
                pool.backends[number].stop()
            }
            let second = try ask(pool, old)
            #expect(second.body.text == "\(1 - number)")
            let new = try cookie(second)
            #expect(new != old)
            #expect(try ask(pool, new)["Set-Cookie"] == [])
        }
    }

    @Test("draining sends clients away, or lets those stay who are bound", arguments: ["true", "sticky"])
    func drain(how: String) throws {
        try Pool.play(2, upstream: key) { pool throws in
            let first = try pool.proxy.exchange(get())
            let number = try #require(Int(first.body.text))
            let value = try cookie(first)
            let servers = pool.backends.enumerated().map {
                $0.offset == number ? "{ url: \"\($0.element.url)\", drain: \(how) }" : $0.element.url
            }
            try pool.proxy.reload(Stage.Settings(upstream: key, servers: servers).text(backend: ""))
            #expect(try ask(pool, value).body.text == (how == "sticky" ? "\(number)" : "\(1 - number)"))
            for _ in 0..<4 { #expect(try pool.ask() == 1 - number) }
        }
    }

    @Test("a server that is full sends its client elsewhere once, and keeps it")
    func full() throws {
        let turnstile = Turnstile()
        let slow = try ScriptedServer(turnstile.script)
        defer { slow.stop() }
        let other = try ScriptedServer(ScriptedServer.saying("other"))
        defer { other.stop() }
        let servers = ["{ url: \"\(slow.url)\", max_requests: 1 }", "{ url: \"\(other.url)\", weight: 1 }"]
        let settings = Stage.Settings(upstream: "balance: first, \(key)", servers: servers)
        try Stage.play(ScriptedServer.echo, settings) { stage throws in
            turnstile.letOne()
            let value = try cookie(try stage.exchange(get("/first")))
            let held = try stage.connect()
            try held.send(get("/held", "Cookie: \(value)\r\n"))
            try turnstile.waitFor(1)
            let passed = try stage.exchange(get("/", "Cookie: \(value)\r\n"))
            #expect(passed.body.text == "other")
            #expect(passed["Set-Cookie"] == [])
            turnstile.open()
            #expect(try held.readResponse().body.text == "/held")
        }
    }

    @Test("attributes follow the settings and the client's scheme")
    func attributes() throws {
        let upstream = "sticky: { path: /app, max_age: 1h }"
        try Pool.play(1, upstream: upstream, top: "trusted_proxies: [127.0.0.1]") { pool throws in
            let plain = try #require(try pool.proxy.exchange(get())["Set-Cookie"].first)
            #expect(plain.hasPrefix("gatehouse-"))
            #expect(plain.hasSuffix("; Path=/app; HttpOnly; SameSite=Lax; Max-Age=3600"))
            let secure = try #require(
                try pool.proxy.exchange(get("/", "X-Forwarded-Proto: https\r\n"))["Set-Cookie"].first)
            #expect(secure.hasSuffix("; Max-Age=3600; Secure"))
        }
    }
}
