// Servers by name: a name server of the test's own says where they are.

import GateCore
import GateTesting
import Testing

@Suite("Servers by name")
struct NameTests {
    private let a = IPAddress("127.0.0.1")!
    private let b = IPAddress("127.0.0.2")!

    /// Two backends on the same port of two addresses, which say their address.
    private func play(
        server: String = "http://app.test", upstream: String = "", ttl: String = "50ms", timeout: String = "10s",
        before: (NameServer) -> Void,
        _ body: (ProxyUnderTest, NameServer, [ScriptedServer]) throws -> Void
    ) throws {
        let names = try NameServer()
        defer { names.stop() }
        let (first, second) = try backends()
        defer {
            first.stop()
            second.stop()
        }
        before(names)
        let url = server.hasPrefix("srv:") ? server : "\(server):\(first.port)"
        let top = "resolver: { servers: [\"\(names.address)\"], min_ttl: \(ttl), timeout: \(timeout), attempts: 1 }"
        let text = Stage.Settings(top: top, upstream: upstream, servers: [url]).text(backend: "")
        let proxy = try ProxyUnderTest(text)
        do { try body(proxy, names, [first, second]) } catch {
            try? proxy.stop()
            throw error
        }
        try proxy.stop()
    }

    /// Somebody else may have the port on the second address: then another is taken.
    private func backends() throws -> (ScriptedServer, ScriptedServer) {
        for _ in 0..<16 {
            let first = try ScriptedServer(on: .ip(a, port: 0), ScriptedServer.saying("a"))
            if let second = try? ScriptedServer(on: .ip(b, port: first.port), ScriptedServer.saying("b")) {
                return (first, second)
            }
            first.stop()
        }
        throw TimedOut("a port that is free on both addresses", .zero)
    }

    /// The same for an IPv6 address that nobody answers on, and a server of the other family.
    private func holeAndServer() throws -> (BlackHole, ScriptedServer) {
        for _ in 0..<16 {
            let hole = try BlackHole(on: .loopback)
            let four = try? ScriptedServer(on: .ip(a, port: hole.port), ScriptedServer.saying("four"))
            if let four { return (hole, four) }
        }
        throw TimedOut("a port that is free on both addresses", .zero)
    }

    private func ask(_ proxy: ProxyUnderTest) throws -> String {
        let response = try proxy.exchange(get())
        return response.status == 200 ? response.body.text : "\(response.status)"
    }

    private func waitFor(_ expected: Set<String>, _ proxy: ProxyUnderTest) throws {
        try eventually("answers of \(expected)") { try Set((0..<4).map { _ in try ask(proxy) }) == expected }
    }

    @Test("each of several addresses is a server")
    func several() throws {
        try play {
            $0.set("app.test", "A", .addresses([a, b], seconds: 60))
        } _: { proxy, _, _ throws in
            #expect(try Set((0..<4).map { _ in try ask(proxy) }) == ["a", "b"])
        }
    }

    @Test("an alias, and an answer that is cut and asked for again over TCP", arguments: [true, false])
    func forms(isAlias: Bool) throws {
        try play {
            $0.set("app.test", "A", isAlias ? .alias("real.test", [b], seconds: 60) : .cut([b]))
        } _: { proxy, _, _ throws in
            #expect(try ask(proxy) == "b")
        }
    }

    @Test("when the time of an answer is up the name is asked for again, and a change is followed")
    func change() throws {
        try play {
            $0.set("app.test", "A", .addresses([a]))
        } _: { proxy, names, backends throws in
            let client = try proxy.connect()
            try client.send(get())
            #expect(try client.readResponse().body.text == "a")
            names.set("app.test", "A", .addresses([b]))
            try waitFor(["b"], proxy)
            names.set("app.test", "A", .addresses([a, b]))
            try waitFor(["a", "b"], proxy)
            #expect(backends[1].failures == [])
        }
    }

    @Test("an answer holds for as long as it says")
    func holds() throws {
        try play {
            $0.set("app.test", "A", .addresses([a], seconds: 3600))
        } _: { proxy, names, _ throws in
            names.set("app.test", "A", .addresses([b], seconds: 3600))
            #expect(try Set((0..<4).map { _ in try ask(proxy) }) == ["a"])
            #expect(names.questions.filter { $0 == "app.test A" }.count == 1)
        }
    }

    @Test("what did not change keeps its connections")
    func untouched() throws {
        try play {
            $0.set("app.test", "A", .addresses([a]))
        } _: { proxy, names, backends throws in
            #expect(try ask(proxy) == "a")
            names.set("app.test", "A", .addresses([a, b]))
            try waitFor(["a", "b"], proxy)
            for _ in 0..<10 { _ = try ask(proxy) }
            #expect(backends[0].connectionCount == 1)
        }
    }

