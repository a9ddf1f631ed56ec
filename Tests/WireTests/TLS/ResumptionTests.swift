// Sessions that go on (RFC 8446 §2.2, RFC 5077), and requests that come before the handshake is over (RFC 8470).

import GateProxy
import GateTLS
import GateTesting
import Testing

@Suite("A TLS session")
struct ResumptionTests {
    /// A session that can go on, from one answered request.
    private static func session(_ stage: TLSStage, _ options: RawTLSOptions) throws -> RawTLSSession {
        let client = try stage.connect(options)
        #expect(!client.isResumed)
        try client.send(get())
        #expect(try client.readResponse().status == 200)
        return try #require(client.sessions.last)
    }

    @Test("goes on with a ticket (RFC 8446 §4.6.1, RFC 5077 §3.1)", arguments: [RawTLSVersion.v12, .v13])
    func resumed(version: RawTLSVersion) throws {
        try TLSStage.play { stage throws in
            let options = RawTLSOptions().with { $0.versions = version...version }
            let session = try Self.session(stage, options)
            let client = try stage.connect(options.with { $0.session = session })
            #expect(client.isResumed)
            try client.send(get())
            #expect(try client.readResponse().status == 200)
            #expect(stage.workers.counters().resumedHandshakes == 1)
        }
    }

    @Test(
        "goes on after the keys have changed, and not once its key is forgotten", arguments: [RawTLSVersion.v12, .v13])
    func rotated(version: RawTLSVersion) throws {
        func change(_ settings: inout TLSStage.Settings, _ authority: TestAuthority) { settings.workers = 2 }
        try TLSStage.play(ScriptedServer.echo, change) { stage throws in
            let key = "main 127.0.0.1:0"
            let keys = TicketKeys([.random()])
            stage.workers.setTicketKeys([key: keys])
            let options = RawTLSOptions().with { $0.versions = version...version }
            let session = try Self.session(stage, options)
            stage.workers.setTicketKeys([key: keys.rotated(keeping: 1)])
            let client = try stage.connect(options.with { $0.session = session })
            #expect(client.isResumed)
            stage.workers.setTicketKeys([key: TicketKeys([.random()])])
            let late = try stage.connect(options.with { $0.session = session })
            #expect(!late.isResumed)
            try late.send(get())
            #expect(try late.readResponse().status == 200)
        }
    }

    @Test("does not go on where tickets are off")
    func off() throws {
        func change(_ settings: inout TLSStage.Settings, _ authority: TestAuthority) {
            settings.tls?.policy.issuesTickets = false
        }
        try TLSStage.play(ScriptedServer.echo, change) { stage throws in
            let client = try stage.connect()
            try client.send(get())
            #expect(try client.readResponse().status == 200)
            #expect(client.sessions.isEmpty)
        }
    }

    @Test("goes on after a reload, which keeps the keys")
    func reloaded() throws {
        try TLSStage.play { stage throws in
            let keys = TicketKeys([.random()])
            stage.workers.setTicketKeys(["main 127.0.0.1:0": keys])
            let session = try Self.session(stage, RawTLSOptions())
            try stage.reload { $0.listener.timeouts.idleMs = 1234 }
            #expect(try stage.connect(RawTLSOptions().with { $0.session = session }).isResumed)
        }
    }

    @Test("does not get past another scope's demands: it begins anew there (RFC 8446 §4.6.1)")
    func scopes() throws {
        func change(_ settings: inout TLSStage.Settings, _ authority: TestAuthority) throws {
            let certificate = try authority.server("a.example", "b.example")
            settings.identities = [
                "a.example": try ServerIdentity(certificate, sessionScope: [1]),
                "b.example": try ServerIdentity(
                    certificate, clientAuthentication: ClientAuthentication(.required, authority), sessionScope: [2]),
            ]
        }
        try TLSStage.play(ScriptedServer.echo, change) { stage throws in
            let session = try Self.session(stage, RawTLSOptions())
            let client = try stage.connect(
                RawTLSOptions().with {
                    $0.serverName = "b.example"
                    $0.session = session
                })
            // RFC 8446 §4.4.2.4: the demand is made, and is not met.
            try expectAlert(116) { try client.readSome() }
            #expect(!client.isResumed)
        }
    }
}

@Suite("A request in early data (RFC 8470)")
struct EarlyDataTests {
    private static func withEarlyData(_ settings: inout TLSStage.Settings, _ authority: TestAuthority) {
        settings.tls?.policy.acceptsEarlyData = true
    }

