// What a site demands of connections holds for every request that is routed to it, whatever led it there.

import GateCore
import GateProxy
import GateTLS
import GateTesting
import Testing

@Suite("A site's demands")
struct SiteDemandTests {
    private typealias Change = (inout TLSStage.Settings, TestAuthority) throws -> Void

    private static func tls(_ change: (inout SiteTLSPlan) -> Void) -> SiteTLSPlan {
        var plan = SiteTLSPlan()
        change(&plan)
        return plan
    }

    private static let staff = tls { $0.clients = ClientDemandPlan(.required, name: "staff") }

    /// The identity asks for certificates in this mode, by this name; nil: it asks for none.
    private static func asking(_ mode: ClientAuthentication.Mode?, _ name: String, _ site: SiteTLSPlan) -> Change {
        { settings, authority in
            settings.site.tls = site
            guard let mode else { return }
            let trust = try TrustStore(authoritiesPEM: Array(authority.rootPEM.utf8))
            settings.tls?.policy.clientAuthentication = ClientAuthentication(mode: mode, trust: trust, name: name)
        }
    }

    private static func status(_ stage: TLSStage, version: RawTLSVersion = .v13) throws -> Int {
        let alice = try stage.authority.client("Alice")
        return try stage.exchange(
            get(),
            RawTLSOptions().with {
                ($0.chain, $0.key) = (alice.chainPEM, alice.keyPEM)
                $0.versions = version...version
            }
        ).status
    }

    @Test(
        "are met by the handshake's own demand alone, though the client named the host",
        arguments: [
            (nil, "", 421), (.optional, "staff", 421), (.required, "others", 421), (.required, "", 421),
            (.required, "staff", 200),
        ] as [(ClientAuthentication.Mode?, String, Int)])
    func required(mode: ClientAuthentication.Mode?, name: String, status: Int) throws {
        try TLSStage.play(ScriptedServer.echo, Self.asking(mode, name, Self.staff)) { stage throws in
            #expect(try Self.status(stage) == status)
            #expect(stage.backend.requestCount == (status == 200 ? 1 : 0))
        }
    }

    @Test(
        "for a certificate that may be missing are met without one, but not by one of others",
        arguments: [(nil, "", 200), (.optional, "staff", 200), (.required, "staff", 200), (.optional, "others", 421)]
            as [(ClientAuthentication.Mode?, String, Int)])
    func optional(mode: ClientAuthentication.Mode?, name: String, status: Int) throws {
        let site = Self.tls { $0.clients = ClientDemandPlan(.optional, name: "staff") }
        try TLSStage.play(ScriptedServer.echo, Self.asking(mode, name, site)) { stage throws in
            #expect(try Self.status(stage) == status)
        }
    }

    @Test("of a listener hold for sites that say nothing, and not for those that want none", arguments: [false, true])
    func listener(isExcepted: Bool) throws {
        func change(_ settings: inout TLSStage.Settings, _ authority: TestAuthority) {
            settings.tls?.clients = ClientDemandPlan(.required, name: "staff")
            if isExcepted { settings.site.tls.clients = ClientDemandPlan() }
        }
        try TLSStage.play(ScriptedServer.echo, change) { stage throws in
            #expect(try stage.exchange(get()).status == (isExcepted ? 200 : 421))
        }
    }

    @Test("for a version hold for connections that began with an older one", arguments: [RawTLSVersion.v12, .v13])
    func version(version: RawTLSVersion) throws {
        let site = Self.tls { $0.minVersion = .tls13 }
        try TLSStage.play(ScriptedServer.echo, Self.asking(nil, "", site)) { stage throws in
            #expect(try Self.status(stage, version: version) == (version == .v13 ? 200 : 421))
        }
    }

    @Test("that come with a reload hold for connections that are there")
    func reloaded() throws {
        func change(_ settings: inout TLSStage.Settings, _ authority: TestAuthority) {
            settings.listener.protocols = [.http1, .http2]
            settings.tls?.policy.protocols = ["h2", "http/1.1"]
        }
        try TLSStage.play(ScriptedServer.echo, change) { stage throws in
            let plain = try stage.connect()
            let multiplexed = try RawHTTP2Connection(stage.connect(RawTLSOptions().with { $0.protocols = ["h2"] }))
            func statuses(_ stream: UInt32) throws -> [Int] {
                try plain.send(get())
                try multiplexed.send(.headers(stream, RawHTTP2Connection.head(scheme: "https")))
                return [try plain.readResponse().status, try multiplexed.response(stream).status]
            }
            #expect(try statuses(1) == [200, 200])
            try stage.reload { $0.site.tls = Self.staff }
            #expect(try statuses(3) == [421, 421])
            try stage.reload { $0.tls?.policy.minVersion = .tls13 }
            #expect(try statuses(5) == [200, 200])
            try stage.reload { $0.tls?.clients = ClientDemandPlan(.required, name: "staff") }
            #expect(try statuses(7) == [421, 421])
            #expect(stage.backend.requestCount == 4)
        }
    }

    @Test(
        "for certificates keep it out of clear text; one that is kept off TLS is there",
        arguments: [false, true])
    func clearText(isOff: Bool) throws {
        func change(_ settings: inout TLSStage.Settings, _ authority: TestAuthority) {
            settings.tls = nil
            settings.site.tls = isOff ? Self.tls { $0.isOff = true } : Self.staff
        }
        try TLSStage.play(ScriptedServer.echo, change) { stage throws in
            let client = try stage.connectRaw()
            try client.send(get())
            #expect(try client.readResponse().status == (isOff ? 200 : 421))
        }
    }

    @Test("not to be there over TLS are kept whatever name the handshake was for", arguments: ["a.example", nil])
    func off(name: String?) throws {
        let site = Self.tls { $0.isOff = true }
        try TLSStage.play(ScriptedServer.echo, Self.asking(nil, "", site)) { stage throws in
            #expect(try stage.exchange(get(), RawTLSOptions().with { $0.serverName = name }).status == 421)
        }
    }
}
