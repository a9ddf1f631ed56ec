// Handshakes that stall, and floods of them: bounded in time and number, and no burden for those who are through.

import GateCore
import GateProxy
import GateTesting
import Testing

@Suite("Handshakes are bounded")
struct HandshakeLimitTests {
    private static func limits(
        handshakeMs: Int = 10_000, handshakesMax: Int = 1024
    ) -> (inout TLSStage.Settings, TestAuthority) -> Void {
        { settings, _ in
            settings.listener.timeouts.handshakeMs = handshakeMs
            settings.tls?.handshakesMax = handshakesMax
        }
    }

    @Test("in time, however far they came", arguments: [0, 1, 100, 100_000])
    func stalled(sent: Int) throws {
        try TLSStage.play(ScriptedServer.echo, Self.limits(handshakeMs: 100)) { stage throws in
            let raw = try stage.connectRaw()
            let hello = try RawTLSConnection(over: raw).firstFlight()
            if sent > 0 { try raw.send(Array(hello.prefix(sent))) }
            try raw.waitForEnd()
            try stage.waitForHandshakes(.timeout, 1)
            try stage.waitUntilEmpty()
        }
    }

    @Test("by a stop: one under way is cut soon, long before its own time", arguments: [1, 100])
    func stopping(sent: Int) throws {
        try TLSStage.play(ScriptedServer.echo, Self.limits(handshakeMs: 600_000)) { stage throws in
            let raw = try stage.connectRaw()
            let hello = try RawTLSConnection(over: raw).firstFlight()
            try raw.send(Array(hello.prefix(sent)))
            try raw.waitUntilReceived()
            try eventually("the handshake to begin") { stage.workers.counters().handshakesUnderWay == 1 }
            stage.workers.beginStop(withinMs: 600_000)
            try raw.waitForEnd()
            try stage.waitForHandshakes(.stopping, 1)
        }
    }

    @Test("in time from the connection on: a byte now and then buys none")
    func trickled() throws {
        try TLSStage.play(ScriptedServer.echo, Self.limits(handshakeMs: 200)) { stage throws in
            let raw = try stage.connectRaw()
            let hello = try RawTLSConnection(over: raw).firstFlight()
            #expect(throws: WireFailure.self) {
                for byte in hello {
                    try raw.send([byte])
                    guard try raw.staysSilent(for: .milliseconds(20)) else { throw WireFailure(.ended) }
                }
            }
            try stage.waitForHandshakes(.timeout, 1)
        }
    }

    @Test("in number: the one that has waited longest for its client makes room", arguments: [1, 2, 5])
    func crowded(limit: Int) throws {
        try TLSStage.play(ScriptedServer.echo, Self.limits(handshakesMax: limit)) { stage throws in
            let idle = try (0..<limit).map { index in
                let raw = try stage.connectRaw()
                try eventually("\(index + 1) handshakes") { stage.workers.counters().handshakesUnderWay == index + 1 }
                return raw
            }
            #expect(stage.handshakes(.crowdedOut) == 0)
            let client = try stage.connect()
            #expect(stage.handshakes(.crowdedOut) == 1)
            try idle[0].waitForEnd()
            try client.send(get())
            #expect(try client.readResponse().status == 200)
            // The others may go on.
            for raw in idle.dropFirst() {
                let late = try RawTLSConnection(over: raw)
                try late.handshake()
            }
        }
    }

    @Test("by their own: those who are through do not count")
    func established() throws {
        try TLSStage.play(ScriptedServer.echo, Self.limits(handshakesMax: 1)) { stage throws in
            var clients: [RawTLSConnection] = []
            for _ in 0..<5 {
                clients.append(try stage.connect())
                for client in clients {
                    try client.send(get())
                    #expect(try client.readResponse().status == 200)
                }
            }
            #expect(stage.handshakes(.crowdedOut) == 0)
        }
    }

    @Test("in what they leave behind: an idle connection owns no buffer")
    func idle() throws {
        try TLSStage.play { stage throws in
            let clients = try (0..<3).map { _ in
                let client = try stage.connect()
                try client.send(get())
                #expect(try client.readResponse().status == 200)
                return client
            }
            try eventually("all buffers to be back") { stage.workers.counters().buffersOut == 0 }
            #expect(stage.workers.counters().openConnections == clients.count)
        }
    }

    @Test("in what they take from others: requests are answered amid a flood of hellos")
    func flood() throws {
        try TLSStage.play { stage throws in
            let client = try stage.connect()
            try client.send(get())
            _ = try client.readResponse()
            // Who stands still for a moment finds a flood over, and needs another.
            try eventually("a request that overtakes hellos") { try Self.requestOvertakes(stage, client) }
        }
    }

    /// Whether a request that comes behind many hellos is answered before most of them.
    private static func requestOvertakes(_ stage: TLSStage, _ client: RawTLSConnection) throws -> Bool {
        let address = try stage.address
        let count = 400
        let raws = try (0..<count).map { _ in try RawConnection.connect(to: address) }
        let hello = try RawTLSConnection(over: raws[0]).firstFlight()
        for raw in raws { try raw.send(hello) }
        func answeredHellos() -> Int { raws.count { (try? $0.staysSilent(for: .zero)) == false } }
        var leastBefore = count
        while true {
            let before = answeredHellos()
            guard before < count / 2 else { break }
            try client.send(get())
            #expect(try client.readResponse().status == 200)
            leastBefore = min(leastBefore, answeredHellos() - before)
        }
        for raw in raws { raw.close() }
        try eventually("the flood to be over") { stage.workers.counters().handshakesUnderWay == 0 }
        return leastBefore < count / 4
    }

    @Test("and their failures stand in the log once in a while, not each")
    func complaints() throws {
        try TLSStage.play { stage throws in
            for _ in 0..<5 {
                let raw = try stage.connectRaw()
                try raw.send("GET / HTTP/1.1\r\n\r\n")
                try raw.waitForEnd()
            }
            try stage.waitForHandshakes(.clearText, 5)
            let lines = stage.messages.current.filter { $0.contains("TLS handshake") }
            #expect(lines.count == 1)
            #expect(lines.first?.contains("HTTP in clear text") == true)
        }
    }

    @Test("a graceful stop closes those that were not begun, and lets the others come to their request")
    func drained() throws {
        try TLSStage.play { stage throws in
            let silent = try stage.connectRaw()
            let raw = try stage.connectRaw()
            let client = try RawTLSConnection(over: raw)
            let hello = client.firstFlight()
            try raw.send(Array(hello.prefix(100)))
            try eventually("two handshakes") { stage.workers.counters().handshakesUnderWay == 2 }
            try raw.waitUntilReceived()
            stage.workers.beginStop(withinMs: 10_000)
            try silent.expectEnd()
            try raw.send(Array(hello.dropFirst(100)))
            try client.handshake()
            try client.send(get())
            let answer = try client.readResponse()
            #expect(answer.status == 200)
            #expect(answer.announcesClose)
            try client.expectEnd()
        }
    }
}
