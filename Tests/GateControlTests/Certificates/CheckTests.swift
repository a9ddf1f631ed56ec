import GateConfig
import GateControl
import GateTesting
import Testing

/// A folder with certificates and what `check` says of a configuration that names them.
struct CertificateFolder {
    let directory: TemporaryDirectory
    let authority: TestAuthority

    init(intermediate: Bool = true) throws {
        directory = try TemporaryDirectory()
        authority = try TestAuthority(intermediate: intermediate)
    }

    /// A listener with these keys under `tls`, and one site.
    func configuration(listener: String = "auto", site: String = "off") throws -> Configuration {
        let text = """
            listeners: [{ address: "127.0.0.1:0", name: main, tls: \(listener) }]
            sites: [{ hosts: [www.example.com], tls: \(site), routes: [{ respond: 200 }] }]

            """
        let outcome = ConfigurationLoader.load(text: text, name: directory.file("t"))
        #expect(outcome.diagnostics.isEmpty)
        return try #require(outcome.configuration)
    }

    /// The findings, each without the folder's name.
    func findings(listener: String = "auto", site: String = "off") throws -> [String] {
        CertificateCheck.diagnostics(of: try configuration(listener: listener, site: site)).map {
            String("\($0)".dropFirst(directory.path.utf8.count + 1))
        }
    }

    /// The findings about a listener's only certificate, after `t:1:COLUMN: `.
    func findings(of certificate: TestCertificate) throws -> [String] {
        try certificate.write(to: directory, as: "site")
        return try findings(listener: Self.listener).map { String($0.drop { $0 != " " }.dropFirst()) }
    }

    static let listener = "{ certificates: [{ chain: site.pem, key: site.key }] }"
    static let site = "{ certificates: [{ chain: site.pem, key: site.key }] }"
}

@Suite("Certificates on the test stand")
struct CheckTests {
    @Test("a good one has no findings", arguments: [TestKeyKind.ecdsa, .rsa])
    func good(key: TestKeyKind) throws {
        let folder = try CertificateFolder()
        #expect(try folder.findings(of: folder.authority.server("www.example.com", key: key)) == [])
        #expect(try folder.findings(site: CertificateFolder.site) == [])
    }

