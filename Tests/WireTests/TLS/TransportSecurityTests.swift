// Strict-Transport-Security (RFC 6797).

import GateCore
import GateProxy
import GateTesting
import Testing

@Suite("Strict-Transport-Security")
struct TransportSecurityTests {
    private static func stage(
        _ plan: TransportSecurityPlan, isSecure: Bool = true, isTrusted: Bool = false
    ) -> (inout TLSStage.Settings, TestAuthority) -> Void {
        { settings, _ in
            settings.site.transportSecurity = plan
            if !isSecure { settings.tls = nil }
            if isTrusted { settings.trustedProxies = [.init("127.0.0.1")!] }
        }
    }

    private static let backendSaysIt = ScriptedServer.answering(
        answer("200 OK", "Strict-Transport-Security: max-age=1\r\n", body: "x"))

    @Test(
        "comes with every answer over TLS, in the site's words alone (RFC 6797 §6.1, §7.1)",
        arguments: [
            (TransportSecurityPlan(maxAge: 63_072_000), "max-age=63072000"),
            (TransportSecurityPlan(maxAge: 0), "max-age=0"),
            (
                TransportSecurityPlan(maxAge: 31_536_000, includesSubdomains: true, asksForPreload: true),
                "max-age=31536000; includeSubDomains; preload"
            ),
        ])
    func secure(plan: TransportSecurityPlan, value: String) throws {
        try TLSStage.play(Self.backendSaysIt, Self.stage(plan)) { stage throws in
            #expect(try stage.exchange(get())["Strict-Transport-Security"] == [value])
        }
    }

    @Test("comes with errors of ours, too (RFC 6797 §7.1)")
    func errors() throws {
        func change(_ settings: inout TLSStage.Settings, _ authority: TestAuthority) {
            Self.stage(TransportSecurityPlan(maxAge: 60))(&settings, authority)
            settings.site.routes[0].paths = [.exact("/only")]
        }
        try TLSStage.play(ScriptedServer.echo, change) { stage throws in
            let answer = try stage.exchange(get("/other"))
            #expect(answer.status == 404)
            #expect(answer["Strict-Transport-Security"] == ["max-age=60"])
        }
    }

    @Test("never comes in clear text, whoever says it (RFC 6797 §7.2)")
    func clearText() throws {
        try TLSStage.play(Self.backendSaysIt, Self.stage(TransportSecurityPlan(maxAge: 60), isSecure: false)) {
            stage throws in
            let client = try stage.connectRaw()
            try client.send(get("/", "X-Forwarded-Proto: https\r\n"))
            #expect(try client.readResponse()["Strict-Transport-Security"] == [])
        }
    }

    @Test("comes when a trusted proxy in front of us has ended TLS")
    func behindProxy() throws {
        let change = Self.stage(TransportSecurityPlan(maxAge: 60), isSecure: false, isTrusted: true)
        try TLSStage.play(ScriptedServer.echo, change) { stage throws in
            let client = try stage.connectRaw()
            try client.send(get("/", "X-Forwarded-Proto: https\r\n"))
            #expect(try client.readResponse()["Strict-Transport-Security"] == ["max-age=60"])
        }
    }

    @Test("is the server's business where the site says nothing")
    func off() throws {
        try TLSStage.play(Self.backendSaysIt) { stage throws in
            #expect(try stage.exchange(get())["Strict-Transport-Security"] == ["max-age=1"])
        }
    }
}
