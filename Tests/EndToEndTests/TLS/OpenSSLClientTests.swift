// OpenSSL's own client in front of the proxy: versions, suites, resumption, early data, client certificates, staples.

import GateTesting
import Testing

extension SecureStage {
    /// Runs `openssl s_client` with one request and answers all that it said. It verifies the certificate, and ends when the
    /// proxy ends the connection.
    fileprivate func openssl(_ options: [String]) throws -> String {
        let request = try files.directory.write("request", get("/from-openssl", "Connection: close\r\n"))
        let script = "exec openssl s_client \"$@\" <$0 2>&1"
        let fixed = [
            "-connect", "127.0.0.1:\(try port)", "-servername", Self.name, "-CAfile", files.root,
            "-verify_return_error",
            "-verify_hostname", Self.name, "-ign_eof",
        ]
        return try runProgram("sh", ["-c", script, request] + fixed + options).output
    }
}

@Suite("With openssl s_client as the client", .enabled(if: Peer.openssl.mayRun, "needs Debian's openssl"))
struct OpenSSLClientTests {
    @Test("both versions are spoken, ALPN answered, the chain sent whole", arguments: ["1_2", "1_3"])
    func versions(version: String) throws {
        try SecureStage.play { stage in
            let said = try stage.openssl(["-tls\(version)", "-alpn", "h3,http/1.1"])
            #expect(said.contains("Verification: OK"))
            #expect(said.contains("ALPN protocol: http/1.1"))
            #expect(said.contains("Peer Temp Key: X25519") || said.contains("Server Temp Key: X25519"))
            #expect(said.contains("target: /from-openssl"))
            // The end was announced (RFC 8446 §6.1), or it would say so.
            #expect(!said.contains("unexpected eof"))
        }
    }

    @Test("TLS 1.0 and 1.1 are refused with protocol_version (70)", arguments: ["1", "1_1"])
    func oldVersions(version: String) throws {
        try SecureStage.play { stage in
            let said = try stage.openssl(["-tls\(version)", "-cipher", "DEFAULT@SECLEVEL=0"])
            #expect(said.contains("alert number 70"))
            #expect(!said.contains("HTTP/1.1 200"))
        }
    }

    @Test(
        "every suite with authenticated encryption serves",
        arguments: [
            ("-ciphersuites", "TLS_AES_128_GCM_SHA256", TestKeyKind.ecdsa),
            ("-ciphersuites", "TLS_AES_256_GCM_SHA384", .ecdsa),
            ("-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256", .rsa),
            ("-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256", .ecdsa), ("-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384", .ecdsa),
            ("-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305", .ecdsa), ("-cipher", "ECDHE-RSA-AES128-GCM-SHA256", .rsa),
            ("-cipher", "ECDHE-RSA-AES256-GCM-SHA384", .rsa), ("-cipher", "ECDHE-RSA-CHACHA20-POLY1305", .rsa),
        ])
    func suites(option: String, suite: String, key: TestKeyKind) throws {
        try SecureStage.play(ScriptedServer.echo, SecureStage.Settings(key: key)) { stage in
            let version = option == "-cipher" ? "-tls1_2" : "-tls1_3"
            let said = try stage.openssl([version, option, suite])
            #expect(said.contains("Cipher is \(suite)"))
            #expect(said.contains("target: /from-openssl"))
        }
    }

    @Test(
        "suites with CBC, or without forward secrecy, are refused with handshake_failure (40)",
        arguments: [
            "ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-SHA384", "AES128-GCM-SHA256", "DHE-RSA-AES128-GCM-SHA256",
        ])
    func weakSuites(suite: String) throws {
        try SecureStage.play(ScriptedServer.echo, SecureStage.Settings(key: .rsa)) { stage in
            let said = try stage.openssl(["-tls1_2", "-cipher", suite])
            #expect(said.contains("alert number 40"))
        }
    }

