// testssl.sh looks at the default configuration: what is offered, what is shown, and every attack that it knows.

import GateTesting
import Testing

@Suite("With testssl.sh as the examiner", .enabled(if: Peer.testssl.mayRun, "needs Debian's testssl.sh"))
struct TestSSLTests {
    /// One line of its report.
    private struct Finding {
        let id: String
        let severity: String
        let text: String
    }

    /// What must stand in the report, each with its severity. Debian's version gives no grade; these, and nothing worse than
    /// LOW besides, are what newer ones ask of an A+.
    private static let expected = [
        "OK SSLv2: not offered", "OK SSLv3: not offered", "INFO TLS1: not offered", "INFO TLS1_1: not offered",
        "OK TLS1_2: offered", "OK TLS1_3: offered with final", "INFO ALPN: http/1.1",
        "OK cipherlist_NULL: not offered", "OK cipherlist_aNULL: not offered", "OK cipherlist_EXPORT: not offered",
        "OK cipherlist_LOW: not offered", "INFO cipherlist_3DES_IDEA: not offered",
        "INFO cipherlist_AVERAGE: not offered", "OK cipherlist_STRONG: offered", "OK PFS: offered",
        "OK protocol_negotiated: Default protocol TLS1.3", "OK cert_keySize: EC 256 bits",
        "OK cert_chain_of_trust: passed.", "INFO certs_list_ordering_problem: no",
        "INFO sessionresumption_ticket: supported", "OK OCSP_stapling: offered",
        "OK HSTS_time: 730 days (=63072000 seconds) > 15552000 seconds",
        "OK heartbleed: not vulnerable, no heartbeat extension", "OK CCS: not vulnerable",
        "OK ticketbleed: not vulnerable", "OK ROBOT: not vulnerable, no RSA key transport cipher",
        "OK secure_renego: supported", "OK secure_client_renego: not vulnerable", "OK CRIME_TLS: not vulnerable",
        "OK POODLE_SSL: not vulnerable, no SSLv3", "OK fallback_SCSV: no protocol below TLS 1.2 offered",
        "OK SWEET32: not vulnerable", "OK FREAK: not vulnerable", "OK DROWN: not vulnerable on this host and port",
        "OK LOGJAM: not vulnerable, no DH EXPORT ciphers,", "OK BEAST: not vulnerable, no SSL3 or TLS1",
        "OK LUCKY13: not vulnerable", "OK RC4: not vulnerable",
    ]

    @Test("finds nothing worse than LOW on the defaults with a staple and HSTS")
    func report() throws {
        let page = ScriptedServer.serving { visit, _ in
            // What browsers ask of a page is its own matter; without any of it there would be a finding.
            try visit.respond(fields: "X-Content-Type-Options: nosniff\r\n", body: "hello")
        }
        let change = { (files: SecureStage.Files, settings: inout SecureStage.Settings) in
            settings.certificate.append("staple: \(try files.staple())")
            settings.plain.site = "hsts: true"
        }
        // Nobody listens there; public certificates name a responder or a list.
        let settings = SecureStage.Settings(responder: "http://127.0.0.1:1/")
        try SecureStage.play(page, settings, change: change) { stage in
            let report = stage.files.directory.file("report.csv")
            let arguments = [
                "--quiet", "--color", "0", "--warnings", "off", "--nodns", "min", "--ip", "127.0.0.1", "--add-ca",
                stage.files.root, "--csvfile", report,
                // Protocols, suites, forward secrecy, order, what the server shows, fields, all vulnerabilities.
                "-p", "-s", "-f", "-P", "-S", "-h", "-U", "\(SecureStage.name):\(try stage.port)",
            ]
            // It gives up on an answer after five seconds, and says so where the test wants to know more.
            let result = try runProgram(
                "testssl", arguments, environment: ["HEADER_MAXSLEEP": "120"], within: Deadline.usual * 40)
            let findings = Self.findings(textOfFile(report))
            #expect(findings.count > 60, "\(result)")
            let lines = Set(findings.map { "\($0.severity) \($0.id): \($0.text)" })
            for line in Self.expected where !lines.contains(line) {
                let id = line.split(separator: " ")[1].dropLast()
                Issue.record("no \"\(line)\", but \(findings.filter { $0.id == id })")
            }
            let bad = findings.filter { !["OK", "INFO", "LOW", "DEBUG"].contains($0.severity) }
            // It misses an OpenSSL with GOST, which is nobody's fault.
            #expect(bad.filter { $0.id != "engine_problem" }.isEmpty, "\(bad)")
        }
    }

    /// Lines of `"id","fqdn/ip","port","severity","finding","cve","cwe"`.
    private static func findings(_ text: String) -> [Finding] {
        text.split(separator: "\n").dropFirst().compactMap { line in
            let cells = line.dropFirst().dropLast().split(separator: "\",\"", omittingEmptySubsequences: false)
            guard cells.count >= 5 else { return nil }
            return Finding(id: String(cells[0]), severity: String(cells[3]), text: String(cells[4]))
        }
    }
}
