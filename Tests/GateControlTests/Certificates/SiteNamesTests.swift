import GateConfig
import GateControl
import GateTLS
import GateTesting
import Testing

/// Which identities names get whose sites want something of their own.
@Suite("Demands and certificates of sites whose names are not all known")
struct SiteNamesTests {
    private static let guarded = "client_certificates: { ca: ca.pem }"

    /// A listener with `*.w.test`, `*.w.example.com` and `plain.test` in `site.pem`, and these sites.
    private static func stand(_ sites: String..., unknown: String = "refuse") throws -> ServiceStand {
        let folder = try CertificateFolder()
        try folder.authority.server("*.w.test", "*.w.example.com", "plain.test").write(to: folder.directory, as: "site")
        try folder.authority.server("own.test").write(to: folder.directory, as: "own")
        try folder.directory.write("ca.pem", folder.authority.rootPEM)
        let lines = sites.map { "  - { \($0), routes: [{ respond: 200 }] }\n" }
        let text =
            "listeners: [{ address: '127.0.0.1:0', tls: { unknown_names: \(unknown), "
            + "certificates: [{ chain: site.pem, key: site.key }] } }]\nsites:\n" + lines.joined()
        let outcome = ConfigurationLoader.load(text: text, name: folder.directory.file("t"))
        #expect(outcome.diagnostics.isEmpty)
        let stand = ServiceStand(folder)
        stand.service.adopt(stand.service.prepare(try #require(outcome.configuration)))
        return stand
    }

    private static func mode(_ identity: ServerIdentity?) throws -> ClientAuthentication.Mode? {
        try #require(identity).clientAuthentication?.mode
    }

    /// Who answers to a name that no certificate is for.
    private static func unknown(_ stand: ServiceStand, _ name: String) throws -> ServerIdentity? {
        guard case .unknown(let fallback) = try #require(stand.table).answer(for: name) else {
            throw SystemFailure("\(name) is known", 0)
        }
        return fallback
    }

    @Test("a site for any host demands for all names that no other site has, and of clients without a name")
    func anyHost() throws {
        let stand = try Self.stand("tls: { \(Self.guarded) }", "hosts: [open.w.test, open.test]")
        for name in ["a.w.test", "plain.test", "PLAIN.test."] {
            #expect(try Self.mode(stand.identity(name)) == .required, "\(name)")
        }
        #expect(try Self.mode(stand.table?.fallback) == .required)
        #expect(try Self.mode(Self.unknown(stand, "else.test")) == .required)
        #expect(try Self.mode(stand.identity("open.w.test")) == nil)
        // The internal authority made this one.
        #expect(try Self.mode(stand.identity("open.test")) == nil)
    }

    @Test("a pattern demands for the names that it takes")
    func pattern() throws {
        let stand = try Self.stand("hosts: [{ regex: '^r[0-9]+[.]w[.]test$' }], tls: { \(Self.guarded) }")
        #expect(try Self.mode(stand.identity("r1.w.test")) == .required)
        #expect(try Self.mode(stand.identity("x.w.test")) == nil)
        #expect(try Self.mode(stand.table?.fallback) == nil)
    }

    @Test("a wildcard demands for names at any depth, as requests find it")
    func depth() throws {
        let stand = try Self.stand("hosts: ['*.w.test'], tls: { \(Self.guarded) }", unknown: "default")
        #expect(try Self.mode(stand.identity("a.w.test")) == .required)
        #expect(try Self.mode(Self.unknown(stand, "a.b.w.test")) == .required)
        #expect(try Self.mode(Self.unknown(stand, "else.test")) == nil)
    }

    @Test(
        "a site whose certificate is not there yet demands all the same, under the listener's wildcard or its default")
    func waiting() throws {
        let stand = try Self.stand(
            "hosts: [g.example.com], tls: { certificates: auto, \(Self.guarded) }",
            "hosts: [h.w.example.com], tls: { certificates: auto, min_version: '1.3' }", unknown: "default")
        #expect(try Self.mode(Self.unknown(stand, "g.example.com")) == .required)
        #expect(stand.identity("h.w.example.com")?.minVersion == .tls13)
    }

    @Test("names that are kept off TLS are refused, though a wildcard or a pattern has them")
    func off() throws {
        let stand = try Self.stand(
            "hosts: [off.w.test, plain.test, off.test], tls: off", "hosts: [{ regex: '^r[.]' }], tls: off",
            "hosts: ['*.w.test']", unknown: "default")
        for name in ["off.w.test", "plain.test", "off.test", "r.test"] {
            guard case .refused = try #require(stand.table).answer(for: name) else {
                Issue.record("\(name) is not refused")
                continue
            }
        }
        #expect(stand.identity("on.w.test") != nil)
    }

    @Test("certificates of a site without hosts are served by their names, and where nothing else is")
    func files() throws {
        let stand = try Self.stand(
            "tls: { certificates: [{ chain: own.pem, key: own.key }] }", unknown: "default")
        #expect(stand.identity("own.test")?.credentials.first?.covers("own.test") == true)
        #expect(try Self.unknown(stand, "else.test")?.credentials.first?.covers("own.test") == true)
        #expect(stand.identity("a.w.test")?.credentials.first?.covers("a.w.test") == true)
    }
}