    @Test("a session is resumed from a ticket", arguments: ["1_2", "1_3"])
    func resumption(version: String) throws {
        try SecureStage.play { stage in
            let ticket = stage.files.directory.file("ticket")
            let first = try stage.openssl(["-tls\(version)", "-sess_out", ticket])
            #expect(first.contains("New, TLSv"))
            let second = try stage.openssl(["-tls\(version)", "-sess_in", ticket])
            #expect(second.contains("Reused, TLSv"))
            #expect(second.contains("target: /from-openssl"))
        }
    }

    @Test("early data is rejected by default, and the request goes through all the same")
    func earlyDataOff() throws {
        try earlyData([]) { said in
            #expect(said.contains("Early data was not sent") || said.contains("Early data was rejected"))
        }
    }

    @Test("early data is accepted where the configuration says so (RFC 8446 §2.3)")
    func earlyDataOn() throws {
        try earlyData(["early_data: true"]) { said in
            #expect(said.contains("Early data was accepted"))
            #expect(said.contains("target: /early"))
        }
    }

    private func earlyData(_ tls: [String], _ check: (String) throws -> Void) throws {
        let add = { (_: SecureStage.Files, settings: inout SecureStage.Settings) in settings.tls += tls }
        try SecureStage.play(change: add) { stage in
            let ticket = stage.files.directory.file("ticket")
            _ = try stage.openssl(["-tls1_3", "-sess_out", ticket])
            let request = try stage.files.directory.write("early", get("/early"))
            let said = try stage.openssl(["-tls1_3", "-sess_in", ticket, "-early_data", request])
            #expect(said.contains("target: /from-openssl"))
            try check(said)
        }
    }

    @Test("a client's certificate is asked for, verified, and missed", arguments: ["1_2", "1_3"])
    func clientCertificate(version: String) throws {
        let demand = { (files: SecureStage.Files, settings: inout SecureStage.Settings) in
            settings.tls.append("client_certificates: { mode: required, ca: \(try files.authorities()) }")
        }
        try SecureStage.play(change: demand) { stage in
            let known = try stage.files.client("somebody")
            let welcome = try stage.openssl(["-tls\(version)", "-cert", known.chain, "-key", known.key])
            #expect(welcome.contains("target: /from-openssl"))
            let nobody = try stage.openssl(["-tls\(version)"])
            #expect(!nobody.contains("HTTP/1.1 200"))
            // certificate_required (116) is TLS 1.3's; before it was handshake_failure (40).
            #expect(nobody.contains(version == "1_3" ? "alert number 116" : "alert number 40"))
            let foreign = try TestAuthority("Foreign").client("stranger").write(
                to: stage.files.directory, as: "stranger")
            let stranger = try stage.openssl(["-tls\(version)", "-cert", foreign.chain, "-key", foreign.key])
            #expect(!stranger.contains("HTTP/1.1 200"))
            #expect(stranger.contains("alert number 48"), "not unknown_ca")
        }
    }

    @Test("a staple comes with the certificate and satisfies OpenSSL (RFC 6066 §8)", arguments: ["1_2", "1_3"])
    func staple(version: String) throws {
        let add = { (files: SecureStage.Files, settings: inout SecureStage.Settings) in
            settings.certificate.append("staple: \(try files.staple())")
        }
        try SecureStage.play(change: add) { stage in
            let said = try stage.openssl(["-tls\(version)", "-status"])
            #expect(said.contains("OCSP Response Status: successful"))
            #expect(said.contains("Cert Status: good"))
            #expect(said.contains("target: /from-openssl"))
        }
    }

    @Test("renegotiation is refused (RFC 8446 §4.1.1, TLS 1.2)")
    func renegotiation() throws {
        try SecureStage.play { stage in
            // The client begins one on a line with an R, and must not see an end of its input before it has failed.
            let script = "mkfifo $0; openssl s_client \"$@\" <$0 2>&1 & exec 3>$0; echo R >&3; wait $!"
            let arguments = [stage.files.directory.file("pipe"), "-connect", "127.0.0.1:\(try stage.port)", "-tls1_2"]
            let said = try runProgram("sh", ["-c", script] + arguments).output
            #expect(said.contains("RENEGOTIATING"))
            #expect(said.contains("no renegotiation"))
        }
    }
}
