// What can be read and can never work: `check` says so, with the place.

import GateConfig
import GateControl
import GateTesting
import Glibc
import Testing

@Suite("What can never work")
struct FutileTests {
    private let folder: CertificateFolder

    init() throws {
        folder = try CertificateFolder()
        try folder.authority.server("www.example.com").write(to: folder.directory, as: "site")
    }

    /// What loading and checking a text find, without the folder's name.
    private func findings(_ text: String, isLenient: Bool = false) -> [String] {
        let outcome = ConfigurationLoader.load(text: text + "\n", name: folder.directory.file("t"))
        let checked = outcome.configuration.map { CertificateCheck.diagnostics(of: $0, isLenient: isLenient) } ?? []
        return (outcome.diagnostics + checked).map { String("\($0)".dropFirst(folder.directory.path.utf8.count + 1)) }
    }

    /// Asks clients for certificates by these settings.
    private func findings(clients: String, isLenient: Bool = false) -> [String] {
        findings(
            """
            listeners:
              - address: "127.0.0.1:0"
                tls:
                  certificates: [{ chain: site.pem, key: site.key }]
                  client_certificates: \(clients)
            sites: [{ hosts: [www.example.com], routes: [{ respond: 200 }] }]
            """, isLenient: isLenient)
    }

    /// Connects to servers by these settings.
    private func findings(servers: String, isLenient: Bool = false) -> [String] {
        findings(
            """
            listeners: [{ address: "127.0.0.1:0" }]
            upstreams: { app: { servers: ["https://127.0.0.1:1"], tls: \(servers) } }
            sites: [{ routes: [{ proxy: app }] }]
            """, isLenient: isLenient)
    }

    // MARK: Clients' certificates