    @Test("files that are not there")
    func missing() throws {
        #expect(
            try CertificateFolder().findings(listener: CertificateFolder.listener) == [
                "t:1:82: error: `site.pem` cannot be read: there is no such file",
                "t:1:97: error: `site.key` cannot be read: there is no such file",
            ])
    }

    @Test("a key that belongs to another certificate")
    func mismatch() throws {
        let folder = try CertificateFolder()
        try folder.authority.server("www.example.com").write(to: folder.directory, as: "site")
        try folder.directory.write("site.pem", folder.authority.server("www.example.com").chainPEM)
        #expect(
            try folder.findings(listener: CertificateFolder.listener) == [
                "t:1:97: error: `site.key` does not belong to the certificate in `site.pem`; write the files of one pair"
            ])
    }

    @Test("a chain that begins with the issuer")
    func wrongOrder() throws {
        let folder = try CertificateFolder()
        let good = try folder.authority.server("www.example.com")
        try good.write(to: folder.directory, as: "site")
        try folder.directory.write("site.pem", folder.authority.issuerPEM + good.leafPEM)
        #expect(
            try folder.findings(listener: CertificateFolder.listener) == [
                "t:1:97: error: `site.key` belongs to certificate 2 in `site.pem`; that one must stand first"
            ])
    }

    @Test("files that were swapped")
    func swapped() throws {
        let folder = try CertificateFolder()
        try folder.authority.server("www.example.com").write(to: folder.directory, as: "site")
        let findings = try folder.findings(listener: "{ certificates: [{ chain: site.key, key: site.pem }] }")
        #expect(findings.count == 1)
        #expect(findings.first?.contains("`site.key` has no certificate") == true)
        #expect(findings.first?.contains("are `chain` and `key` swapped?") == true)
    }

    @Test("what is out of its time")
    func times() throws {
        let folder = try CertificateFolder()
        let expired = try folder.findings(of: folder.authority.expired("www.example.com"))
        #expect(expired.count == 1)
        #expect(expired.first?.hasPrefix("error: `site.pem` has expired: the certificate was good until 20") == true)
        let early = try folder.findings(of: folder.authority.notYetValid("www.example.com"))
        #expect(early.count == 1)
        #expect(early.first?.hasPrefix("error: `site.pem` is not valid yet: the certificate is good from 20") == true)
        var leaf = TestAuthority.Leaf("www.example.com")
        leaf.validUntil = 10 * 86_400
        leaf.validFrom = -80 * 86_400
        let soon = try folder.findings(of: folder.authority.issue(leaf))
        #expect(soon.count == 1)
        #expect(soon.first?.hasPrefix("warning: `site.pem` expires soon: the certificate is good until 20") == true)
    }

    @Test("a short life is not at its end before a quarter is left")
    func shortLife() throws {
        let folder = try CertificateFolder()
        var leaf = TestAuthority.Leaf("www.example.com")
        leaf.validFrom = -3 * 86_400
        leaf.validUntil = 3 * 86_400
        #expect(try folder.findings(of: folder.authority.issue(leaf)) == [])
    }

    @Test("a chain without the issuer")
    func incomplete() throws {
        let folder = try CertificateFolder()
        let good = try folder.authority.server("www.example.com")
        try good.write(to: folder.directory, as: "site")
        try folder.directory.write("site.pem", good.leafPEM)
        let findings = try folder.findings(listener: CertificateFolder.listener)
        #expect(findings.count == 1)
        #expect(
            findings.first?.hasPrefix("t:1:82: warning: `site.pem` is incomplete: the issuer of the certificate")
                == true)
    }

    @Test("a chain with a stranger in it")
    func stranger() throws {
        let folder = try CertificateFolder()
        let good = try folder.authority.server("www.example.com")
        try good.write(to: folder.directory, as: "site")
        try folder.directory.write(
            "site.pem", good.leafPEM + TestAuthority("Other").rootPEM + folder.authority.issuerPEM)
        #expect(
            try folder.findings(listener: CertificateFolder.listener) == [
                "t:1:82: warning: `site.pem` is out of order: certificate 2 has not issued the certificate; certificate 3 did; put it behind the certificate"
            ])
    }

    @Test("keys that cannot be used")
    func badKeys() throws {
        let folder = try CertificateFolder()
        let weak = try folder.findings(of: folder.authority.server("www.example.com", key: .weakRSA))
        #expect(weak.count == 1)
        #expect(weak.first?.contains("an RSA key of 1024 bits is too short") == true, "\(weak)")

        try folder.authority.server("www.example.com").write(to: folder.directory, as: "site")
        let plain = folder.directory.file("site.key")
        let encrypted = folder.directory.file("new.key")
        _ = try runProgram(
            "openssl", ["pkey", "-in", plain, "-out", encrypted, "-aes256", "-passout", "pass:secret"])
        let findings = try folder.findings(listener: "{ certificates: [{ chain: site.pem, key: new.key }] }")
        #expect(findings.count == 1)
        #expect(findings.first?.contains("`new.key` is encrypted, and nobody is there to type its passphrase") == true)
        try folder.directory.write("site.key", "nothing\n")
        #expect(
            try folder.findings(listener: CertificateFolder.listener).first?.contains("`site.key` has no private key")
                == true)
    }

    @Test("a key that everybody can read")
    func openKey() throws {
        let folder = try CertificateFolder()
        try folder.authority.server("www.example.com").write(to: folder.directory, as: "site")
        try setFileMode(folder.directory.file("site.key"), 0o644)
        #expect(
            try folder.findings(listener: CertificateFolder.listener) == [
                "t:1:97: warning: `site.key` can be read by every user of this machine; do `chmod 600 site.key`"
            ])
        try setFileMode(folder.directory.file("site.key"), 0o640)
        #expect(try folder.findings(listener: CertificateFolder.listener) == [])
    }

    @Test("a site's certificate for other names")
    func wrongName() throws {
        let folder = try CertificateFolder()
        try folder.authority.server("example.org").write(to: folder.directory, as: "site")
        #expect(
            try folder.findings(site: CertificateFolder.site) == [
                "t:2:68: error: `site.pem` is not for `www.example.com`, only for `example.org`; name another file"
            ])
        try folder.authority.server("*.example.com").write(to: folder.directory, as: "site")
        #expect(try folder.findings(site: CertificateFolder.site) == [])
        try folder.authority.client("www.example.com").write(to: folder.directory, as: "site")
        let findings = try folder.findings(site: CertificateFolder.site)
        #expect(findings.contains { $0.contains("error: `site.pem` is for no name") })
        #expect(findings.contains { $0.contains("error: `site.pem` is not for servers") })
    }

    @Test("a certificate for some of a site's hosts")
    func someNames() throws {
        let folder = try CertificateFolder()
        try folder.authority.server("a.example.com").write(to: folder.directory, as: "site")
        let text = """
            listeners: [{ address: ":1", tls: auto }]
            sites:
              - hosts: [a.example.com, "*.example.com"]
                tls: { certificates: [{ chain: site.pem, key: site.key }] }
                routes: [{ respond: 200 }]

            """
        let outcome = ConfigurationLoader.load(text: text, name: folder.directory.file("t"))
        let findings = CertificateCheck.diagnostics(of: try #require(outcome.configuration))
        #expect(
            findings.map(\.message) == [
                "`site.pem` is not for `*.example.com`, only for `a.example.com`; get one for all hosts of the site"
            ])
    }

    @Test("a staple for another certificate is not used")
    func badStaple() throws {
        let folder = try CertificateFolder()
        try folder.authority.server("www.example.com").write(to: folder.directory, as: "site")
        try folder.directory.write("ocsp.der", "no answer")
        #expect(
            try folder.findings(
                listener: "{ certificates: [{ chain: site.pem, key: site.key, staple: ocsp.der }] }") == [
                    "t:1:115: warning: `ocsp.der` is not stapled: it is no OCSP response (RFC 6960)"
                ])
    }

    @Test("files of client certificates and tickets")
    func others() throws {
        let folder = try CertificateFolder()
        try folder.authority.server("www.example.com").write(to: folder.directory, as: "site")
        try folder.directory.write("ca.pem", folder.authority.rootPEM + folder.authority.issuerPEM)
        try folder.directory.write("crl.pem", folder.authority.revocationList())
        try folder.directory.write("short.key", "too short")
        let certificates = "certificates: [{ chain: site.pem, key: site.key }]"
        #expect(
            try folder.findings(
                listener: "{ \(certificates), client_certificates: { ca: ca.pem, crl: crl.pem } }") == [])
        #expect(
            try folder.findings(listener: "{ \(certificates), client_certificates: { ca: crl.pem } }") == [
                "t:1:137: error: `crl.pem` cannot be used: it has no certificate (-----BEGIN CERTIFICATE-----)"
            ])
        let list = try folder.findings(
            listener: "{ \(certificates), client_certificates: { ca: ca.pem, crl: ca.pem } }")
        #expect(list.count == 1)
        #expect(list.first?.hasPrefix("t:1:150: error: `ca.pem` cannot be used") == true)
        #expect(
            try folder.findings(listener: "{ \(certificates), tickets: { keys: [short.key] } }") == [
                "t:1:128: error: `short.key` has 9 bytes and must have 80 (AES-256), or 48 (AES-128); make it with "
                    + "`openssl rand -out short.key 80`"
            ])
    }
}
