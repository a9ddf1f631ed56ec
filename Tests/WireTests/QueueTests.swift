// Limits of servers, and the line before them.

import GateCore
import GateTesting
import Testing

@Suite("Server limits and queues")
struct QueueTests {
    private func play(
        _ setting: String, queue: String = "{ length: 100, timeout: 30s }", _ body: (Stage, Turnstile) throws -> Void
    ) throws {
        let turnstile = Turnstile()
        let backend = try ScriptedServer(turnstile.script)
        defer { backend.stop() }
        let settings = Stage.Settings(
            upstream: "queue: \(queue)", servers: ["{ url: \"\(backend.url)\", \(setting) }"])
        try Stage.play(ScriptedServer.echo, settings) { stage in
            try body(stage, turnstile)
            turnstile.open()
        }
    }

    private func waitFor(_ count: Int, in stage: Stage) throws {
        try eventually("\(count) to wait") { stage.proxy.waitingExchanges == count }
    }

    @Test(
        "beyond the limit requests wait, first come first served", arguments: ["max_requests: 1", "max_connections: 1"])
    func order(setting: String) throws {
        try play(setting) { stage, turnstile throws in
            let first = try stage.connect()
            try first.send(get("/first"))
            try turnstile.waitFor(1)
            var clients: [RawConnection] = []
            for number in 1...3 {
                clients.append(try stage.connect())
                try clients[number - 1].send(get("/\(number)"))
                try waitFor(number, in: stage)
            }
            turnstile.letOne()
            #expect(try first.readResponse().body.text == "/first")
            for number in 1...3 {
                turnstile.letOne()
                #expect(try clients[number - 1].readResponse().body.text == "/\(number)")
            }
            #expect(turnstile.most == 1)
        }
    }

    @Test("a full line is 503 with Retry-After, and so is none", arguments: ["{ length: 1, timeout: 30s }", "off"])
    func full(queue: String) throws {
        try play("max_requests: 1", queue: queue) { stage, turnstile throws in
            let first = try stage.connect()
            try first.send(get("/first"))
            try turnstile.waitFor(1)
            let second = try stage.connect()
            if queue != "off" {
                try second.send(get("/second"))
                try waitFor(1, in: stage)
            }
            let refused = try stage.exchange(get("/third"))
            #expect(refused.status == 503)
            #expect(refused["Retry-After"] == ["1"])
            #expect(stage.proxy.endings("servers_full") == 1)
            turnstile.open()
            #expect(try first.readResponse().status == 200)
            if queue != "off" { #expect(try second.readResponse().status == 200) }
        }
    }

    @Test("who has waited too long gets 503, the others go on waiting")
    func timeout() throws {
        try play("max_requests: 1", queue: "{ length: 9, timeout: 150ms }") { stage, turnstile throws in
            let first = try stage.connect()
            try first.send(get("/first"))
            try turnstile.waitFor(1)
            let watch = Stopwatch()
            let refused = try stage.exchange(get("/second"))
            #expect(refused.status == 503)
            #expect(refused["Retry-After"] == ["1"])
            #expect(watch.elapsed >= .milliseconds(140))
            #expect(stage.proxy.endings("queue_timeout") == 1)
            turnstile.letOne()
            #expect(try first.readResponse().status == 200)
        }
    }

    @Test("a client that goes away leaves the line to those behind")
    func leaves() throws {
        try play("max_requests: 1") { stage, turnstile throws in
            let first = try stage.connect()
            try first.send(get("/first"))
            try turnstile.waitFor(1)
            let second = try stage.connect()
            try second.send(get("/second"))
            try waitFor(1, in: stage)
            let third = try stage.connect()
            try third.send(get("/third"))
            try waitFor(2, in: stage)
            second.reset()
            try waitFor(1, in: stage)
            turnstile.letOne()
            #expect(try first.readResponse().status == 200)
            turnstile.letOne()
            #expect(try third.readResponse().body.text == "/third")
        }
    }

    @Test("a body waits with its request")
    func body() throws {
        try play("max_requests: 1") { stage, turnstile throws in
            let first = try stage.connect()
            try first.send(get("/first"))
            try turnstile.waitFor(1)
            let second = try stage.connect()
            try second.send(post("/second", body: String(repeating: "x", count: 100_000)))
            try waitFor(1, in: stage)
            turnstile.open()
            #expect(try first.readResponse().status == 200)
            #expect(try second.readResponse().body.text == "/second")
        }
    }

    @Test(
        "the limit holds over all workers and nobody is forgotten",
        arguments: ["max_requests: 3", "max_connections: 3"])
    func workers(setting: String) throws {
        let turnstile = Turnstile()
        turnstile.open()
        let backend = try ScriptedServer(turnstile.script)
        defer { backend.stop() }
        let text = Stage.Settings(
            upstream: "queue: { length: 1000, timeout: 60s }", servers: ["{ url: \"\(backend.url)\", \(setting) }"]
        ).text(backend: "").replacing("workers: 1", with: "workers: 3")
        let proxy = try ProxyUnderTest(text)
        let failures = Monitor<[String]>([])
        let threads = (0..<12).map { number in
            Thread {
                do {
                    let client = try proxy.connect()
                    for turn in 0..<25 {
                        try client.send(get("/\(number)/\(turn)"))
                        let response = try client.readResponse(within: .seconds(60))
                        if response.body.text != "/\(number)/\(turn)" {
                            failures.update { $0.append("\(response.status)") }
                        }
                    }
                } catch { failures.update { $0.append("\(error)") } }
            }
        }
        for thread in threads { try thread.join(within: .seconds(60)) }
        #expect(failures.current == [])
        #expect((1...3).contains(turnstile.most), "\(turnstile.most) at once")
        if setting.contains("connections") {
            // The backend hears of an end later than the proxy.
            try eventually("three connections at most, had \(backend.openCount)") { backend.openCount <= 3 }
        }
        #expect(proxy.waitingExchanges == 0)
        try proxy.stop()
    }
}
