// Which backend gets what: over real connections, for each method.

import GateCore
import GateTesting
import Testing

@Suite("Balancing")
struct BalancingTests {
    @Test("in turn, by weight")
    func roundRobin() throws {
        try Pool.play(3, settings: [", weight: 1", ", weight: 2", ", weight: 3"]) { pool throws in
            #expect(try pool.tally(60) == [10, 20, 30])
        }
    }

    @Test(
        "every method uses all servers, or the first alone",
        arguments: ["round_robin", "least_requests", "least_time", "random", "hash", "first"])
    func methods(method: String) throws {
        try Pool.play(3, upstream: "balance: \(method)") { pool throws in
            let counts = try pool.tally(60)
            #expect(counts.reduce(0, +) == 60)
            switch method {
            case "first", "hash": #expect(counts.filter { $0 == 60 }.count == 1)
            case "least_time": #expect(counts.filter { $0 > 0 }.count >= 2)
            default: #expect(counts.allSatisfy { $0 > 0 }, "\(counts)")
            }
        }
    }

    @Test(
        "the same key goes to the same server, and keys spread",
        arguments: [
            ("{ cookie: sid }", "Cookie: a=b; sid=KEY; c=d\r\n", "/"),
            ("{ field: X-Tenant }", "X-Tenant: KEY\r\n", "/"),
            ("{ query: user }", "", "/?a=b&user=KEY"), ("path", "", "/KEY"), ("query", "", "/?KEY"),
        ])
    func hash(key: String, fields: String, target: String) throws {
        try Pool.play(4, upstream: "balance: { method: hash, key: \(key) }") { pool throws in
            var used: Set<Int> = []
            // So many that a server which gets none of them is no accident.
            for number in 0..<100 {
                let request = get(
                    target.replacing("KEY", with: "key\(number)"), fields.replacing("KEY", with: "key\(number)"))
                let first = try pool.ask(request)
                #expect(try pool.ask(request) == first)
                used.insert(first)
            }
            #expect(used.count == 4)
        }
    }

    @Test("by the client's address")
    func clientAddress() throws {
        try Pool.play(4, upstream: "balance: hash") { pool throws in
            var used: Set<Int> = []
            for last in 1...100 {
                let local = IPAddress("127.0.0.\(last)")!
                let first = try pool.ask(from: local)
                #expect(try pool.ask(from: local) == first)
                used.insert(first)
            }
            #expect(used.count == 4)
        }
    }

    @Test("a key whose server refuses goes elsewhere and back, other keys stay")
    func hashFails() throws {
        let upstream = "balance: { method: hash, key: path }, passive: off"
        try Pool.play(3, upstream: upstream) { pool throws in
            let before = try (0..<20).map { try pool.ask(get("/\($0)")) }
            pool.backends[1].stop()
            let after = try (0..<20).map { try pool.ask(get("/\($0)")) }
            for (old, new) in zip(before, after) { #expect(old == 1 ? [0, 2].contains(new) : new == old) }
        }
    }

    @Test("a second tier stands in when the first is gone, and not before")
    func tiers() throws {
        try Pool.play(3, upstream: "retries: { attempts: 2 }", settings: [", tier: 1"]) { pool throws in
            #expect(try pool.tally(20) == [0, 10, 10])
            for backend in pool.backends[1...] { backend.stop() }
            for _ in 0..<20 { #expect(try pool.ask() == 0) }
        }
    }

    @Test(
        "a server that is drained, or has no weight, gets nothing",
        arguments: ["drain: true", "weight: 0", "drain: sticky"])
    func drained(setting: String) throws {
        try Pool.play(3, settings: ["", ", \(setting)"]) { pool throws in
            #expect(try pool.tally(20) == [10, 0, 10])
        }
    }

    @Test("draining by reload lets what is under way finish")
    func drainByReload() throws {
        let turnstile = Turnstile()
        let backend = try ScriptedServer(turnstile.script)
        defer { backend.stop() }
        let other = try ScriptedServer(ScriptedServer.saying("other"))
        defer { other.stop() }
        func text(_ setting: String) -> String {
            let servers = ["{ url: \"\(backend.url)\"\(setting) }", "{ url: \"\(other.url)\", tier: 1 }"]
            return Stage.Settings(servers: servers).text(backend: "")
        }
        let proxy = try ProxyUnderTest(text(""))
        let client = try proxy.connect()
        try client.send(get("/long"))
        try turnstile.waitFor(1)
        try proxy.reload(text(", drain: true"))
        #expect(try proxy.exchange(get()).body.text == "other")
        turnstile.letOne()
        #expect(try client.readResponse().body.text == "/long")
        try proxy.stop()
    }

    @Test("more than sixty-four servers are told apart when one is tried again")
    func manyServers() throws {
        let refusing = try (0..<99).map { _ in try RefusingPort() }
        let good = try ScriptedServer(ScriptedServer.saying("good"))
        defer { good.stop() }
        let upstream = "balance: first, passive: off, retries: { attempts: 10, budget: 100%, min_per_second: 1000 }"
        // The ten before the good one refuse.
        let servers =
            refusing.prefix(89).map { "{ url: \"\($0.url)\", weight: 0 }" }
            + refusing.suffix(10).map(\.url) + [good.url]
        try Stage.play(ScriptedServer.echo, .init(upstream: upstream, servers: servers)) { stage throws in
            #expect(try stage.exchange(get()).body.text == "good")
        }
    }

    @Test("a server that was added warms up")
    func slowStart() throws {
        try Pool.play(2, upstream: "slow_start: 1h") { pool throws in
            #expect(try pool.tally(20) == [10, 10])
            let third = try ScriptedServer(ScriptedServer.saying("0"))
            defer { third.stop() }
            let servers = pool.backends.map(\.url) + [third.url]
            try pool.proxy.reload(Stage.Settings(upstream: "slow_start: 1h", servers: servers).text(backend: ""))
            _ = try pool.tally(210)
            #expect((9...11).contains(third.requestCount), "\(third.requestCount)")
        }
    }
}
