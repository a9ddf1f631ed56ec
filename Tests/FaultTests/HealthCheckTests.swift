// Active checks against scripted servers: who is up, who is down, and what becomes of requests meanwhile.

import GateCore
import GateProxy
import GateTesting
import Gatehouse
import Testing

@Suite("Active checks")
struct HealthCheckTests {
    /// A server whose health a test sets.
    private struct Patient {
        let isWell = Monitor(true)
        let server: ScriptedServer

        init(_ name: String) throws {
            let isWell = isWell
            server = try ScriptedServer { visit in
                while let request = try visit.nextRequest() {
                    if request.target != "/healthz" {
                        try visit.respond(body: name)
                    } else if isWell.current {
                        try visit.respond(body: "all is well")
                    } else {
                        try visit.respond("500 Internal Server Error")
                    }
                }
            }
        }
    }

    private static func state(_ stage: Stage, _ server: ScriptedServer) -> ServerStatus.Health? {
        stage.proxy.proxy.servers().first { "http://\($0.server.name)" == server.url }?.health
    }

    private static let quick = "interval: 100ms, down_interval: 100ms, jitter: 0%, timeout: 10m, rise: 2, fall: 2"

    @Test("a server that says it is unwell takes no requests until it is well again")
    func http() throws {
        let patients = try [Patient("a"), Patient("b")]
        defer { for patient in patients { patient.server.stop() } }
        let settings = Stage.Settings(
            upstream: "health: { path: /healthz, body: is well, \(Self.quick) }", servers: patients.map(\.server.url))
        try Stage.play(ScriptedServer.echo, settings) { stage throws in
            let (sick, other) = (patients[0], patients[1])
            sick.isWell.update { $0 = false }
            try eventually("a to be down") { Self.state(stage, sick.server) == .down }
            for _ in 1...10 { #expect(try stage.exchange(get()).body.text == "b") }
            let status = stage.proxy.proxy.servers().first { $0.health == .down }
            #expect(
                status?.reason == "2 checks failed, the last one: GET /healthz answered 500, expected 200-399")
            sick.isWell.update { $0 = true }
            try eventually("a to be up") { Self.state(stage, sick.server) == .healthy }
            let answers = try (1...10).map { _ in try stage.exchange(get()).body.text }
            #expect(Set(answers) == ["a", "b"])
            #expect(Self.state(stage, other.server) == .healthy)
        }
    }

    @Test("a server that was never checked takes none where it says so")
    func initial() throws {
        let late = try Patient("late")
        let other = try Patient("other")
        late.isWell.update { $0 = false }
        defer {
            late.server.stop()
            other.server.stop()
        }
        let settings = Stage.Settings(
            upstream:
                "health: { path: /healthz, interval: 100ms, jitter: 0%, timeout: 10m, fall: 1000, initial: down }",
            servers: [late.server.url, other.server.url])
        let proxy = try ProxyUnderTest(settings.text(backend: ""))
        try eventually("the other to be up") {
            proxy.proxy.servers().contains { $0.health == .healthy }
        }
        for _ in 1...5 { #expect(try proxy.exchange(get()).body.text == "other") }
        late.isWell.update { $0 = true }
        try eventually("the late one to be up") { proxy.proxy.servers().allSatisfy { $0.health == .healthy } }
        try proxy.stop()
    }

    @Test("a connection is enough for tcp, and a closed port is not")
    func tcp() throws {
        let refusing = try RefusingPort()
        let open = try ScriptedServer { visit in
            if try visit.nextRequest() != nil { try visit.respond(body: "open") }
        }
        defer { open.stop() }
        let settings = Stage.Settings(
            upstream: "passive: off, retries: { attempts: 0 }, health: { type: tcp, \(Self.quick) }",
            servers: [refusing.url, open.url])
        try Stage.play(ScriptedServer.echo, settings) { stage throws in
            try eventually("one to be down") {
                stage.proxy.proxy.servers().filter { $0.health == .down }.count == 1
            }
            for _ in 1...6 { #expect(try stage.exchange(get()).body.text == "open") }
            #expect(stage.proxy.proxy.servers().first { $0.health == .down }?.reason.contains("refused") == true)
        }
    }

    @Test("a server on a Unix socket, and one that does not answer in time")
    func unix() throws {
        let folder = try TemporaryDirectory()
        let path = "\(folder.path)/app.sock"
        let silent = try ScriptedServer { visit in
            try visit.readRequest()
            try visit.stall()
        }
        let local = try ScriptedServer(on: .unix(path: path), ScriptedServer.saying("local"))
        defer {
            silent.stop()
            local.stop()
        }
        let settings = Stage.Settings(
            upstream: "health: { path: /, interval: 100ms, timeout: 1s, fall: 3 }",
            servers: [silent.url, "unix:\(path)"])
        try Stage.play(ScriptedServer.echo, settings) { stage throws in
            try eventually("the silent one to be down") { Self.state(stage, silent) == .down }
            for _ in 1...6 { #expect(try stage.exchange(get()).body.text == "local") }
            #expect(
                stage.proxy.proxy.servers().first { $0.health == .down }?.reason
                    == "3 checks failed, the last one: no answer within 1000 ms")
        }
    }

    @Test("a reload keeps what checks found out, and ends checks that are gone")
    func reload() throws {
        let patients = try [Patient("a"), Patient("b")]
        defer { for patient in patients { patient.server.stop() } }
        let health = "health: { path: /healthz, \(Self.quick) }"
        var settings = Stage.Settings(upstream: health, servers: patients.map(\.server.url))
        try Stage.play(ScriptedServer.echo, settings) { stage throws in
            patients[0].isWell.update { $0 = false }
            try eventually("a to be down") { Self.state(stage, patients[0].server) == .down }
            settings.upstream = health + ", idle_connections: 3"
            try stage.proxy.reload(settings.text(backend: stage.backend.url))
            for _ in 1...6 { #expect(try stage.exchange(get()).body.text == "b") }
            settings.upstream = ""
            try stage.proxy.reload(settings.text(backend: stage.backend.url))
            #expect(Self.state(stage, patients[0].server) == .healthy, "nobody checks it any more")
            let asked = patients[1].server.requestCount
            #expect(try stage.exchange(get()).status == 200)
            try stage.proxy.waitUntilIdle()
            #expect(patients[1].server.requestCount <= asked + 2)
        }
    }

    @Test("hundreds of servers are checked within their interval")
    func many() throws {
        let all = try ScriptedServer(on: .ip(IPAddress(0, 0, 0, 0), port: 0), ScriptedServer.saying("ok"))
        defer { all.stop() }
        let urls = (1...200).map { "http://127.0.2.\($0):\(all.port)" }
        let settings = Stage.Settings(
            upstream: "health: { path: /, interval: 500ms, initial: down }", servers: urls)
        try Stage.play(ScriptedServer.echo, settings) { stage throws in
            try eventually(
                "all to be up, \(stage.proxy.proxy.servers().first { $0.health != .healthy }.debugDescription)"
            ) { stage.proxy.proxy.servers().allSatisfy { $0.health == .healthy } }
            try eventually("a second round") { all.requestCount >= 400 }
        }
    }
}
