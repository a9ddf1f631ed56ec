// Which certificate a client gets (RFC 6066 §3), and whether its connection is good for other hosts (RFC 9110 §7.4).

import GateCore
import GateProxy
import GateTLS
import GateTesting
import Testing

@Suite("The certificate for a name")
struct ServerNameTests {
    private static func withNames(_ settings: inout TLSStage.Settings, _ authority: TestAuthority) throws {
        settings.identities["b.example"] = try ServerIdentity(authority.server("b.example"))
        settings.identities["*.wild.example"] = try ServerIdentity(authority.server("*.wild.example"))
        settings.identities["x.wild.example"] = try ServerIdentity(authority.server("x.wild.example", "exact"))
    }

    @Test(
        "is that of the name itself, or of a wildcard for its first label (RFC 9525 §6.3)",
        arguments: [
            ("b.example", "b.example"), ("B.Example", "b.example"), ("b.example.", "b.example"),
            ("z.wild.example.", "*.wild.example"), ("y.wild.example", "*.wild.example"),
            ("x.wild.example", "x.wild.example"), ("c.example", "a.example"), ("y.x.wild.example", "a.example"),
            ("wild.example", "a.example"),
        ])
    func found(name: String, shown: String) throws {
        try TLSStage.play(ScriptedServer.echo, Self.withNames) { stage throws in
            #expect(try subject(of: stage.connect(as: name)) == "CN=\(shown)")
        }
    }

    @Test("is that of the address for clients that name nobody and came to it (RFC 6066 §3)")
    func address() throws {
        func change(_ settings: inout TLSStage.Settings, _ authority: TestAuthority) throws {
            try Self.withNames(&settings, authority)
            settings.identities["127.0.0.2"] = try ServerIdentity(authority.server("second"))
            settings.identities["127.0.0.1"] = try ServerIdentity(authority.server("first"))
        }
        try TLSStage.play(ScriptedServer.echo, change) { stage throws in
            #expect(try subject(of: stage.connect(as: nil)) == "CN=first")
            #expect(try subject(of: stage.connect(as: "c.example")) == "CN=a.example")
        }
    }

    @Test("is the default one for clients that name nobody (RFC 6066 §3)")
    func nameless() throws {
        try TLSStage.play(ScriptedServer.echo, Self.withNames) { stage throws in
            #expect(try subject(of: stage.connect(as: nil)) == "CN=a.example")
        }
    }

    @Test(
        "is refused with unrecognized_name where the listener says so (RFC 6066 §3)",
        arguments: [RawTLSVersion.v12, .v13])
    func refused(version: RawTLSVersion) throws {
        func change(_ settings: inout TLSStage.Settings, _ authority: TestAuthority) {
            settings.tls?.policy.refusesUnknownNames = true
        }
        try TLSStage.play(ScriptedServer.echo, change) { stage throws in
            let options = RawTLSOptions().with {
                $0.serverName = "c.example"
                $0.versions = version...version
            }
            try expectAlert(112) { try stage.connect(options) }
            #expect(stage.handshakes(.unknownName) == 1)
            #expect(try stage.connect(as: "a.example").peerChain.count == 1)
        }
    }

    @Test(
        "that is no name is refused, and stands in the log without its control characters",
        arguments: ["a\u{1b}[31m\nb", "ü.example"])
    func noName(name: String) throws {
        func change(_ settings: inout TLSStage.Settings, _ authority: TestAuthority) {
            settings.tls?.policy.refusesUnknownNames = true
        }
        try TLSStage.play(ScriptedServer.echo, change) { stage throws in
            #expect(throws: WireFailure.self) { try stage.connect(as: name) }
            try stage.waitUntilEmpty()
            let lines = stage.messages.current
            #expect(lines.count == 1)
            #expect(lines.allSatisfy { $0.utf8.allSatisfy { (0x20...0x7E).contains($0) } })
        }
    }

    @Test(
        "is none at all where there is none, and the client hears of it (RFC 6066 §3)", arguments: ["a.example", nil])
    func none(name: String?) throws {
        func change(_ settings: inout TLSStage.Settings, _ authority: TestAuthority) {
            settings.identities = [:]
            settings.fallback = nil
        }
        try TLSStage.play(ScriptedServer.echo, change) { stage throws in
            #expect(throws: WireFailure.self) { try stage.connect(as: name) }
            try stage.waitUntilEmpty()
        }
    }

