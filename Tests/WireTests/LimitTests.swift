// Limits on connections; those on heads and bodies stand with their statuses.

import GateCore
import GateTesting
import Testing

@Suite("Limits on connections")
struct LimitTests {
    /// Whether a connection is served; one that is refused gets a 503 or is closed without a word, perhaps at once.
    private func isServed(_ connection: @autoclosure () throws -> RawConnection) throws -> Bool {
        do {
            let client = try connection()
            try client.send(get())
            let response = try client.readResponse()
            #expect([200, 503].contains(response.status))
            return response.status == 200
        } catch let failure as WireFailure where failure.isEnd { return false }
    }

    @Test("connections in all are limited, and one that ends makes room")
    func inAll() throws {
        try Stage.play(ScriptedServer.echo, .init(top: "limits: { connections: 2 }\n")) { stage in
            let first = try stage.connect()
            let second = try stage.connect()
            #expect(try isServed(first))
            #expect(try isServed(second))
            #expect(try !isServed(stage.connect()))
            #expect(try isServed(first))
            second.close()
            try eventually("room for another") { stage.proxy.openConnections < 2 }
            #expect(try isServed(stage.connect()))
        }
    }

    @Test("connections of one client are limited, others are not touched")
    func perClient() throws {
        try Stage.play(ScriptedServer.echo, .init(top: "limits: { connections_per_client: 2 }\n")) { stage in
            let many = IPAddress(127, 0, 0, 20)
            let kept = try (1...2).map { _ in try stage.connect(from: many) }
            for client in kept { #expect(try isServed(client)) }
            #expect(try !isServed(stage.connect(from: many)))
            #expect(try isServed(stage.connect(from: IPAddress(127, 0, 0, 21))))
            #expect(try isServed(kept[0]))
            kept[1].close()
            try eventually("room for another") { try isServed(stage.connect(from: many)) }
        }
    }

    @Test("requests on one connection are limited, and the last answer says so")
    func requests() throws {
        try Stage.play(ScriptedServer.echo, .init(top: "limits: { requests_per_connection: 3 }\n")) { stage in
            let client = try stage.connect()
            try client.send(get("/1") + get("/2") + get("/3") + get("/4"))
            #expect(try !client.readResponse().announcesClose)
            #expect(try !client.readResponse().announcesClose)
            #expect(try client.readResponse().announcesClose)
            try client.waitForEnd()
            #expect(stage.backend.requestCount == 3)
        }
    }
}
