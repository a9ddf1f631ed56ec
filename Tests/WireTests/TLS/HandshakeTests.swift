// What client and listener agree on: versions, groups, suites, application protocols.

import GateCore
import GateProxy
import GateTLS
import GateTesting
import Testing

@Suite("A TLS handshake")
struct HandshakeTests {
    @Test("carries a request and its answer (RFC 8446 §4, RFC 5246 §7.3)", arguments: [RawTLSVersion.v12, .v13])
    func versions(version: RawTLSVersion) throws {
        try TLSStage.play { stage throws in
            let client = try stage.connect(RawTLSOptions().with { $0.versions = version...version })
            #expect(client.version == version)
            try client.send(post("/x", body: "hello"))
            let answer = try client.readResponse()
            #expect(answer.status == 200)
            #expect(answer.body.text.contains("target: /x"))
            #expect(try stage.backend.nextRequest()["X-Forwarded-Proto"] == ["https"])
        }
    }

    @Test("verifies against the authority that issued the certificate")
    func verifies() throws {
        try TLSStage.play { stage throws in
            let options = RawTLSOptions().with { $0.roots = stage.authority.rootPEM }
            #expect(try stage.exchange(get(), options).status == 200)
        }
    }

    @Test(
        "with the newest version that both have; older ones are refused with protocol_version (RFC 8446 §4.2.1, §6.2)",
        arguments: [RawTLSVersion.v10, .v11])
    func oldVersions(version: RawTLSVersion) throws {
        try TLSStage.play { stage throws in
            try expectAlert(70) { try stage.connect(RawTLSOptions().with { $0.versions = version...version }) }
            try stage.waitForHandshakes(.nothingInCommon, 1)
        }
    }

    @Test("below a listener's minimum is refused with protocol_version (RFC 8446 §6.2)")
    func listenerMinimum() throws {
        func change(_ settings: inout TLSStage.Settings, _ authority: TestAuthority) {
            settings.tls?.policy.minVersion = .tls13
        }
        try TLSStage.play(ScriptedServer.echo, change) { stage throws in
            try expectAlert(70) { try stage.connect(RawTLSOptions().with { $0.versions = .v12 ... .v12 }) }
            #expect(try stage.connect().version == .v13)
        }
    }

    @Test(
        "uses the group that both want most (RFC 8446 §4.2.7)",
        arguments: [
            ("X25519MLKEM768:X25519:P-256", "X25519MLKEM768"), ("P-256:X25519", "X25519"), ("P-256", "P-256"),
            ("X25519", "X25519"),
        ])
    func groups(offered: String, agreed: String) throws {
        try TLSStage.play { stage throws in
            #expect(try stage.connect(RawTLSOptions().with { $0.groups = offered }).group == agreed)
        }
    }

    @Test("without a group in common is refused with handshake_failure (RFC 8446 §4.1.1)")
    func noGroup() throws {
        try TLSStage.play { stage throws in
            try expectAlert(40) { try stage.connect(RawTLSOptions().with { $0.groups = "P-521" }) }
            try stage.waitForHandshakes(.nothingInCommon, 1)
        }
    }

    @Test(
        "up to TLS 1.2 takes suites with forward secrecy and authenticated encryption (RFC 9325 §4.2)",
        arguments: [
            "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305",
        ])
    func suites(suite: String) throws {
        try TLSStage.play { stage throws in
            let options = RawTLSOptions().with {
                $0.versions = .v12 ... .v12
                $0.suites = suite
            }
            #expect(try stage.exchange(get(), options).status == 200)
        }
    }

    @Test(
        "takes no others (RFC 9325 §4.1)",
        arguments: ["ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA", "AES128-GCM-SHA256", "AES128-SHA"])
    func badSuites(suite: String) throws {
        try TLSStage.play { stage throws in
            let options = RawTLSOptions().with {
                $0.versions = .v12 ... .v12
                $0.suites = suite
            }
            try expectAlert(40) { try stage.connect(options) }
        }
    }

    @Test(
        "agrees on http/1.1 by ALPN, and does without (RFC 7301 §3.1)",
        arguments: [["http/1.1"], ["h9", "http/1.1"], []])
    func protocols(offered: [String]) throws {
        try TLSStage.play { stage throws in
            let client = try stage.connect(RawTLSOptions().with { $0.protocols = offered })
            #expect(client.negotiatedProtocol == (offered.isEmpty ? nil : "http/1.1"))
            try client.send(get())
            #expect(try client.readResponse().status == 200)
        }
    }

    @Test("with none of our application protocols is refused with no_application_protocol (RFC 7301 §3.2)")
    func noProtocol() throws {
        try TLSStage.play { stage throws in
            try expectAlert(120) { try stage.connect(RawTLSOptions().with { $0.protocols = ["smtp"] }) }
            try stage.waitForHandshakes(.noCommonProtocol, 1)
        }
    }

    @Test("behind a PROXY header, which may come together with the hello", arguments: [true, false])
    func proxyHeader(together: Bool) throws {
        func change(_ settings: inout TLSStage.Settings, _ authority: TestAuthority) {
            settings.listener.proxyProtocolFrom = [.init("127.0.0.1")!]
        }
        try TLSStage.play(ScriptedServer.echo, change) { stage throws in
            let header = "PROXY TCP4 1.2.3.4 5.6.7.8 1111 443\r\n"
            let raw = try stage.connectRaw()
            let client = try RawTLSConnection(over: raw)
            if together {
                try raw.send(Array(header.utf8) + client.firstFlight())
            } else {
                try raw.send(header, inPiecesOf: 1, every: .zero)
            }
            try client.handshake()
            try client.send(get())
            #expect(try client.readResponse().status == 200)
            #expect(try stage.backend.nextRequest()["X-Forwarded-For"] == ["1.2.3.4"])
        }
    }
}

/// Expects that what `body` does ends with a fatal alert of this number (RFC 8446 §6.2).
func expectAlert(_ number: UInt8, _ body: () throws -> Any, sourceLocation: SourceLocation = #_sourceLocation) throws {
    do {
        _ = try body()
        Issue.record("no alert", sourceLocation: sourceLocation)
    } catch let failure as WireFailure {
        #expect(failure.kind == .alert(number), sourceLocation: sourceLocation)
    }
}
