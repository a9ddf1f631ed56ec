// Servers that fail are left alone, and never so many that nobody is left.

import GateProxy
import GateTesting
import Gatehouse
import Testing

@Suite("Passive health")
struct EjectionTests {
    private static func failing(_ status: String) -> ScriptedServer.Script {
        ScriptedServer.serving { visit, _ in try visit.respond(status, body: "failing") }
    }

    /// A proxy with `workers` workers before these servers.
    private static func proxy(_ servers: [ScriptedServer], workers: Int, _ upstream: String) throws -> ProxyUnderTest {
        let urls = servers.map { "\"\($0.url)\"" }.joined(separator: ", ")
        return try ProxyUnderTest(
            """
            workers: \(workers)
            log: { access: off, error: { level: error } }
            listeners: [{ name: main, address: "127.0.0.1:0" }]
            upstreams: { app: { servers: [\(urls)], \(upstream) } }
            sites: [{ routes: [{ proxy: app }] }]
            """)
    }

    @Test("a server that answers 503 is left alone like one that does not answer")
    func statuses() throws {
        let bad = try ScriptedServer(Self.failing("503 Service Unavailable"))
        let good = try ScriptedServer(ScriptedServer.saying("good"))
        defer {
            bad.stop()
            good.stop()
        }
        let settings = Stage.Settings(upstream: "passive: { failures: 3 }", servers: [bad.url, good.url])
        try Stage.play(ScriptedServer.echo, settings) { stage throws in
            let client = try stage.connect()
            for _ in 1...20 {
                try client.send(get())
                _ = try client.readResponse()
            }
            #expect(bad.requestCount == 3)
            #expect(good.requestCount == 17)
        }
    }

    @Test(
        "which statuses count can be set",
        arguments: [("statuses: []", 10), ("statuses: 5xx", 2), ("statuses: [500, 504]", 2)])
    func chosenStatuses(setting: String, asked: Int) throws {
        let bad = try ScriptedServer(Self.failing("500 Internal Server Error"))
        let good = try ScriptedServer(ScriptedServer.saying("good"))
        defer {
            bad.stop()
            good.stop()
        }
        let settings = Stage.Settings(
            upstream: "passive: { failures: 2, \(setting) }", servers: [bad.url, good.url])
        try Stage.play(ScriptedServer.echo, settings) { stage throws in
            for _ in 1...20 { _ = try stage.exchange(get()) }
            #expect(bad.requestCount == asked)
        }
    }

    @Test("a server that fails every third request is left alone for its share of failures")
    func rate() throws {
        let asked = Tally()
        let flaky = try ScriptedServer(
            ScriptedServer.serving { visit, _ in
                asked.add("requests")
                try visit.respond(asked["requests"] % 3 == 0 ? "503 Service Unavailable" : "200 OK")
            })
        let good = try ScriptedServer(ScriptedServer.saying("good"))
        defer {
            flaky.stop()
            good.stop()
        }
        let settings = Stage.Settings(
            upstream: "passive: { failures: 100, failure_rate: { share: 30%, min_requests: 12 } }",
            servers: [flaky.url, good.url])
        try Stage.play(ScriptedServer.echo, settings) { stage throws in
            let client = try stage.connect()
            for _ in 1...60 {
                try client.send(get())
                _ = try client.readResponse()
            }
            #expect(flaky.requestCount == 12)
        }
    }

