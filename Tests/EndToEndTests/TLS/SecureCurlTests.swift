// curl over TLS in front of the proxy.

import GateTesting
import Testing

extension SecureStage {
    /// Runs curl against paths of `a.example`, trusting the stage's root alone.
    fileprivate func curl(
        _ options: [String], _ targets: String..., host: String = SecureStage.name
    ) throws -> ProgramResult {
        let fixed = [
            "--silent", "--show-error", "--noproxy", "*", "--cacert", files.root, "--connect-to",
            "::127.0.0.1:\(try port)",
        ]
        return try runProgram("curl", fixed + options + targets.map { "https://\(host)\($0)" })
    }
}

@Suite("With curl over TLS as the client", .enabled(if: Peer.curl.mayRun, "needs Debian's curl"))
struct SecureCurlTests {
    @Test(
        "it gets, posts, and uses one connection for several URLs",
        arguments: [["--tlsv1.3"], ["--tls-max", "1.2"], ["--tlsv1.3", "--http1.0"]])
    func basics(options: [String]) throws {
        try SecureStage.play { stage in
            let one = try stage.curl(options, "/x?y")
            #expect(one.output.contains("target: /x?y"), "\(one)")
            #expect(one.output.contains("field: X-Forwarded-Proto: https"))
            #expect(try stage.curl(options + ["--data", "hello"], "/").output.hasSuffix("body: 5\n"))
            let marked = options + ["--write-out", "%{num_connects} "]
            let several = try stage.curl(marked, "/1", "/2", "/3").output
            #expect(several.contains("target: /3"))
            if !options.contains("--http1.0") { #expect(several.hasSuffix("0 ")) }
        }
    }

    @Test("megabytes go up and come back unchanged")
    func mirror() throws {
        let data = [UInt8]((0..<(5 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 11 >> 3) })
        try SecureStage.play(ScriptedServer.mirror) { stage in
            let (file, back) = (stage.files.directory.file("data"), stage.files.directory.file("back"))
            try writeFile(file, data)
            let result = try stage.curl(["--request", "POST", "--upload-file", file, "--output", back], "/")
            #expect(result.status == 0, "\(result.errors)")
            #expect(try readFile(back) == data)
        }
    }

    @Test("a name that the certificate does not have is curl's error, not an answer")
    func wrongName() throws {
        try SecureStage.play { stage in
            let result = try stage.curl([], "/", host: "b.example")
            #expect(result.status == 35, "no alert but \(result)")
            #expect(stage.stage.backend.requestCount == 0)
        }
    }

    @Test("a client's certificate reaches the backend as Client-Cert (RFC 9440)")
    func clientCertificate() throws {
        let ask = { (files: SecureStage.Files, settings: inout SecureStage.Settings) in
            settings.tls.append("client_certificates: { mode: optional, ca: \(try files.authorities()) }")
        }
        try SecureStage.play(change: ask) { stage in
            let known = try stage.files.client("somebody")
            let forged = ["--header", "Client-Cert: :Zm9yZ2Vk:"]
            let shown = try stage.curl(forged + ["--cert", known.chain, "--key", known.key], "/").output
            #expect(shown.contains("field: Client-Cert: :MII"))
            #expect(!shown.contains("Zm9yZ2Vk"))
            let anonymous = try stage.curl(forged, "/").output
            #expect(anonymous.contains("target: /"))
            #expect(!anonymous.contains("Client-Cert"))
        }
    }
}
