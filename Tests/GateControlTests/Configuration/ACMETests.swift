import GateCertificates
import GateConfig
import GateControl
import GateCore
import GateTesting
import Testing

private func acme(_ text: String) throws -> ACMESettings { try configuration(base + "acme: \(text)\n").acme }

private let directory = "https://ca.example/dir"
private let secret: [UInt8] = Array("secret".utf8)

private let cases: [(String, Change<ACMESettings>)] = [
    ("{}", { _ in }),
    ("{ email: a@example.com }", { $0.email = "a@example.com" }),
    ("{ authorities: [{ directory: '\(directory)' }] }", { $0.authorities = [.init(directory: directory)] }),
    (
        "{ authorities: [{ directory: '\(directory)', profile: short, external_account: { key_id: k, key: c2Vj-_== } }] }",
        {
            $0.authorities = [
                .init(directory: directory, profile: "short", externalAccount: .init(keyID: "k", key: "c2Vj-_=="))
            ]
        }
    ),
    ("{ challenges: [tls-alpn-01] }", { $0.challenges = [.tlsALPN01] }),
    (
        "{ dns: { hook: [/bin/hook, a] } }",
        {
            $0.challenges = [.http01, .tlsALPN01, .dns01]
            $0.dns = .init(provider: .hook(["/bin/hook", "a"]))
        }
    ),
    (
        "{ challenges: [dns-01], dns: { server: 10.0.0.53, zone: example.com, wait: 2m } }",
        {
            $0.challenges = [.dns01]
            $0.dns = .init(
                provider: .update(.init(server: .ip(IPAddress(10, 0, 0, 53), port: 53), zone: "example.com")),
                waitSeconds: 120)
        }
    ),
    (
        "{ challenges: [dns-01], dns: { server: '[::1]:5353', zone: a, key: { name: k, algorithm: hmac-sha512, secret: c2VjcmV0 } } }",
        {
            $0.challenges = [.dns01]
            $0.dns = .init(
                provider: .update(
                    .init(
                        server: .ip(.loopback, port: 5353), zone: "a",
                        key: .init(name: "k", algorithm: .sha512, secret: secret))))
        }
    ),
    ("{ key: rsa-2048 }", { $0.keyKind = .rsa2048 }),
    (
        "{ on_demand: { ask: 'http://127.0.0.1:9/may', orders: 5 } }",
        { $0.onDemand = .init(ask: "http://127.0.0.1:9/may", ordersMax: 5) }
    ),
]

@Suite("Configuration of ACME")
struct ACMETests {
    @Test("its keys", arguments: cases)
    func keys(text: String, change: Change<ACMESettings>) throws {
        #expect(try acme(text) == changed(ACMESettings(), change))
    }

    @Test("trusted certificates are read from a file besides the configuration")
    func trusted() throws {
        let folder = try TemporaryDirectory()
        let pem = try TestAuthority().rootPEM
        try folder.write("ca.pem", pem)
        try folder.write("no.pem", "nothing")
        func load(_ name: String) -> ConfigurationLoader.Outcome {
            let text = base + "acme: { authorities: [{ directory: '\(directory)', trusted: \(name) }] }\n"
            return ConfigurationLoader.load(text: text, name: folder.file("gatehouse.yaml"))
        }
        #expect(load("ca.pem").configuration?.acme.authorities.first?.trustedPEM == pem)
        #expect(load("no.pem").diagnostics.contains { $0.message.contains("no certificate in PEM") })
        #expect(load("gone.pem").configuration == nil)
    }

    @Test(
        "mistakes",
        arguments: [
            ("{ email: admin }", "`admin` is no address of e-mail; write one such as `admin@example.com`"),
            ("{ authorities: [] }", "the list is empty; write at least one element"),
            (
                "{ authorities: [{ directory: 'http://ca.example' }] }",
                "`http://ca.example` is no URL with https; write the URL of the authority's directory"
            ),
            ("{ challenges: [http-02] }", "`http-02` is not known here; did you mean `http-01`?"),
            ("{ challenges: [http-01, http-01] }", "a challenge stands there twice; remove one of them"),
            (
                "{ challenges: [dns-01] }",
                "`dns-01` needs `dns`, such as `dns: { hook: [/usr/local/bin/dns-hook] }`"
            ),
            (
                "{ challenges: [http-01], dns: { hook: [a] } }",
                "`dns` has no effect without `dns-01` in `challenges`; add it or remove `dns`"
            ),
            ("{ dns: { wait: 1s } }", "`dns` lacks `hook` or `server`; write one of them"),
            ("{ dns: { server: 127.0.0.1 } }", "`dns` lacks `zone`, such as `zone: example.com`"),
            ("{ dns: { hook: [a], zone: b } }", "`b` has no effect with `hook`; remove it"),
            ("{ on_demand: { ask: 'ftp://a' } }", "`ftp://a` is no URL; write one such as `http://127.0.0.1:9000/may`"),
            (
                "{ on_demand: { ask: 'http://a', orders: 0 } }",
                "`0` is out of range; write a whole number from 1 to 10000"
            ),
        ])
    func mistakes(text: String, message: String) {
        #expect(findings(base + "acme: \(text)\n").map { $0.components(after: "error: ") } == [message])
    }

    @Test("secrets stay out of messages")
    func secrets() {
        for text in [
            "{ authorities: [{ directory: '\(directory)', external_account: { key_id: k, key: 'hush!' } }] }",
            "{ dns: { server: 127.0.0.1, zone: a, key: { name: k, secret: 'hush!' } } }",
        ] {
            let found = findings(base + "acme: \(text)\n")
            #expect(found.count == 1 && !found[0].contains("hush"), "\(found)")
        }
    }

    @Test("a wildcard needs dns-01, unless its certificate is in files")
    func wildcard() {
        func text(_ tls: String, _ listener: String = "auto", _ acme: String = "{}") -> String {
            "listeners: [{ address: ':1', tls: \(listener) }]\nacme: \(acme)\nsites:\n"
                + "  - { hosts: ['*.example.com'], \(tls) routes: [{ respond: 200 }] }\n"
        }
        let message = "`*.example.com` needs `dns-01`, and `acme` has none; set `dns` there, or name files in `tls`"
        for tls in ["", "tls: auto,", "tls: {},"] {
            #expect(findings(text(tls)).map { $0.components(after: "error: ") } == [message])
        }
        #expect(findings(text("", "auto", "{ dns: { hook: [a] } }")).isEmpty)
        #expect(findings(text("tls: internal,")).isEmpty)
        #expect(findings(text("tls: off,")).isEmpty)
        #expect(findings(text("", "{ certificates: [{ chain: c, key: k }] }")).isEmpty)
        #expect(findings(text("", "off")).isEmpty)
    }
}

extension String {
    /// What follows the first `mark`.
    fileprivate func components(after mark: String) -> String {
        var rest = self[...]
        while !rest.isEmpty, !rest.hasPrefix(mark) { rest.removeFirst() }
        return String(rest.dropFirst(mark.count))
    }
}
