// Clients with certificates: who gets in, and what servers are told of them (RFC 9440).

import GateCore
import GateProxy
import GateTLS
import GateTesting
import Testing

@Suite("A client's certificate")
struct ClientCertificateTests {
    private static func demand(
        _ mode: ClientAuthentication.Mode
    ) -> (inout TLSStage.Settings, TestAuthority) throws -> Void {
        { settings, authority in
            settings.tls?.policy.clientAuthentication = try ClientAuthentication(mode, authority)
        }
    }

    private static func options(
        _ certificate: TestCertificate, _ version: RawTLSVersion = .v13
    ) -> RawTLSOptions {
        RawTLSOptions().with {
            $0.chain = certificate.chainPEM
            $0.key = certificate.keyPEM
            $0.versions = version...version
        }
    }

    @Test("reaches the server in Client-Cert (RFC 9440 §2.2)", arguments: [RawTLSVersion.v12, .v13])
    func forwarded(version: RawTLSVersion) throws {
        try TLSStage.play(ScriptedServer.echo, Self.demand(.required)) { stage throws in
            let alice = try stage.authority.client("Alice")
            let client = try stage.connect(Self.options(alice, version))
            try client.send(get("/", "Client-Cert: :Zm9yZ2Vk:\r\nClient-Cert-Chain: :Zm9yZ2Vk:\r\n"))
            #expect(try client.readResponse().status == 200)
            let request = try stage.backend.nextRequest()
            #expect(request["Client-Cert"] == [":\(base64(alice.leafDER)):"])
            #expect(request["Client-Cert-Chain"] == [])
        }
    }

    @Test("comes with its chain in Client-Cert-Chain (RFC 9440 §2.3)")
    func chain() throws {
        let others = try TestAuthority("Other", intermediate: true)
        func change(_ settings: inout TLSStage.Settings, _ authority: TestAuthority) throws {
            settings.tls?.policy.clientAuthentication = try ClientAuthentication(.required, others)
        }
        try TLSStage.play(ScriptedServer.echo, change) { stage throws in
            let bob = try others.client("Bob")
            let client = try stage.connect(Self.options(bob))
            try client.send(get())
            #expect(try client.readResponse().status == 200)
            let chain = try stage.backend.nextRequest()["Client-Cert-Chain"]
            #expect(chain == [bob.intermediates.map { ":\(base64($0.der)):" }.joined(separator: ", ")])
        }
    }

