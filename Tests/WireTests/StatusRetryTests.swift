// Retries after answers and timeouts, waits between them, and hedging.

import GateProxy
import GateTesting
import Gatehouse
import Testing

@Suite("Retries after statuses and timeouts")
struct StatusRetryTests {
    private static func failing(_ status: String, _ rest: String = "Content-Length: 7\r\n\r\nfailing")
        -> ScriptedServer.Script
    {
        ScriptedServer.serving { visit, _ in try visit.send("HTTP/1.1 \(status)\r\n\(rest)") }
    }

    /// Two servers, of which the first one is asked first.
    private static func play(
        _ first: @escaping ScriptedServer.Script, _ upstream: String,
        second: @escaping ScriptedServer.Script = ScriptedServer.saying("good"), top: String = "",
        _ body: (Stage, ScriptedServer, ScriptedServer) throws -> Void
    ) throws {
        let servers = [try ScriptedServer(first), try ScriptedServer(second)]
        defer { for server in servers { server.stop() } }
        let settings = Stage.Settings(
            top: top, upstream: "balance: first, passive: off, \(upstream)", servers: servers.map(\.url))
        try Stage.play(ScriptedServer.echo, settings) { try body($0, servers[0], servers[1]) }
    }

    @Test(
        "an answer whose status is named goes to waste, and another server is asked",
        arguments: [
            "Content-Length: 7\r\n\r\nfailing", "Content-Length: 0\r\n\r\n",
            "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        ])
    func statuses(rest: String) throws {
        try Self.play(Self.failing("503 Service Unavailable", rest), "retries: { on: [503] }") {
            stage, first, second throws in
            let client = try stage.connect()
            for _ in 1...5 {
                try client.send(get())
                let response = try client.readResponse()
                #expect(response.status == 200)
                #expect(response.body.text == "good")
            }
            #expect(first.requestCount == 5)
            #expect(first.connectionCount == 1, "what was left of the answers was read past")
            #expect(stage.proxy.proxy.counters().retries == 5)
        }
    }

    @Test("a large answer is not read past: its connection is closed")
    func large() throws {
        let length = 1 << 20
        let script = Self.failing(
            "503 Service Unavailable", "Content-Length: \(length)\r\n\r\n" + String(repeating: "x", count: length))
        try Self.play(script, "retries: { on: [5xx] }") { stage, first, _ throws in
            for _ in 1...2 { #expect(try stage.exchange(get()).body.text == "good") }
            #expect(first.connectionCount == 2)
        }
    }

    @Test("an answer that stalls while it is read past holds nobody up")
    func stallingBody() throws {
        let script: ScriptedServer.Script = { visit in
            try visit.readRequest()
            try visit.send("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 9\r\n\r\nx")
            try visit.connection.waitForEnd(within: .seconds(30))
        }
        try Self.play(script, "retries: { on: [503] }") { stage, first, _ throws in
            #expect(try stage.exchange(get()).body.text == "good")
            try first.waitUntilIdle()
        }
    }

    @Test(
        "other statuses, other methods and the last attempt are passed on",
        arguments: [
            ("503 Service Unavailable", get(), "on: [500]", 1),
            ("503 Service Unavailable", post(body: "x"), "on: [503]", 1),
            ("503 Service Unavailable", get(), "on: [503], attempts: 0", 1), ("404 Not Found", get(), "on: [5xx]", 1),
        ])
    func passedOn(status: String, request: String, retries: String, requests: Int) throws {
        try Self.play(Self.failing(status), "retries: { \(retries) }") { stage, first, second throws in
            let response = try stage.exchange(request)
            #expect("\(response.status)" == status.prefix(3))
            #expect(response.body.text == "failing")
            #expect(first.requestCount + second.requestCount == requests)
        }
    }

    @Test("when nobody answers better, the last answer is the client's")
    func last() throws {
        try Self.play(
            Self.failing("503 Service Unavailable"), "retries: { on: [503], attempts: 5 }",
            second: Self.failing("503 Service Unavailable", "Content-Length: 4\r\n\r\nlast")
        ) { stage, first, second throws in
            #expect(try stage.exchange(get()).body.text == "last")
            #expect(first.requestCount == 1 && second.requestCount == 1)
        }
    }

    @Test("a body goes along to the next server")
    func body() throws {
        try Self.play(
            Self.failing("503 Service Unavailable"), "retries: { on: [503] }", second: ScriptedServer.mirror
        ) { stage, _, _ throws in
            #expect(try stage.exchange(ask("PUT", "/", "Content-Length: 5\r\n") + "hello").body.text == "hello")
        }
    }

    @Test("retries of statuses are bounded by the budget")
    func budget() throws {
        try Self.play(
            Self.failing("503 Service Unavailable"), "retries: { on: [503], budget: 20%, min_per_second: 0 }"
        ) { stage, _, second throws in
            for _ in 1...50 { _ = try stage.exchange(get()) }
            #expect((1...12).contains(second.requestCount), "\(second.requestCount)")
        }
    }

    private static let stalling: ScriptedServer.Script = { visit in
        try visit.readRequest()
        try visit.connection.waitForEnd(within: .seconds(30))
    }

    @Test("an attempt that takes too long is given up for another", arguments: ["", "on: [timeout]"])
    func perTry(on: String) throws {
        // The second attempt has no more time, and needs some.
        let retries = ["per_try_timeout: 1500ms", on].filter { !$0.isEmpty }.joined(separator: ", ")
        try Self.play(Self.stalling, "retries: { \(retries) }") { stage, first, _ throws in
            let watch = Stopwatch()
            #expect(try stage.exchange(get()).body.text == "good")
            #expect(watch.elapsed >= .milliseconds(1400))
            #expect(first.requestCount == 1)
        }
    }

    @Test("what is not named is not tried again")
    func notNamed() throws {
        try Self.play(Self.stalling, "retries: { per_try_timeout: 100ms, on: [connect, reset] }") {
            stage, _, second throws in
            #expect(try stage.exchange(get()).status == 504)
            #expect(second.requestCount == 0)
            try expectEnding("first_byte_timeout", in: stage)
        }
        let mute: ScriptedServer.Script = { visit in try visit.readRequest() }
        try Self.play(mute, "retries: { on: [connect] }") { stage, _, second throws in
            #expect(try stage.exchange(get()).status == 502)
            #expect(second.requestCount == 0)
        }
    }

    @Test("garbage is tried again where the rules say so", arguments: [("", 502), ("on: [bad_response]", 200)])
    func garbage(retries: String, status: Int) throws {
        let script: ScriptedServer.Script = { visit in
            try visit.readRequest()
            try visit.send("what?\r\n\r\n")
        }
        try Self.play(script, "retries: { \(retries) }") { stage, _, _ throws in
            #expect(try stage.exchange(get()).status == status)
        }
    }

    @Test("a head that breaks off is no answer: nobody has seen any of it")
    func cutHead() throws {
        let script: ScriptedServer.Script = { visit in
            try visit.readRequest()
            try visit.send("HTTP/1.1 200 OK\r\nX: ")
        }
        try Self.play(script, "idle_timeout: 60s") { stage, _, _ throws in
            #expect(try stage.exchange(get()).body.text == "good")
            #expect(try stage.exchange(post(body: "x")).status == 502)
        }
    }

    @Test("further retries wait, and the client may leave meanwhile")
    func backoff() throws {
        let servers = try (0..<4).map { _ in try RefusingPort() }
        let good = try ScriptedServer(ScriptedServer.saying("good"))
        defer { good.stop() }
        let upstream = "balance: first, passive: off, retries: { attempts: 5, backoff: { from: 60ms, to: 60ms } }"
        let settings = Stage.Settings(upstream: upstream, servers: servers.map(\.url) + [good.url])
        try Stage.play(ScriptedServer.echo, settings) { stage throws in
            for _ in 1...3 {
                let response = try stage.exchange(post(body: "kept"))
                #expect(response.body.text == "good")
            }
            #expect(good.requests.current.allSatisfy { $0.body.text == "kept" })
            let client = try stage.connect()
            try client.send(get())
            client.reset()
            try stage.proxy.waitUntilIdle()
        }
    }

    @Test("a connection that had gone stale is no attempt")
    func stale() throws {
        let oneEach: ScriptedServer.Script = { visit in
            try visit.readRequest()
            try visit.respond(body: "first")
            _ = try visit.nextRequest()
            visit.server.requests.update { _ in }
        }
        // The kept connection ends under the request, the server is gone by then, and the other one still gets its try.
        let first = try ScriptedServer(oneEach)
        let second = try ScriptedServer(ScriptedServer.saying("second"))
        defer { second.stop() }
        let settings = Stage.Settings(
            upstream: "balance: first, passive: off", servers: [first.url, second.url])
        try Stage.play(ScriptedServer.echo, settings) { stage throws in
            #expect(try stage.exchange(get()).body.text == "first")
            first.stop()
            #expect(try stage.exchange(get()).body.text == "second")
        }
    }
}

@Suite("Hedging")
struct HedgingTests {
    /// Answers slowly: after `ms`.
    private static func slow(_ text: String, _ ms: Int) -> ScriptedServer.Script {
        ScriptedServer.serving { visit, _ in
            try? visit.server.release.wait(within: .milliseconds(ms))
            try visit.respond(body: text)
        }
    }

    private static func play(
        _ first: @escaping ScriptedServer.Script, _ second: @escaping ScriptedServer.Script, _ upstream: String = "",
        after: String = "50ms", _ body: (Stage, ScriptedServer, ScriptedServer) throws -> Void
    ) throws {
        let servers = [try ScriptedServer(first), try ScriptedServer(second)]
        defer { for server in servers { server.stop() } }
        let keys = ["balance: first, passive: off, hedge: { after: \(after) }", upstream].filter { !$0.isEmpty }
        let settings = Stage.Settings(upstream: keys.joined(separator: ", "), servers: servers.map(\.url))
        try Stage.play(ScriptedServer.echo, settings) { try body($0, servers[0], servers[1]) }
    }

    @Test("a second server is asked when the first takes long, and the first answer wins")
    func second() throws {
        try Self.play(Self.slow("slow", 10_000), ScriptedServer.saying("fast")) { stage, first, second throws in
            let client = try stage.connect()
            for _ in 1...3 {
                try client.send(get())
                #expect(try client.readResponse().body.text == "fast")
            }
            #expect(stage.proxy.proxy.counters().hedges == 3)
            #expect(second.requestCount == 3)
            // The loser may come to read when the winner has answered.
            try eventually("the first server to be asked, too") { first.requestCount == 3 }
            #expect(second.connectionCount == 1, "the winner's connection is kept")
        }
    }

    @Test("the first may still win")
    func first() throws {
        // The first answers once the second has been asked, and not before.
        let asked = Tally()
        let first = ScriptedServer.serving { visit, request in
            try asked.wait(for: request.target, toReach: 1)
            try visit.respond(body: "first")
        }
        let second = ScriptedServer.serving { visit, request in
            asked.add(request.target)
            try visit.stall()
        }
        try Self.play(first, second) { stage, _, second throws in
            for number in 1...2 { #expect(try stage.exchange(get("/\(number)")).body.text == "first") }
            #expect(stage.proxy.proxy.counters().hedges == 2)
            #expect(second.connectionCount == 2, "the loser's connection is closed")
        }
    }

    @Test("a quick answer costs no second request, and unsafe requests go to one server only")
    func none() throws {
        try Self.play(ScriptedServer.saying("quick"), ScriptedServer.saying("second"), after: "30s") {
            stage, _, second throws in
            for _ in 1...5 { #expect(try stage.exchange(get()).body.text == "quick") }
            #expect(second.requestCount == 0)
        }
        try Self.play(Self.slow("slow", 200), ScriptedServer.saying("second")) { stage, _, second throws in
            for request in [post(body: "x"), ask("DELETE"), ask("PUT", "/", "Content-Length: 1\r\n") + "x"] {
                #expect(try stage.exchange(request).body.text == "slow")
            }
            #expect(second.requestCount == 0)
        }
    }

    @Test("either may fail while the other goes on")
    func failures() throws {
        let muteLater: ScriptedServer.Script = { visit in
            try visit.readRequest()
            try? visit.server.release.wait(within: .milliseconds(120))
        }
        try Self.play(muteLater, Self.slow("second", 250)) { stage, _, _ throws in
            #expect(try stage.exchange(get()).body.text == "second")
        }
        let mute: ScriptedServer.Script = { visit in try visit.readRequest() }
        try Self.play(Self.slow("first", 200), mute) { stage, _, _ throws in
            #expect(try stage.exchange(get()).body.text == "first")
        }
        try Self.play(muteLater, mute, "retries: { attempts: 0 }") { stage, _, _ throws in
            #expect(try stage.exchange(get()).status == 502)
        }
    }

    @Test("an answer that is tried again does not win")
    func badWinner() throws {
        let failing = ScriptedServer.serving { visit, _ in try visit.respond("503 Service Unavailable") }
        try Self.play(Self.slow("first", 250), failing, "retries: { on: [503] }") { stage, _, _ throws in
            for _ in 1...2 { #expect(try stage.exchange(get()).body.text == "first") }
        }
    }

    @Test("hedges count against the budget")
    func budget() throws {
        let upstream = "retries: { budget: 10%, min_per_second: 0 }"
        try Self.play(Self.slow("slow", 80), ScriptedServer.saying("fast"), upstream) { stage, _, second throws in
            for _ in 1...20 { _ = try stage.exchange(get()) }
            try eventually("a hedge to be asked") { second.requestCount > 0 }
            #expect((1...2).contains(stage.proxy.proxy.counters().hedges))
            #expect(second.requestCount <= 2)
        }
    }

    @Test("a second request that the circuit breaker refuses takes nothing from the first")
    func breaker() throws {
        for bound in ["connections: 1", "pending: 1, connections: 1"] {
            try Self.play(Self.slow("first", 150), Self.slow("second", 0), "circuit_breaker: { \(bound) }") {
                stage, _, second throws in
                #expect(try stage.exchange(get()).body.text == "first")
                #expect(second.requestCount == 0)
            }
        }
    }

    @Test("a client that leaves ends both")
    func leaving() throws {
        try Self.play(Self.slow("a", 10_000), Self.slow("b", 10_000)) { stage, first, second throws in
            let client = try stage.connect()
            try client.send(get())
            _ = try second.nextRequest()
            client.reset()
            try stage.proxy.waitUntilIdle()
            try eventually("no connection to servers") { stage.proxy.proxy.counters().serverConnections == 0 }
        }
    }
}
