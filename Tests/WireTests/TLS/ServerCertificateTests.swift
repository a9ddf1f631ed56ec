// Whom Gatehouse believes to be a server (RFC 9525, RFC 5280 §6), and what becomes of requests to those it does not.

import GateTesting
import Testing

@Suite("TLS to servers: certificates (RFC 9525 §6, RFC 5280 §6)")
struct ServerCertificateTests {
    private static let noRetry = "retries: { attempts: 0 }"

    @Test("an address is verified as an address, and asked for by no name (RFC 6066 §3)")
    func address() throws {
        let secure = try SecureServerStage()
        let names = Monitor<[String?]>([])
        let options = RawTLSOptions.server(try secure.authority.server("127.0.0.1"))
        let script = ScriptedServer.secure(options) { visit in
            names.update { $0.append(visit.tls.requestedName) }
            try visit.readRequest()
            try visit.respond(body: "hello")
        }
        try secure.play(script) { stage throws in
            let response = try stage.exchange(get())
            #expect(response.status == 200)
            #expect(response.body.text == "hello")
            #expect(names.current == [nil])
        }
    }

    static let names: [(certificate: [String], tls: String, asked: String?)] = [
        (["app.internal"], "name: app.internal", "app.internal"),
        (["*.apps.internal"], "name: A.apps.internal", "a.apps.internal"),
        (["app.internal"], "name: app.internal, sni: off", nil),
        (["app.internal"], "name: app.internal, sni: other.example", "other.example"),
        (["127.0.0.1"], "sni: other.example", "other.example"), (["192.0.2.7"], "name: 192.0.2.7", nil),
        (["2001:db8::7"], "name: '2001:db8:0::7'", nil),
    ]

    @Test("`name` is what is verified and asked for, unless `sni` says otherwise", arguments: names)
    func name(certificate: [String], tls: String, asked: String?) throws {
        let secure = try SecureServerStage()
        let seen = Monitor<[String?]>([])
        let leaf = try secure.authority.issue(TestAuthority.Leaf(names: certificate))
        let script = ScriptedServer.secure(.server(leaf)) { visit in
            seen.update { $0.append(visit.tls.requestedName) }
            try visit.readRequest()
            try visit.respond()
        }
        try secure.play(script, tls: tls) { stage throws in
            #expect(try stage.exchange(get()).status == 200)
            #expect(seen.current == [asked])
        }
    }

    @Test("an authority below a root, and a server's own certificate, may be what is trusted")
    func anchors() throws {
        let secure = try SecureServerStage(TestAuthority(intermediate: true))
        let leaf = try secure.authority.server("127.0.0.1")
        let script = ScriptedServer.secureEcho(.server(leaf))
        for text in [secure.authority.rootPEM, secure.authority.issuerPEM, leaf.leafPEM] {
            let file = try secure.files.write("anchor.pem", text)
            try secure.play(script, allTLS: "ca: \"\(file)\"") { stage throws in
                #expect(try stage.exchange(get()).status == 200)
            }
        }
    }

    /// What is wrong with a server's certificate, and how exchanges end by it.
    enum Fault: String, CaseIterable {
        case expired, notYetValid, wrongAddress, onlyName, onlyCommonName, otherAuthority, forClients

        func certificate(_ authority: TestAuthority) throws -> TestCertificate {
            switch self {
            case .expired: return try authority.expired("127.0.0.1")
            case .notYetValid: return try authority.notYetValid("127.0.0.1")
            case .wrongAddress: return try authority.server("127.0.0.2")
            case .onlyName: return try authority.server("localhost")
            case .onlyCommonName:
                var leaf = TestAuthority.Leaf(names: ["other.example"])
                leaf.subject = "127.0.0.1"
                return try authority.issue(leaf)
            case .otherAuthority: return try TestAuthority("Other").server("127.0.0.1")
            case .forClients:
                var leaf = TestAuthority.Leaf("127.0.0.1")
                leaf.isClient = true
                return try authority.issue(leaf)
            }
        }

        var reason: String {
            switch self {
            case .expired, .notYetValid: "server_certificate_expired"
            case .wrongAddress, .onlyName, .onlyCommonName: "server_certificate_name"
            case .otherAuthority: "server_certificate_issuer"
            case .forClients: "server_certificate_unfit"
            }
        }
    }

    @Test(
        "a certificate that does not hold is 502; the reason stays with us, and the request too",
        arguments: Fault.allCases)
    func fault(_ fault: Fault) throws {
        let secure = try SecureServerStage()
        let script = ScriptedServer.secureEcho(.server(try fault.certificate(secure.authority)))
        try secure.play(script, upstream: Self.noRetry) { stage throws in
            let response = try stage.exchange(get())
            #expect(response.status == 502)
            let text = response.description.lowercased()
            for word in ["certificate", "tls", "expired", "issuer", "127.0.0.1", "ssl", "x509"] {
                #expect(!text.contains(word))
            }
            try expectEnding(fault.reason, in: stage)
            #expect(stage.backend.requestCount == 0)
        }
    }