    @Test(
        "may be large: no ticket carries it then, and answers come (RFC 8446 §4.6.1)",
        arguments: [RawTLSVersion.v12, .v13], [1000, 1500, 3000])
    func large(version: RawTLSVersion, names: Int) throws {
        try TLSStage.play(ScriptedServer.echo, Self.demand(.required)) { stage throws in
            var leaf = TestAuthority.Leaf(names: (0..<names).map { "n\($0).clients.example" })
            leaf.isClient = true
            let client = try stage.connect(Self.options(stage.authority.issue(leaf), version))
            for _ in 0..<2 {
                try client.send(get())
                #expect(try client.readResponse().status == 200)
            }
            if version == .v13 { #expect(client.sessions.isEmpty) }
        }
    }

    @Test("is known again when the session goes on (RFC 8446 §2.2)", arguments: [RawTLSVersion.v12, .v13])
    func resumed(version: RawTLSVersion) throws {
        try TLSStage.play(ScriptedServer.echo, Self.demand(.required)) { stage throws in
            let options = Self.options(try stage.authority.client("Alice"), version)
            let first = try stage.connect(options)
            try first.send(get())
            #expect(try first.readResponse().status == 200)
            let session = try #require(first.sessions.last)
            let second = try stage.connect(options.with { $0.session = session })
            try second.send(get())
            #expect(try second.readResponse().status == 200)
            #expect(second.isResumed)
            let fields = try (0..<2).map { _ in try stage.backend.nextRequest()["Client-Cert"] }
            #expect(fields[0] == fields[1] && fields[0].count == 1)
        }
    }

    @Test(
        "is demanded: without one the handshake ends (RFC 8446 §4.4.2.4, RFC 5246 §7.4.6)",
        arguments: [(RawTLSVersion.v12, 40), (.v13, 116)] as [(RawTLSVersion, UInt8)])
    func missing(version: RawTLSVersion, alert: UInt8) throws {
        try TLSStage.play(ScriptedServer.echo, Self.demand(.required)) { stage throws in
            try expectAlert(alert) {
                // With TLS 1.3 the client is through before the server has seen what it sends.
                let client = try stage.connect(RawTLSOptions().with { $0.versions = version...version })
                try client.send(get())
                return try client.readSome()
            }
            try stage.waitForHandshakes(.certificateMissing, 1)
            #expect(stage.backend.requestCount == 0)
        }
    }

    @Test(
        "of an unknown authority, or expired, ends the handshake, even where none is needed", arguments: [false, true])
    func refused(isExpired: Bool) throws {
        try TLSStage.play(ScriptedServer.echo, Self.demand(.optional)) { stage throws in
            var leaf = TestAuthority.Leaf()
            (leaf.subject, leaf.isClient) = ("Eve", true)
            if isExpired { (leaf.validFrom, leaf.validUntil) = (-7200, -3600) }
            let eve = try (isExpired ? stage.authority : TestAuthority("Other")).issue(leaf)
            // RFC 8446 §6.2: unknown_ca, certificate_expired.
            try expectAlert(isExpired ? 45 : 48) {
                let client = try stage.connect(Self.options(eve))
                try client.send(get())
                return try client.readSome()
            }
            try stage.waitForHandshakes(.certificateRefused, 1)
            #expect(stage.backend.requestCount == 0)
        }
    }

    @Test("that was revoked ends the handshake; one that was not does not (RFC 5280 §6.3)")
    func revoked() throws {
        let authority = try TestAuthority("Clients")
        let (alice, bob) = (try authority.client("Alice"), try authority.client("Bob"))
        func change(_ settings: inout TLSStage.Settings, _: TestAuthority) throws {
            settings.tls?.policy.clientAuthentication = try ClientAuthentication(
                .required, authority, revocationList: authority.revocationList([bob]))
        }
        try TLSStage.play(ScriptedServer.echo, change) { stage throws in
            #expect(try stage.exchange(get(), Self.options(alice)).status == 200)
            // certificate_revoked
            try expectAlert(44) {
                let client = try stage.connect(Self.options(bob))
                try client.send(get())
                return try client.readSome()
            }
        }
    }

    @Test("is not needed where it is optional; nothing is said of one then")
    func optional() throws {
        try TLSStage.play(ScriptedServer.echo, Self.demand(.optional)) { stage throws in
            #expect(try stage.exchange(get("/", "Client-Cert: :Zm9yZ2Vk:\r\n")).status == 200)
            #expect(try stage.backend.nextRequest()["Client-Cert"] == [])
        }
    }

    @Test("is demanded by the site whose name is asked for, and by no other")
    func bySite() throws {
        func change(_ settings: inout TLSStage.Settings, _ authority: TestAuthority) throws {
            settings.identities["b.example"] = try ServerIdentity(
                authority.server("b.example"), clientAuthentication: ClientAuthentication(.required, authority))
        }
        try TLSStage.play(ScriptedServer.echo, change) { stage throws in
            #expect(try stage.exchange(get()).status == 200)
            let options = RawTLSOptions().with { $0.serverName = "b.example" }
            try expectAlert(116) { try stage.connect(options).readSome() }
            let alice = try stage.authority.client("Alice")
            let answer = try stage.exchange(
                get(host: "b.example"), Self.options(alice).with { $0.serverName = "b.example" })
            #expect(answer.status == 200)
        }
    }

    @Test(
        "is never believed from an untrusted client in clear text; a trusted proxy's word stays (RFC 9440 §2.4)",
        arguments: [false, true])
    func clearText(isTrusted: Bool) throws {
        func change(_ settings: inout TLSStage.Settings, _ authority: TestAuthority) {
            settings.tls = nil
            if isTrusted { settings.trustedProxies = [.init("127.0.0.1")!] }
        }
        try TLSStage.play(ScriptedServer.echo, change) { stage throws in
            let client = try stage.connectRaw()
            let fields = "Client-Cert: :Zm9yZ2Vk:\r\nclient-cert-chain: :Zm9yZ2Vk:\r\nClient-Certificate: x\r\n"
            try client.send(get("/", fields))
            #expect(try client.readResponse().status == 200)
            let request = try stage.backend.nextRequest()
            #expect(request["Client-Cert"] == (isTrusted ? [":Zm9yZ2Vk:"] : []))
            #expect(request["Client-Cert-Chain"] == (isTrusted ? [":Zm9yZ2Vk:"] : []))
            #expect(request["Client-Certificate"] == ["x"])
        }
    }

    @Test("shows in variables")
    func variables() throws {
        func change(_ settings: inout TLSStage.Settings, _ authority: TestAuthority) throws {
            try Self.demand(.optional)(&settings, authority)
            let text =
                "{tls.sni} {tls.version} {tls.cipher} {tls.alpn} {tls.resumed} {tls.client.verified} "
                + "{tls.client.subject} {tls.client.issuer} {tls.client.serial} {tls.client.fingerprint}"
            let content = AnswerContent(body: try Template(text, as: .logText))
            settings.site.routes = [
                RoutePlan(name: "all", origin: "test", action: .answer(FixedAnswer(status: 200, content: content)))
            ]
        }
        try TLSStage.play(ScriptedServer.echo, change) { stage throws in
            let alice = try stage.authority.client("Alice")
            let facts = try #require(CertificateFacts(der: alice.leafDER))
            let known = try stage.exchange(get(), Self.options(alice))
            #expect(
                known.body.text == "a.example TLSv1.3 TLS_AES_128_GCM_SHA256 http/1.1 false true CN=Alice CN=Test Root "
                    + "\(facts.serial) \(facts.fingerprint)")
            #expect(facts.fingerprint.count == 64)
            let unknown = try stage.exchange(get(), RawTLSOptions().with { $0.versions = .v12 ... .v12 })
            #expect(
                unknown.body.text.hasPrefix(
                    "a.example TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 http/1.1 false false "))
        }
    }
}

/// RFC 4648 §4, written apart from the product's.
func base64(_ bytes: [UInt8]) -> String {
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    let bits = bytes.flatMap { byte in (0..<8).map { byte >> (7 - UInt8($0)) & 1 } }
    var text = ""
    for start in stride(from: 0, to: bits.count, by: 6) {
        let group =
            Array(bits[start..<min(start + 6, bits.count)]) + Array(repeating: 0, count: max(0, start + 6 - bits.count))
        text.append(letters[group.reduce(0) { $0 * 2 + Int($1) }])
    }
    return text + String(repeating: "=", count: (4 - text.count % 4) % 4)
}