    /// A client whose next bytes are early data.
    private static func earlyClient(_ stage: TLSStage) throws -> RawTLSConnection {
        let options = RawTLSOptions().with { $0.usesEarlyData = true }
        let first = try stage.connect(options)
        try first.send(get())
        #expect(try first.readResponse().status == 200)
        _ = try stage.backend.nextRequest()
        let session = try #require(first.sessions.last)
        return try stage.connect(options.with { $0.session = session })
    }

    @Test("is forwarded with Early-Data: 1 when its method is safe (RFC 8470 §5.1)")
    func safe() throws {
        try TLSStage.play(ScriptedServer.echo, Self.withEarlyData) { stage throws in
            let client = try Self.earlyClient(stage)
            #expect(client.isEarly)
            try client.send(get("/early"))
            let request = try stage.backend.nextRequest()
            #expect(request.target == "/early")
            #expect(request["Early-Data"] == ["1"])
            #expect(try client.readResponse().status == 200)
            #expect(client.isEarlyDataAccepted)
            // RFC 8470 §3: the handshake is over, and nothing is early any more.
            try client.send(get("/late"))
            #expect(try client.readResponse().status == 200)
            #expect(try stage.backend.nextRequest()["Early-Data"] == [])
        }
    }

    @Test(
        "waits for the handshake's end when its method is not safe, or it has a body (RFC 8470 §3)",
        arguments: [post("/early", body: "once"), ask("DELETE", "/early"), upgrade("/early")])
    func unsafe(request: String) throws {
        try TLSStage.play(ScriptedServer.echo, Self.withEarlyData) { stage throws in
            let client = try Self.earlyClient(stage)
            #expect(client.isEarly)
            try client.send(request)
            // The client's Finished goes out with its first read: until then nobody may see the request.
            #expect(stage.backend.requests.wait(within: .milliseconds(300)) { $0.count > 1 ? true : nil } == nil)
            #expect(try client.readResponse(to: "POST").status == 200)
            #expect(try stage.backend.nextRequest()["Early-Data"] == [])
        }
    }

    @Test("several of them are answered in order, those that have to wait behind those that have not")
    func pipelined() throws {
        try TLSStage.play(ScriptedServer.echo, Self.withEarlyData) { stage throws in
            let client = try Self.earlyClient(stage)
            try client.send(get("/1") + post("/2", body: "body") + get("/3"))
            // The client reads nothing before: its Finished would come with that.
            let first = try stage.backend.nextRequest()["Early-Data"]
            for target in ["/1", "/2", "/3"] {
                #expect(try client.readResponse().body.text.contains(" \(target)"))
            }
            let later = try (0..<2).map { _ in try stage.backend.nextRequest()["Early-Data"] }
            #expect([first] + later == [["1"], [], []])
        }
    }

    @Test("a client's own Early-Data stays, early or not (RFC 8470 §5.1)")
    func ownField() throws {
        try TLSStage.play(ScriptedServer.echo, Self.withEarlyData) { stage throws in
            let client = try Self.earlyClient(stage)
            try client.send(get("/", "Early-Data: 1\r\n"))
            #expect(try client.readResponse().status == 200)
            #expect(try stage.backend.nextRequest()["Early-Data"] == ["1"])
            try client.send(get("/", "Early-Data: 1\r\n"))
            #expect(try client.readResponse().status == 200)
            #expect(try stage.backend.nextRequest()["Early-Data"] == ["1"])
        }
    }

    @Test("a server's 425 is passed on (RFC 8470 §5.2)")
    func tooEarly() throws {
        let script = ScriptedServer.serving { visit, request in
            try visit.respond(request["Early-Data"] == ["1"] ? "425 Too Early" : "200 OK")
        }
        try TLSStage.play(script, Self.withEarlyData) { stage throws in
            let client = try Self.earlyClient(stage)
            try client.send(get())
            #expect(try stage.backend.nextRequest()["Early-Data"] == ["1"])
            #expect(try client.readResponse().status == 425)
            try client.send(get())
            #expect(try client.readResponse().status == 200)
        }
    }

    @Test("is not taken where the listener does not say so: the client sends it again (RFC 8446 §4.2.10)")
    func off() throws {
        try TLSStage.play { stage throws in
            let options = RawTLSOptions().with { $0.usesEarlyData = true }
            let first = try stage.connect(options)
            try first.send(get())
            _ = try first.readResponse()
            let session = try #require(first.sessions.last)
            let client = try stage.connect(options.with { $0.session = session })
            #expect(!client.isEarly)
            #expect(client.isResumed)
            try client.send(post(body: "x"))
            #expect(try client.readResponse().status == 200)
        }
    }
}