    @Test("authorities whose file is replaced count soon, without a reload")
    func watched() throws {
        let secure = try SecureServerStage()
        let other = try TestAuthority("Other")
        let script = ScriptedServer.secureEcho(.server(try other.server("127.0.0.1")))
        try secure.play(script, upstream: Self.noRetry) { stage throws in
            #expect(try stage.exchange(get()).status == 502)
            try secure.files.write("ca.pem", other.rootPEM)
            try eventually("the other authority") { try stage.exchange(get()).status == 200 }
            // A connection to a server that is not believed any more does not stay in use.
            try secure.files.write("ca.pem", secure.authority.rootPEM)
            try eventually("the first authority") { try stage.exchange(get()).status == 502 }
        }
    }

    @Test("a certificate for servers whose files are replaced is shown soon, without a reload")
    func watchedCertificate() throws {
        let secure = try SecureServerStage()
        let (first, second) = (try secure.authority.client("first"), try secure.authority.client("second"))
        try first.write(to: secure.files, as: "client")
        let shown = Monitor<[UInt8]?>(nil)
        let options = RawTLSOptions.server(try secure.authority.server("127.0.0.1")).with {
            $0.roots = secure.authority.rootPEM
        }
        let script = ScriptedServer.secure(options) { visit in
            shown.update { $0 = visit.tls.peerChain.first }
            try visit.readRequest()
            try visit.respond(fields: "Connection: close\r\n")
        }
        let files = "chain: \"\(secure.files.file("client.pem"))\", key: \"\(secure.files.file("client.key"))\""
        try secure.play(script, tls: "certificate: { \(files) }") { stage throws in
            #expect(try stage.exchange(get()).status == 200)
            #expect(shown.current == first.leafDER)
            try second.write(to: secure.files, as: "client")
            try eventually("the second certificate") {
                try stage.exchange(get()).status == 200 && shown.current == second.leafDER
            }
        }
    }

    @Test("a certificate that is its own issuer is unknown, unless it is what is trusted")
    func selfSigned() throws {
        let secure = try SecureServerStage()
        let root = try TestAuthority("Alone")
        let options = RawTLSOptions().with {
            $0.chain = root.rootPEM
            $0.key = root.issuerKeyPEM
        }
        try secure.play(ScriptedServer.secureEcho(options), upstream: Self.noRetry) { stage throws in
            #expect(try stage.exchange(get()).status == 502)
            try expectEnding("server_certificate_issuer", in: stage)
        }
    }

    @Test("`insecure: true` believes anybody")
    func insecure() throws {
        let secure = try SecureServerStage()
        let options = RawTLSOptions.server(try TestAuthority("Other").expired("other.example"))
        try secure.play(ScriptedServer.secureEcho(options), allTLS: "insecure: true") { stage throws in
            #expect(try stage.exchange(get()).status == 200)
        }
    }

    @Test("the system's roots do not know an authority of our own")
    func systemRoots() throws {
        let secure = try SecureServerStage()
        let options = RawTLSOptions.server(try secure.authority.server("127.0.0.1"))
        try secure.play(ScriptedServer.secureEcho(options), allTLS: "", upstream: Self.noRetry) { stage throws in
            #expect(try stage.exchange(get()).status == 502)
            try expectEnding("server_certificate_issuer", in: stage)
        }
    }

    // MARK: Client certificates

    @Test("a server that asks for a certificate gets the one that is configured", arguments: [RawTLSVersion.v12, .v13])
    func clientCertificate(version: RawTLSVersion) throws {
        let secure = try SecureServerStage()
        let mine = try secure.authority.client("gatehouse")
        let files = try mine.write(to: secure.files, as: "client")
        let shown = Monitor<[[[UInt8]]]>([])
        let options = try server(secure, version)
        let script = ScriptedServer.secure(options) { visit in
            shown.update { $0.append(visit.tls.peerChain) }
            try visit.readRequest()
            try visit.respond()
        }
        let keys = "certificate: { chain: \"\(files.chain)\", key: \"\(files.key)\" }"
        try secure.play(script, tls: keys) { stage throws in
            #expect(try stage.exchange(get()).status == 200)
            #expect(shown.current.first?.first == mine.leafDER)
        }
    }

    @Test("without one the server's alert is 502", arguments: [RawTLSVersion.v12, .v13])
    func noClientCertificate(version: RawTLSVersion) throws {
        let secure = try SecureServerStage()
        let script = ScriptedServer.secureEcho(try server(secure, version))
        try secure.play(script, upstream: Self.noRetry) { stage throws in
            #expect(try stage.exchange(get()).status == 502)
            try expectEnding("server_tls_alert", in: stage)
            #expect(stage.backend.requestCount == 0)
        }
    }

    private func server(_ secure: SecureServerStage, _ version: RawTLSVersion) throws -> RawTLSOptions {
        try RawTLSOptions.server(secure.authority.server("127.0.0.1")).with { options in
            options.roots = secure.authority.rootPEM
            options.versions = version...version
        }
    }
}
