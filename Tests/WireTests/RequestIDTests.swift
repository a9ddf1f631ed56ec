import GateTesting
import Testing

@Suite("Request ids")
struct RequestIDTests {
    @Test("every request gets an id of its own")
    func made() throws {
        try Stage.play { stage in
            let ids = try (1...50).map { _ in try #require(try stage.forwarded(get()).head.only("X-Request-Id")) }
            #expect(Set(ids).count == 50)
            #expect(ids.allSatisfy { (16...64).contains($0.count) })
        }
    }

    @Test("an untrusted client's id is replaced")
    func replaced() throws {
        try Stage.play { stage in
            let id = try stage.forwarded(get("/", "X-Request-Id: mine\r\n")).head.only("X-Request-Id")
            #expect(id != nil && id != "mine")
        }
    }

    @Test(
        "a trusted proxy's id is kept, one that is no good is replaced",
        arguments: [
            ("upstream-id-1", true), (String(repeating: "x", count: 5000), false), ("", false),
        ])
    func trusted(id: String, isKept: Bool) throws {
        try Stage.play(ScriptedServer.echo, .init(top: "trusted_proxies: [127.0.0.1]\n")) { stage in
            let arrived = try stage.forwarded(get("/", "X-Request-Id: \(id)\r\n"))["X-Request-Id"]
            #expect(arrived.count == 1)
            #expect((arrived == [id]) == isKept)
        }
    }

    @Test("the proxy's own answers carry the id", arguments: ["/own", "/moved", "/bad%2Fpath", "/dead"])
    func echoed(target: String) throws {
        let refusing = try RefusingPort()
        let settings = Stage.Settings(
            servers: [refusing.url],
            routes: [
                "{ match: { path: /own }, respond: { status: 200, body: own } }",
                "{ match: { path: /moved }, redirect: { to: \"https://b.example/\", status: 308 } }",
            ])
        try Stage.play(ScriptedServer.echo, settings) { stage in
            let first = try stage.exchange(get(target)).head.only("X-Request-Id")
            let second = try stage.exchange(get(target)).head.only("X-Request-Id")
            #expect(first != nil && second != nil && first != second)
        }
    }

    @Test("even a request that could not be read gets an answer with an id")
    func malformed() throws {
        try Stage.play { stage throws in #expect(try stage.exchange("nonsense\r\n\r\n").head.has("X-Request-Id")) }
    }
}