    @Test("a revocation list that is outdated, or of somebody who signs no clients")
    func revocationLists() throws {
        try folder.directory.write("ca.pem", folder.authority.rootPEM)
        // Its lists are the intermediate's; a file of both lacks nothing.
        try folder.directory.write("both.pem", folder.authority.rootPEM + folder.authority.issuerPEM)
        try folder.directory.write("good.crl", folder.authority.revocationList())
        try folder.directory.write("old.crl", folder.authority.revocationList(validUntil: -86_400))
        #expect(findings(clients: "{ ca: both.pem, crl: good.crl }") == [])
        let old = findings(clients: "{ ca: both.pem, crl: old.crl }")
        #expect(old.count == 1)
        #expect(
            old.first?.hasPrefix("t:5:49: error: `old.crl` is outdated: the list of CN=Test Intermediate was") == true)
        #expect(old.first?.hasSuffix("get a new one") == true)
        #expect(
            findings(clients: "{ ca: both.pem, crl: old.crl }", isLenient: true).map { $0.contains(": warning: ") }
                == [true])
        #expect(
            findings(clients: "{ ca: ca.pem, crl: good.crl }") == [
                "t:5:47: warning: `good.crl` has a list of CN=Test Intermediate, who is not in `ca`; clients whose "
                    + "certificate another authority has signed are refused, unless there is a list of that one, too"
            ])
    }

    @Test("authorities of clients that have expired, or are none")
    func authorities() throws {
        let other = try TestAuthority("Other", validUntil: -3600)
        try folder.directory.write("expired.pem", other.rootPEM)
        try folder.directory.write("one.pem", other.rootPEM + folder.authority.rootPEM)
        try folder.directory.write("leaf.pem", folder.authority.client("Alice").leafPEM)
        let expired = findings(clients: "{ ca: expired.pem }")
        #expect(expired.count == 1)
        #expect(
            expired.first?.hasPrefix("t:5:34: error: `expired.pem` has expired: the authority was good until") == true)
        #expect(findings(clients: "{ ca: expired.pem }", isLenient: true).first?.contains(": warning: ") == true)
        #expect(findings(clients: "{ ca: one.pem }") == [])
        #expect(
            findings(clients: "{ ca: leaf.pem }") == [
                "t:5:34: error: `leaf.pem` has no authority: what is there was issued by CN=Test Intermediate and must not "
                    + "sign others; name the certificate of who issued it"
            ])
    }

    // MARK: Servers

    @Test("an authority of servers that has expired; a server's own certificate may stand there")
    func serverAuthorities() throws {
        try folder.directory.write("expired.pem", try TestAuthority("Other", validUntil: -3600).rootPEM)
        try folder.directory.write("leaf.pem", folder.authority.server("app.example").leafPEM)
        let expired = findings(servers: "{ ca: expired.pem }")
        #expect(expired.count == 1)
        #expect(
            expired.first?.hasPrefix("t:2:66: error: `expired.pem` has expired: the authority was good until") == true)
        #expect(findings(servers: "{ ca: leaf.pem }") == [])
    }

    @Test("a certificate for servers that has expired, or is not for clients")
    func ownCertificates() throws {
        var leaf = TestAuthority.Leaf()
        (leaf.subject, leaf.isClient) = ("gate", true)
        try folder.authority.issue(leaf).write(to: folder.directory, as: "good")
        (leaf.validFrom, leaf.validUntil) = (-7200, -3600)
        try folder.authority.issue(leaf).write(to: folder.directory, as: "old")
        #expect(findings(servers: "{ certificate: { chain: good.pem, key: good.key } }") == [])
        let old = findings(servers: "{ certificate: { chain: old.pem, key: old.key } }")
        #expect(old.count == 1)
        #expect(old.first?.hasPrefix("t:2:84: error: `old.pem` has expired: it was good until ") == true)
        #expect(
            findings(servers: "{ certificate: { chain: site.pem, key: site.key } }") == [
                "t:2:84: warning: `site.pem` is not for clients: its extended key usage lacks `clientAuth`, and most servers "
                    + "refuse it; get one for clients"
            ])
    }

    // MARK: Versions and names

    private func versions(_ listeners: [String], site: String) -> [String] {
        let lines = listeners.enumerated().map { index, settings in
            "  - { address: '127.0.0.\(index + 1):0', tls: { certificates: [{ chain: site.pem, key: site.key }]\(settings) } }"
        }
        return findings(
            """
            listeners:
            \(lines.joined(separator: "\n"))
            sites: [{ hosts: [www.example.com], tls: { min_version: "\(site)" }, routes: [{ respond: 200 }] }]
            """)
    }

    @Test("a site's oldest version that no listener speaks, or that all listeners refuse")
    func siteVersions() throws {
        #expect(versions([""], site: "1.3") == [])
        #expect(versions([", min_version: '1.3'", ""], site: "1.2") == [])
        #expect(
            versions([", max_version: '1.2'"], site: "1.3") == [
                "t:3:57: error: nobody can reach this site by TLS: the `max_version` of every listener is older; raise one of "
                    + "them"
            ])
        #expect(
            versions([", max_version: '1.2'", ""], site: "1.3") == [
                "t:4:57: warning: listeners whose `max_version` is older do not serve this site; raise it there if they should"
            ])
        #expect(
            versions([", min_version: '1.3'"], site: "1.2") == [
                "t:3:57: warning: `min_version` has no effect: that of every listener is newer, and a site cannot lower it; "
                    + "remove it"
            ])
    }

    @Test("a site whose name is passed on")
    func shadowed() throws {
        let text = """
            listeners:
              - address: "127.0.0.1:0"
                tls:
                  certificates: [{ chain: site.pem, key: site.key }]
                  passthrough: [{ names: [WWW.example.com, db.example.com], proxy: "tcp://127.0.0.1:1" }]
            sites: [{ hosts: [www.example.com], routes: [{ respond: 200 }] }]
            """
        #expect(
            findings(text) == [
                "t:5:21: warning: connections for `www.example.com` are passed on, so the site of that name gets none of this "
                    + "listener's; remove one of the two"
            ])
    }

    // MARK: Certificates that are got

    private func acme(_ settings: String, listeners: String = "{ address: ':443', tls: auto }") -> [String] {
        findings(
            """
            acme: \(settings)
            listeners: [\(listeners)]
            sites: [{ hosts: [www.example.org], routes: [{ respond: 200 }] }]
            """)
    }

    @Test("HTTP-01 where nobody listens in clear text")
    func clearText() throws {
        let clear = "{ address: ':443', tls: auto }, { address: ':80' }"
        #expect(acme("{ challenges: [http-01] }", listeners: clear) == [])
        #expect(acme("{ challenges: [http-01, tls-alpn-01] }") == [])
        #expect(
            acme("{ challenges: [http-01] }") == [
                "t:1:21: error: `http-01` needs a listener without `tls`, and there is none; add one, such as "
                    + "`{ address: \":80\", redirect_to_https: true }`, or another challenge"
            ])
    }

    @Test("a program for DNS-01 that is not there or cannot be started")
    func hook() throws {
        #expect(acme("{ dns: { hook: [/bin/sh, x] } }") == [])
        #expect(acme("{ dns: { hook: [sh, x] } }") == [])
        #expect(
            acme("{ dns: { hook: [/nonexistent/hook, x] } }") == [
                "t:1:23: error: `/nonexistent/hook` is not there, and without it no certificate is got by `dns-01`; write "
                    + "where the program is"
            ])
        #expect(
            acme("{ dns: { hook: [no-such-hook] } }") == [
                "t:1:23: error: `no-such-hook` is in no folder of `PATH`; write where the program is"
            ])
        let path = try folder.directory.write("hook", "#!/bin/sh\n")
        #expect(
            acme("{ dns: { hook: ['\(path)'] } }") == [
                "t:1:23: error: `\(path)` is no program that may be started; do `chmod 755 \(path)`"
            ])
    }

    // MARK: Secrets

    @Test("keys of tickets that everybody can read")
    func ticketKeys() throws {
        let path = folder.directory.file("t.key")
        try writeFile(path, [UInt8](repeating: 7, count: 80))
        let listener = "{ \(CertificateFolder.listener.dropFirst().dropLast()), tickets: { keys: [t.key] } }"
        try setFileMode(path, 0o644)
        #expect(
            try folder.findings(listener: listener).map { $0.drop { $0 != " " } } == [
                " warning: `t.key` can be read by every user of this machine; do `chmod 600 t.key`"
            ])
        try setFileMode(path, 0o600)
        #expect(try folder.findings(listener: listener) == [])
    }

    @Test("a folder of state that everybody can write to")
    func stateFolder() throws {
        let path = folder.directory.file("state")
        #expect(mkdir(path, 0o700) == 0)
        let text = """
            state: \(path)
            listeners: [{ address: "127.0.0.1:0" }]
            """
        #expect(findings(text) == [])
        #expect(chmod(path, 0o777) == 0)
        #expect(
            findings(text) == [
                "t:1:8: warning: every user of this machine can write to `\(path)`, where keys live; do `chmod 700 \(path)`"
            ])
    }
}
