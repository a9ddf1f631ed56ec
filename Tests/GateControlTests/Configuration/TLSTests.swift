import GateConfig
import GateControl
import GateTesting
import Testing

private func files(_ chain: String, _ key: String, _ staple: String? = nil) -> Configuration.CertificateFiles {
    .init(chain: FileReference(chain), key: FileReference(key), staple: staple.map { FileReference($0) })
}

private let listenerTLSCases: [(String, Change<Configuration.ListenerTLS>)] = [
    ("auto", { _ in }),
    ("{}", { _ in }),
    ("{ certificates: [{ chain: c.pem, key: k.pem }] }", { $0.certificates = [files("c.pem", "k.pem")] }),
    (
        "{ certificates: [{ chain: /c, key: /k, staple: o.der }, { chain: d, key: l }] }",
        { $0.certificates = [files("/c", "/k", "o.der"), files("d", "l")] }
    ),
    ("{ min_version: '1.3' }", { $0.minVersion = .tls13 }),
    ("{ max_version: '1.2' }", { $0.maxVersion = .tls12 }),
    ("{ groups: [P-384, X25519] }", { $0.groups = [.p384, .x25519] }),
    ("{ unknown_names: default }", { $0.unknownNames = .default }),
    ("{ tickets: off }", { $0.tickets = .off }),
    ("{ tickets: {} }", { _ in }),
    ("{ tickets: { rotate: 1h } }", { $0.tickets = .rotating(everyMs: 3_600_000) }),
    ("{ tickets: { keys: [new.key, old.key] } }", { $0.tickets = .files([.init("new.key"), .init("old.key")]) }),
    ("{ early_data: true }", { $0.takesEarlyData = true }),
    ("{ client_certificates: { ca: ca.pem } }", { $0.clientCertificates = .init(authorities: .init("ca.pem")) }),
    ("{ client_certificates: { mode: none } }", { $0.clientCertificates = .init(mode: .none) }),
    (
        "{ client_certificates: { mode: optional, ca: ca.pem, crl: r.pem, depth: 0 } }",
        {
            $0.clientCertificates = .init(
                mode: .optional, authorities: .init("ca.pem"), revocations: .init("r.pem"), depthMax: 0)
        }
    ),
]

private let siteCases: [(String, Change<Configuration.Site>)] = [
    ("tls: auto", { $0.tls.source = .automatic }),
    ("tls: internal", { $0.tls.source = .internal }),
    ("tls: off", { $0.tls.source = .off }),
    ("tls: {}", { _ in }),
    ("tls: { certificates: internal, min_version: '1.3' }", { $0.tls = .init(source: .internal, minVersion: .tls13) }),
    ("tls: { certificates: [{ chain: c, key: k }] }", { $0.tls.source = .files([files("c", "k")]) }),
    (
        "tls: { client_certificates: { ca: a.pem } }",
        { $0.tls.clientCertificates = .init(authorities: .init("a.pem")) }
    ),
    ("hsts: true", { $0.hsts = .init() }),
    ("hsts: false", { _ in }),
    (
        "hsts: { max_age: 365d, subdomains: true, preload: true }",
        { $0.hsts = .init(maxAgeMs: 365 * 86_400_000, includesSubdomains: true, preloads: true) }
    ),
    ("hsts: { max_age: 0s }", { $0.hsts = .init(maxAgeMs: 0) }),
]

@Suite("Configuration of TLS")
struct TLSTests {
    @Test("a listener's keys", arguments: listenerTLSCases)
    func listenerKeys(text: String, change: Change<Configuration.ListenerTLS>) throws {
        #expect(try listener("address: ':1', tls: \(text)").tls == changed(.init(), change))
    }

    @Test("a listener has none unless it is said")
    func none() throws {
        #expect(try listener("address: ':1'").tls == nil)
        #expect(try listener("address: ':1', tls: off").tls == nil)
    }

    @Test("the defaults are those that are promised")
    func defaults() throws {
        let tls = try #require(try listener("address: ':1', tls: auto").tls)
        #expect(tls.minVersion == .tls12 && tls.maxVersion == .tls13)
        #expect(tls.groups == [.x25519MLKEM768, .x25519, .p256])
        #expect(tls.unknownNames == .refuse && !tls.takesEarlyData)
        #expect(tls.tickets == .rotating(everyMs: 43_200_000))
        #expect(Configuration.HSTS().maxAgeMs == 63_072_000_000)
    }

    @Test("a site's keys", arguments: siteCases)
    func siteKeys(text: String, change: Change<Configuration.Site>) throws {
        let text =
            "listeners: [{ address: ':1', tls: auto }]\nsites:\n"
            + "  - { hosts: a.test, \(text), routes: [{ respond: 200 }] }\n"
        let site = try #require(try configuration(text).sites.first)
        #expect(site == changed(.init(hosts: [.exact("a.test")], routes: site.routes), change))
    }

    @Test("names of files are relative to the file that has them")
    func relative() throws {
        let text = "listeners: [{ address: ':1', tls: { certificates: [{ chain: c.pem, key: /k.pem }] } }]\n"
        let outcome = ConfigurationLoader.load(text: text, name: "/etc/gate/gatehouse.yaml")
        let files = try #require(outcome.configuration?.listeners.first?.tls?.certificates.first)
        #expect(files.chain.path == "/etc/gate/c.pem" && files.chain.name == "c.pem")
        #expect(files.key.path == "/k.pem")
        #expect("\(files.chain.origin)" == "/etc/gate/gatehouse.yaml:1:61")
    }

