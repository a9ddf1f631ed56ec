// Bounds over an upstream as a whole: what is beyond them is told so at once.

import GateTesting
import Testing

@Suite("Circuit breaker and adaptive concurrency")
struct CircuitBreakerTests {
    private static let stalling: ScriptedServer.Script = { visit in
        while try visit.nextRequest() != nil {
            try visit.stall()
            try visit.respond(body: "late")
        }
    }

    private func expectRefused(_ stage: Stage, _ reason: String = "breaker_open") throws {
        let refused = try stage.exchange(get())
        #expect(refused.status == 503)
        #expect(refused.head["retry-after"] == ["1"])
        try expectEnding(reason, in: stage)
    }

    @Test(
        "requests beyond the bound are refused, and taken again when others are done",
        arguments: ["circuit_breaker: { requests: 2 }", "circuit_breaker: { connections: 2 }"])
    func bounds(upstream: String) throws {
        try Stage.play(Self.stalling, .init(upstream: upstream)) { stage throws in
            let clients = try (0..<2).map { _ in try stage.connect() }
            for client in clients { try client.send(get()) }
            for _ in clients { _ = try stage.backend.nextRequest() }
            try expectRefused(stage)
            stage.backend.release.fire()
            for client in clients { #expect(try client.readResponse().body.text == "late") }
            #expect(try stage.exchange(get()).status == 200)
            for client in clients {
                try client.send(get())
                #expect(try client.readResponse().status == 200)
            }
        }
    }

    @Test("a client that leaves makes room")
    func leaving() throws {
        try Stage.play(Self.stalling, .init(upstream: "circuit_breaker: { requests: 1, connections: 1 }")) {
            stage throws in
            for _ in 1...5 {
                let client = try stage.connect()
                try client.send(get())
                _ = try stage.backend.nextRequest()
                client.reset()
                try stage.proxy.waitUntilIdle()
            }
            try expectNone("breaker_open", stage)
        }
    }

    private func expectNone(_ reason: String, _ stage: Stage) throws { #expect(stage.proxy.endings(reason) == 0) }

    @Test("connections that do not come about are bounded")
    func pending() throws {
        let hole = try BlackHole()
        let settings = Stage.Settings(
            top: "timeouts: { connect: 300ms }\n", upstream: "passive: off, circuit_breaker: { pending: 1 }",
            servers: [hole.url])
        try Stage.play(ScriptedServer.echo, settings) { stage throws in
            // Who is slow to ask finds the first connection given up already, and tries again.
            try eventually("a refusal while a connection is being made") {
                let client = try stage.connect()
                try client.send(get())
                let isRefused = try stage.exchange(get()).status == 503
                return try client.readResponse().status == 504 && isRefused
            }
            #expect(stage.proxy.endings("breaker_open") > 0)
            #expect(try stage.exchange(get()).status == 504, "there is room again")
        }
    }

    @Test("retries under way are bounded")
    func retries() throws {
        let first = try ScriptedServer { visit in try visit.readRequest() }
        let second = try ScriptedServer(Self.stalling)
        defer {
            first.stop()
            second.stop()
        }
        let settings = Stage.Settings(
            upstream: "balance: first, passive: off, circuit_breaker: { retries: 1 }", servers: [first.url, second.url])
        try Stage.play(ScriptedServer.echo, settings) { stage throws in
            let client = try stage.connect()
            try client.send(get())
            _ = try second.nextRequest()
            #expect(try stage.exchange(get()).status == 502, "the one retry is taken")
            second.release.fire()
            #expect(try client.readResponse().status == 200)
            #expect(try stage.exchange(get()).status == 200)
        }
    }

    @Test("a tunnel is no request under way")
    func tunnel() throws {
        let script: ScriptedServer.Script = { visit in
            let request = try visit.readRequest()
            guard request.target == "/tunnel" else { return try visit.respond() }
            try visit.send(switchingProtocols)
            try visit.stall()
        }
        try Stage.play(script, .init(upstream: "circuit_breaker: { requests: 1 }")) { stage throws in
            let client = try stage.connect()
            try client.send(upgrade("/tunnel"))
            _ = try client.read(until: "\r\n\r\n")
            #expect(try stage.exchange(get()).status == 200)
            client.close()
        }
    }

    @Test("requests beyond the adaptive limit are shed")
    func adaptive() throws {
        let upstream = "adaptive_concurrency: { initial: 2, min: 2, max: 2 }"
        try Stage.play(Self.stalling, .init(upstream: upstream)) { stage throws in
            let clients = try (0..<2).map { _ in try stage.connect() }
            for client in clients { try client.send(get()) }
            for _ in clients { _ = try stage.backend.nextRequest() }
            try expectRefused(stage, "load_shed")
            stage.backend.release.fire()
            for client in clients { #expect(try client.readResponse().status == 200) }
            #expect(try stage.exchange(get()).status == 200)
        }
    }
}