    @Test("a server that is far slower than the others is left alone")
    func latency() throws {
        let slow = try ScriptedServer(
            ScriptedServer.serving { visit, _ in
                try? visit.server.release.wait(within: .seconds(2))
                try visit.respond(body: "slow")
            })
        let fast = try (0..<2).map { _ in try ScriptedServer(ScriptedServer.saying("fast")) }
        defer { for server in fast + [slow] { server.stop() } }
        let settings = Stage.Settings(
            // A fast server that stands still for a moment stays below the floor.
            upstream: "passive: { latency: { factor: 300%, floor: 1500ms, min_requests: 3 } }",
            servers: [slow.url] + fast.map(\.url))
        try Stage.play(ScriptedServer.echo, settings) { stage throws in
            try eventually("the slow server to be left alone") {
                let requests = (0..<9).map { _ in Background { try stage.exchange(get()).status } }
                let statuses = try requests.map { try $0.value() }
                #expect(statuses == Array(repeating: 200, count: 9))
                return stage.proxy.proxy.servers().contains { $0.health == .ejected }
            }
            let ejected = stage.proxy.proxy.servers().filter { $0.health == .ejected }
            #expect(ejected.map { "http://\($0.server.name)" } == [slow.url])
            #expect(ejected.first?.reason.contains("where the median is") == true)
            let before = slow.requestCount
            for _ in 1...6 { #expect(try stage.exchange(get()).body.text == "fast") }
            #expect(slow.requestCount == before)
        }
    }

    @Test("never more than the allowed share is left alone")
    func share() throws {
        let servers = try (0..<4).map { _ in try ScriptedServer(Self.failing("502 Bad Gateway")) }
        defer { for server in servers { server.stop() } }
        let settings = Stage.Settings(
            upstream: "passive: { failures: 1, max_share: 50% }", servers: servers.map(\.url))
        try Stage.play(ScriptedServer.echo, settings) { stage throws in
            for _ in 1...20 { #expect(try stage.exchange(get()).status == 502) }
            #expect(servers.filter { $0.requestCount == 1 }.count == 2)
        }
    }

    @Test(
        "when too few are fit all are used, unless that is switched off",
        arguments: [("", 502), ("panic_below: off", 503), ("panic_below: 100%", 502)])
    func panic(setting: String, status: Int) throws {
        let servers = try (0..<2).map { _ in try ScriptedServer(Self.failing("502 Bad Gateway")) }
        defer { for server in servers { server.stop() } }
        let settings = Stage.Settings(
            upstream: "passive: { failures: 1, max_share: 100% }, " + setting, servers: servers.map(\.url))
        try Stage.play(ScriptedServer.echo, settings) { stage throws in
            for _ in 1...2 { #expect(try stage.exchange(get()).status == 502) }
            #expect(try stage.exchange(get()).status == status)
        }
    }

    @Test("what one worker has found out holds for all")
    func agreement() throws {
        let bad = try ScriptedServer(Self.failing("502 Bad Gateway"))
        let good = try ScriptedServer(ScriptedServer.saying("good"))
        defer {
            bad.stop()
            good.stop()
        }
        let proxy = try Self.proxy([bad, good], workers: 3, "passive: { failures: 3 }")
        let client = try proxy.connect()
        for _ in 1...6 {
            try client.send(get())
            _ = try client.readResponse()
        }
        try eventually("the server to be ejected") { proxy.proxy.servers().contains { $0.health == .ejected } }
        // Who has found out has told the others behind the first look, and they have heard of it behind the second.
        for _ in 1...2 { _ = proxy.proxy.counters() }
        // Connections are spread over the workers by the kernel: forty meet them all.
        for _ in 1...40 { _ = try proxy.exchange(get()) }
        #expect(bad.requestCount == 3)
        try proxy.stop()
    }

    @Test("a reload keeps what is known of a server")
    func reload() throws {
        let bad = try ScriptedServer(Self.failing("502 Bad Gateway"))
        let good = try ScriptedServer(ScriptedServer.saying("good"))
        defer {
            bad.stop()
            good.stop()
        }
        var settings = Stage.Settings(upstream: "passive: { failures: 2 }", servers: [bad.url, good.url])
        try Stage.play(ScriptedServer.echo, settings) { stage throws in
            for _ in 1...4 { _ = try stage.exchange(get()) }
            settings.upstream = "passive: { failures: 2 }, idle_connections: 7"
            try stage.proxy.reload(settings.text(backend: stage.backend.url))
            for _ in 1...10 { #expect(try stage.exchange(get()).body.text == "good") }
            settings.upstream = "passive: off"
            try stage.proxy.reload(settings.text(backend: stage.backend.url))
            for _ in 1...2 { _ = try stage.exchange(get()) }
            #expect(bad.requestCount == 3)
        }
    }
}