    @Test(
        "is the one whose signatures the client can verify (RFC 8446 §4.2.3)",
        arguments: [
            ("ECDSA+SHA256", RawTLSVersion.v13, "CN=ecdsa"), ("RSA-PSS+SHA256", .v13, "CN=rsa"),
            ("ECDSA+SHA256:RSA-PSS+SHA256", .v13, "CN=ecdsa"), ("RSA-PSS+SHA256:ECDSA+SHA256", .v13, "CN=ecdsa"),
            ("RSA-PSS+SHA256", .v12, "CN=rsa"), ("ECDSA+SHA256", .v12, "CN=ecdsa"),
        ])
    func keyKinds(signatures: String, version: RawTLSVersion, shown: String) throws {
        func change(_ settings: inout TLSStage.Settings, _ authority: TestAuthority) throws {
            settings.identities["a.example"] = try ServerIdentity(
                authority.server("ecdsa"), authority.server("rsa", key: .rsa))
        }
        try TLSStage.play(ScriptedServer.echo, change) { stage throws in
            let options = RawTLSOptions().with {
                $0.signatures = signatures
                $0.versions = version...version
            }
            #expect(try subject(of: stage.connect(options)) == shown)
        }
    }

    @Test("comes with the chain that leads to the root, and with its staple (RFC 8446 §4.4.2)")
    func chain() throws {
        func change(_ settings: inout TLSStage.Settings, _ authority: TestAuthority) throws {
            let certificate = try TestAuthority(intermediate: true).server("a.example")
            let credential = try TLSCredential(certificate).stapling([1, 2, 3])
            settings.identities["a.example"] = ServerIdentity(credentials: [credential])
        }
        try TLSStage.play(ScriptedServer.echo, change) { stage throws in
            let client = try stage.connect()
            #expect(client.peerChain.count == 2)
            #expect(client.staple == [1, 2, 3])
        }
    }

    // MARK: Other hosts on one connection

    /// One certificate for two names, another for a third; the fourth demands a client's certificate.
    private static func withSites(_ settings: inout TLSStage.Settings, _ authority: TestAuthority) throws {
        let both = try ServerIdentity(authority.server("a.example", "b.example"))
        settings.fallback = both
        let certificate = try authority.server("a.example", "d.example")
        settings.identities = [
            "a.example": both, "b.example": both, "c.example": try ServerIdentity(authority.server("c.example")),
            "d.example": try ServerIdentity(
                certificate, clientAuthentication: ClientAuthentication(.required, authority)),
        ]
    }

    @Test(
        "decides whether requests for another host may come, or get 421 (RFC 9110 §15.5.20)",
        arguments: [
            ("a.example", "a.example", 200), ("a.example", "b.example", 200), ("a.example", "A.Example:443", 200),
            ("a.example", "c.example", 421), ("a.example", "unknown.example", 421), ("c.example", "a.example", 421),
            (nil, "a.example", 200), (nil, "b.example", 200), (nil, "c.example", 421), (nil, "unknown.example", 200),
        ] as [(String?, String, Int)])
    func otherHosts(name: String?, host: String, status: Int) throws {
        try TLSStage.play(ScriptedServer.echo, Self.withSites) { stage throws in
            let client = try stage.connect(as: name)
            // Twice: what was found out once is remembered.
            for _ in 0..<2 {
                try client.send(get(host: host))
                #expect(try client.readResponse().status == status)
            }
            // RFC 9110 §15.5.20: the connection is as good as before for its own host.
            try client.send(get(host: name ?? "a.example"))
            #expect(try client.readResponse().status == 200)
        }
    }

    @Test("nobody gets past the demand for a client's certificate by another host's connection (RFC 9110 §7.4)")
    func demands() throws {
        func change(_ settings: inout TLSStage.Settings, _ authority: TestAuthority) throws {
            try Self.withSites(&settings, authority)
            let all = try authority.server("a.example", "b.example", "d.example")
            settings.identities["a.example"] = try ServerIdentity(all)
        }
        try TLSStage.play(ScriptedServer.echo, change) { stage throws in
            let client = try stage.connect(as: "a.example")
            try client.send(get(host: "d.example"))
            #expect(try client.readResponse().status == 421)
        }
    }
}

/// The subject of the certificate that the other side showed.
func subject(of connection: RawTLSConnection) -> String {
    connection.peerChain.first.flatMap { CertificateFacts(der: $0) }?.subject ?? ""
}