    @Test("the state folder is absolute")
    func state() throws {
        #expect(try configuration(base + "state: /var/lib/gatehouse\n").state == "/var/lib/gatehouse")
        #expect(
            findings(base + "state: var\n") == [
                "t:3:8: error: `var` does not begin with `/`; write the absolute path of a folder"
            ])
    }

    @Test("a state folder that is none is seen before anybody needs it")
    func stateObstacle() throws {
        let folder = try TemporaryDirectory()
        let file = try folder.write("file", "")
        #expect(
            findings(base + "state: \(file)\n") == [
                "t:3:8: error: `\(file)` cannot be used: `\(file)` is no folder; mend that, or name another folder"
            ])
        #expect(findings(base + "state: \(folder.file("none/yet"))\n").isEmpty)
    }

    @Test(
        "the state folder is found in the environment, unless the configuration names it",
        arguments: [
            ([:], nil), (["HOME": "/h"], "/h/.local/state/gatehouse"), (["HOME": "h"], nil),
            (["HOME": "/h", "XDG_STATE_HOME": "/x"], "/x/gatehouse"),
            (["XDG_STATE_HOME": "/x", "STATE_DIRECTORY": "/s:/t"], "/s"),
        ] as [([String: String], String?)])
    func stateFolder(environment: [String: String], path: String?) {
        #expect(StateFolder.path(Configuration(), environment: environment) == path)
        #expect(StateFolder.path(changed(Configuration()) { $0.state = "/a" }, environment: environment) == "/a")
    }

    @Test(
        "mistakes of a listener",
        arguments: [
            ("on", "t:2:28: error: `on` is not known here; write `auto` or `off`"),
            ("{ min_version: 1.1 }", "t:2:43: error: `1.1` is not known here; did you mean `1.2`?"),
            (
                "{ min_version: '1.3', max_version: '1.2' }",
                "t:2:43: error: `min_version` is newer than `max_version`; make it older"
            ),
            ("{ groups: [] }", "t:2:38: error: the list is empty; write at least one element"),
            ("{ groups: [P-265] }", "t:2:39: error: `P-265` is not known here; did you mean `P-256`?"),
            (
                "{ groups: [X25519MLKEM768], max_version: '1.2' }",
                "t:2:38: error: X25519MLKEM768 needs TLS 1.3; add another group or raise `max_version`"
            ),
            ("{ certificates: [{ chain: c }] }", "t:2:45: error: the certificate lacks `key`, such as `key: key.pem`"),
            ("{ unknown_names: drop }", "t:2:45: error: `drop` is not known here; write `refuse` or `default`"),
            (
                "{ tickets: { rotate: 1h, keys: [a] } }",
                "t:2:53: error: `keys` cannot stand beside `rotate`; keep one of them"
            ),
            ("{ tickets: { rotate: 1s } }", "t:2:49: error: `1s` is out of range; write `1m` to `7d`"),
            (
                "{ tickets: off, early_data: true }",
                "t:2:56: error: `early_data` needs `tickets`; remove one of the two"
            ),
            (
                "{ max_version: '1.2', early_data: true }",
                "t:2:62: error: `early_data` needs TLS 1.3; remove it or raise `max_version`"
            ),
            (
                "{ client_certificates: {} }",
                "t:2:51: error: `client_certificates` lacks `ca`, such as `ca: clients.pem`"
            ),
            (
                "{ client_certificates: { mode: none, ca: a } }",
                "t:2:69: error: `a` has no effect with `mode: none`; remove it"
            ),
            (
                "{ client_certificates: { ca: a, depth: 17 } }",
                "t:2:67: error: `17` is out of range; write a whole number from 0 to 16"
            ),
        ])
    func listenerMistakes(text: String, message: String) {
        #expect(findings("listeners:\n  - { address: ':80', tls: \(text) }\n") == [message])
    }

    @Test("a listener that leads its clients to itself")
    func loop() {
        #expect(
            findings("listeners:\n  - { address: ':80', tls: auto, redirect_to_https: true }\n") == [
                "t:2:53: error: `redirect_to_https` would lead clients of this listener back to it, since it has `tls`; remove one of the two"
            ])
    }

    @Test(
        "mistakes of a site",
        arguments: [
            ("tls: on", "t:3:10: error: `on` is not known here; write `auto`, `internal` or `off`"),
            ("tls: { certificates: [] }", "t:3:26: error: the list is empty; write at least one element"),
            (
                "hsts: { preload: true }",
                "t:3:22: error: `preload` needs `subdomains: true` and a `max_age` of `365d` or more"
            ),
            (
                "hsts: { preload: true, subdomains: true, max_age: 364d }",
                "t:3:22: error: `preload` needs `subdomains: true` and a `max_age` of `365d` or more"
            ),
            (
                "tls: { client_certificates: { ca: a } }",
                "t:3:33: error: no listener speaks TLS, so no client can show a certificate; give a listener `tls`"
            ),
            (
                "tls: { certificates: off, client_certificates: { ca: a } }",
                "t:3:10: error: a site that is kept off TLS gets no certificates of clients; remove `off` or `client_certificates`"
            ),
            (
                "tls: auto",
                "t:3:10: error: `auto` needs names, and the site has none; add them to `hosts`, or name files in `certificates`"
            ),
            ("hsts: on", "t:3:11: error: `on` is not understood here; write `true`"),
        ])
    func siteMistakes(text: String, message: String) {
        let text = "listeners: [{ address: ':1' }]\nsites:\n  - \(text)\n    routes: [{ respond: 200 }]\n"
        #expect(findings(text) == [message])
    }
}