    @Test(
        "when the name server fails the last answer stays in use",
        arguments: [NameServer.Reply.code(2), .silence, .garbage([1, 2, 3]), .code(3)])
    func failure(reply: NameServer.Reply) throws {
        try play(timeout: "300ms") {
            $0.set("app.test", "A", .addresses([a]))
        } _: { proxy, names, _ throws in
            try waitFor(["a"], proxy)
            names.set("app.test", "A", reply)
            let before = names.questions.count
            try eventually("the name to be asked for again") { names.questions.count > before + 2 }
            #expect(try Set((0..<4).map { _ in try ask(proxy) }) == ["a"])
            names.set("app.test", "A", .addresses([b]))
            try waitFor(["b"], proxy)
        }
    }

    @Test("a name that does not resolve is 503 until it does", arguments: [NameServer.Reply.code(3), .silence])
    func unknown(reply: NameServer.Reply) throws {
        try play(timeout: "300ms") {
            $0.set("app.test", "A", reply)
        } _: { proxy, names, _ throws in
            #expect(try ask(proxy) == "503")
            names.set("app.test", "A", .addresses([a]))
            try waitFor(["a"], proxy)
        }
    }

    @Test("a reload does not wait for names that it knows, nor fail for those that it does not")
    func reload() throws {
        try play {
            $0.set("app.test", "A", .addresses([a], seconds: 3600))
        } _: { proxy, names, backends throws in
            let top = "resolver: { servers: [\"\(names.address)\"], min_ttl: 50ms, timeout: 10s, attempts: 1 }"
            let servers = ["http://app.test:\(backends[0].port)", "http://other.test:\(backends[0].port)"]
            try proxy.reload(Stage.Settings(top: top, servers: servers).text(backend: ""))
            #expect(try Set((0..<4).map { _ in try ask(proxy) }) == ["a"])
            #expect(names.questions.filter { $0 == "app.test A" }.count == 1)
            names.set("other.test", "A", .addresses([b]))
            try waitFor(["a", "b"], proxy)
        }
    }

    @Test("a service's places are servers, by priority")
    func service() throws {
        let names = try NameServer()
        defer { names.stop() }
        try Pool.play(3) { pool throws in
            func place(_ index: Int, priority: UInt16) -> (
                priority: UInt16, weight: UInt16, port: UInt16, target: String
            ) { (priority, 5, pool.backends[index].port, "host\(index).test") }
            for index in 0..<3 { names.set("host\(index).test", "A", .addresses([a], seconds: 60)) }
            names.set(
                "_http._tcp.app.test", "SRV",
                .services([place(0, priority: 1), place(1, priority: 1), place(2, priority: 9)], seconds: 0))
            let top = "resolver: { servers: [\"\(names.address)\"], min_ttl: 50ms }"
            let text = Stage.Settings(top: top, servers: ["srv://_http._tcp.app.test"]).text(backend: "")
            try pool.proxy.reload(text)
            #expect(try pool.tally(20) == [10, 10, 0])
            names.set("_http._tcp.app.test", "SRV", .services([place(2, priority: 9)], seconds: 60))
            try eventually("the third to take over") { try pool.ask() == 2 }
        }
    }

    @Test("of two families the one that answers is used, and remembered")
    func families() throws {
        try play {
            $0.set("app.test", "A", .addresses([a], seconds: 60))
            // Nobody listens on this port of the IPv6 loopback.
            $0.set("app.test", "AAAA", .addresses([.loopback], seconds: 60))
        } _: { proxy, _, backends throws in
            for _ in 0..<3 { #expect(try ask(proxy) == "a") }
            #expect(backends[0].connectionCount == 1)
        }
    }

    @Test("IPv6 is preferred where both answer")
    func both() throws {
        let six = try ScriptedServer(on: .ip(.loopback, port: 0), ScriptedServer.saying("six"))
        defer { six.stop() }
        let names = try NameServer()
        defer { names.stop() }
        names.set("app.test", "A", .addresses([a], seconds: 60))
        names.set("app.test", "AAAA", .addresses([.loopback], seconds: 60))
        let top = "resolver: { servers: [\"\(names.address)\"] }"
        let text = Stage.Settings(top: top, servers: ["http://app.test:\(six.port)"]).text(backend: "")
        let proxy = try ProxyUnderTest(text)
        #expect(try proxy.exchange(get()).body.text == "six")
        try proxy.stop()
    }

    @Test("a family that does not answer at all costs a moment, not the connection timeout")
    func stalls() throws {
        let (hole, four) = try holeAndServer()
        defer { four.stop() }
        let names = try NameServer()
        defer { names.stop() }
        names.set("app.test", "A", .addresses([a], seconds: 60))
        names.set("app.test", "AAAA", .addresses([.loopback], seconds: 60))
        // Nobody waits for an answer as long as the connection might take.
        let top = "resolver: { servers: [\"\(names.address)\"] }\ntimeouts: { connect: 1h }"
        let text = Stage.Settings(top: top, servers: ["http://app.test:\(hole.port)"]).text(backend: "")
        let proxy = try ProxyUnderTest(text)
        let watch = Stopwatch()
        #expect(try proxy.exchange(get()).body.text == "four")
        #expect(watch.elapsed >= .milliseconds(200))
        // A client that goes away in the meantime leaves nothing behind.
        let client = try proxy.connect()
        try client.send(get("/", "Connection: close\r\n"))
        client.reset()
        try proxy.waitUntilIdle()
        try proxy.stop()
    }
}
