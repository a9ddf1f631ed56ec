import FoundationEssentials
import GateCertificates
import GateConfig
import GateControl
import GateProxy
import GateTLS
import GateTesting
import Glibc
import Testing

@Suite("The certificate service")
struct ServiceTests {
    @Test("a listener's certificate answers to its names, and to clients that name nobody")
    func listener() throws {
        let folder = try CertificateFolder()
        let certificate = try folder.authority.server("www.example.com", "*.example.org")
        try certificate.write(to: folder.directory, as: "site")
        let stand = ServiceStand(folder)
        try stand.adopt(listener: CertificateFolder.listener, site: "{}")
        #expect(stand.leaf("www.example.com") == certificate.leafDER)
        #expect(stand.leaf("a.example.org") == certificate.leafDER)
        #expect(stand.identity("example.org") == nil)
        #expect(stand.table?.fallback?.credentials.first?.chain.first == certificate.leafDER)
    }

    @Test("of two certificates for a name the ECDSA one comes first")
    func twoKinds() throws {
        let folder = try CertificateFolder()
        let ecdsa = try folder.authority.server("www.example.com")
        try folder.authority.server("www.example.com", key: .rsa).write(to: folder.directory, as: "rsa")
        try ecdsa.write(to: folder.directory, as: "ecdsa")
        let stand = ServiceStand(folder)
        try stand.adopt(
            listener: "{ certificates: [{ chain: rsa.pem, key: rsa.key }, { chain: ecdsa.pem, key: ecdsa.key }] }",
            site: "{}")
        #expect(stand.identity("www.example.com")?.credentials.map(\.keyKind) == [.ecdsa(bits: 256), .rsa(bits: 2048)])
        #expect(stand.leaf() == ecdsa.leafDER)
    }

    @Test("a site's own certificate and demands come before the listener's")
    func site() throws {
        let folder = try CertificateFolder()
        let own = try folder.authority.server("www.example.com")
        try own.write(to: folder.directory, as: "own")
        try folder.authority.server("*.example.com").write(to: folder.directory, as: "site")
        try folder.directory.write("ca.pem", folder.authority.rootPEM)
        let stand = ServiceStand(folder)
        try stand.adopt(
            listener: CertificateFolder.listener,
            site:
                "{ certificates: [{ chain: own.pem, key: own.key }], min_version: '1.3', client_certificates: { ca: ca.pem } }"
        )
        let identity = try #require(stand.identity("www.example.com"))
        #expect(identity.credentials.first?.chain.first == own.leafDER)
        #expect(identity.minVersion == .tls13)
        #expect(identity.clientAuthentication?.mode == .required)
        #expect(identity.sessionScope.count == 32)
        let other = try #require(stand.identity("other.example.com"))
        #expect(other.clientAuthentication == nil && other.minVersion == nil && other.sessionScope == [])
    }

    @Test("a site may be kept off TLS")
    func off() throws {
        let folder = try CertificateFolder()
        try folder.authority.server("www.example.com").write(to: folder.directory, as: "site")
        let stand = ServiceStand(folder)
        try stand.adopt(listener: CertificateFolder.listener, site: "off")
        #expect(stand.identity("www.example.com") == nil)
    }

    @Test("certificates that were got are served, and challenges are answered")
    func managed() throws {
        let folder = try CertificateFolder()
        let stand = ServiceStand(folder)
        let offer = try stand.adopt(site: "auto")
        #expect(offer.wantedPublicly == [WantedCertificate(names: ["www.example.com"])])
        #expect(stand.identity("www.example.com") == nil)
        let certificate = try folder.authority.server("www.example.com")
        stand.service.setManaged([
            ManagedCertificate(
                names: ["www.example.com"], chainPEM: certificate.chainPEM, keyPEM: certificate.keyPEM,
                notBefore: .now, notAfter: .now, issuer: "Test", keyKind: .ecdsaP256)
        ])
        #expect(stand.leaf() == certificate.leafDER)
        stand.service.setChallenges([
            ChallengeCertificate(
                serverName: "WWW.example.com", certificatePEM: certificate.leafPEM, keyPEM: certificate.keyPEM)
        ])
        #expect(stand.table?.challenge(for: "www.example.com")?.chain == [certificate.leafDER])
        stand.service.setChallenges([])
        #expect(stand.table?.challenge(for: "www.example.com") == nil)
        stand.service.setManaged([])
        #expect(stand.identity("www.example.com") == nil)
    }

    @Test("a covered host needs no certificate, and a name that is not public none from a public authority")
    func needs() throws {
        let folder = try CertificateFolder()
        try folder.authority.server("www.example.com").write(to: folder.directory, as: "site")
        let stand = ServiceStand(folder)
        #expect(try stand.adopt(listener: CertificateFolder.listener, site: "{}").wantedPublicly == [])
        #expect(try stand.adopt(site: "{}").wantedPublicly.map(\.names) == [["www.example.com"]])
        #expect(try stand.adopt(site: "internal").wantedPublicly == [])
        #expect(stand.identity("www.example.com")?.credentials.first?.covers("www.example.com") == true)
        #expect(stand.lines == [])
    }

    // MARK: Changes of files

    @Test(
        "a pair that is written over, renamed into place, or linked to is in use soon", arguments: Replacement.allCases)
    func changes(_ way: Replacement) throws {
        let folder = try CertificateFolder()
        try way.install(folder.authority.server("www.example.com"), 1, folder.directory)
        let stand = ServiceStand(folder)
        try stand.adopt(listener: "{ certificates: [{ chain: live/site.pem, key: live/site.key }] }", site: "{}")
        #expect(stand.leaf() != nil)
        let next = try folder.authority.server("www.example.com")
        try way.install(next, 2, folder.directory)
        // On a slow machine the half of a pair may be seen, and complained of, before the other is there.
        try eventually("the next certificate") { stand.leaf() == next.leafDER }
    }

    /// How people replace certificates.
    enum Replacement: CaseIterable, CustomTestStringConvertible {
        case writing, renaming, linkedFiles, linkedFolder

        var testDescription: String { "\(self)" }

        func install(_ certificate: TestCertificate, _ number: Int, _ directory: TemporaryDirectory) throws {
            let live = directory.file("live")
            let version = directory.file("v\(number)")
            switch self {
            case .writing:
                mkdir(live, 0o700)
                try certificate.write(to: directory, as: "live/site")
            case .renaming:
                mkdir(live, 0o700)
                try certificate.write(to: directory, as: "new")
                rename(directory.file("new.pem"), "\(live)/site.pem")
                rename(directory.file("new.key"), "\(live)/site.key")
            case .linkedFiles:
                mkdir(live, 0o700)
                mkdir(version, 0o700)
                try certificate.write(to: directory, as: "v\(number)/site")
                for name in ["site.pem", "site.key"] {
                    unlink("\(live)/\(name)")
                    symlink("../v\(number)/\(name)", "\(live)/\(name)")
                }
            case .linkedFolder:
                mkdir(version, 0o700)
                try certificate.write(to: directory, as: "v\(number)/site")
                symlink("v\(number)", directory.file("new"))
                rename(directory.file("new"), live)
            }
        }
    }

    @Test("a broken pair changes nothing, and the log says so once")
    func broken() throws {
        let folder = try CertificateFolder()
        let first = try folder.authority.server("www.example.com")
        try first.write(to: folder.directory, as: "site")
        let stand = ServiceStand(folder)
        try stand.adopt(listener: CertificateFolder.listener, site: "{}")
        // At once: a file that is empty for a moment would be a second thing to complain of.
        try moveFile(
            folder.directory.write("half.pem", String(first.chainPEM.dropLast(200))),
            to: folder.directory.file("site.pem"))
        let complaint = try awaitValue("a word about it") {
            stand.lines.first { $0.hasPrefix("error: certificates: `site.pem`") }
        }
        try folder.directory.write("unrelated", "")
        try folder.directory.write("unrelated2", "")
        let next = try folder.authority.server("www.example.com")
        #expect(stand.leaf() == first.leafDER)
        #expect(stand.lines.filter { $0.hasPrefix("error") }.count == 1)
        try next.write(to: folder.directory, as: "site")
        try eventually("the next certificate") { stand.leaf() == next.leafDER }
        try eventually("a word about it") {
            stand.lines.contains { $0.hasPrefix("notice: certificates: files have changed") }
        }
        // What lies beside it has been looked at by now.
        #expect(stand.lines.filter { $0 == complaint }.count == 1)
    }

    @Test("a reload refuses what the watch has found broken before, as often as it is asked for")
    func brokenAtReload() throws {
        let folder = try CertificateFolder()
        let good = try folder.authority.server("www.example.com")
        try good.write(to: folder.directory, as: "site")
        try folder.directory.write("ca.pem", folder.authority.rootPEM)
        let stand = ServiceStand(folder)
        let listener =
            "{ certificates: [{ chain: site.pem, key: site.key }], client_certificates: { ca: ca.pem } }"
        try stand.adopt(listener: listener, site: "{}")
        try moveFile(folder.directory.write("junk", "junk"), to: folder.directory.file("site.key"))
        try moveFile(folder.directory.write("empty", ""), to: folder.directory.file("ca.pem"))
        for name in ["site.key", "ca.pem"] {
            try eventually("a word about \(name)") {
                stand.lines.contains { $0.hasPrefix("error: certificates: `\(name)`") }
            }
        }
        for listener in [listener, listener, "{ min_version: '1.3', \(listener.dropFirst())"] {
            let offer = stand.service.prepare(try folder.configuration(listener: listener, site: "{}"))
            #expect(offer.diagnostics.filter { $0.severity == .error }.count == 2)
        }
        #expect(stand.leaf() == good.leafDER)
        try moveFile(folder.directory.write("key", good.keyPEM), to: folder.directory.file("site.key"))
        try setFileMode(folder.directory.file("site.key"), 0o600)
        try folder.directory.write("ca.pem", folder.authority.rootPEM)
        let offer = stand.service.prepare(try folder.configuration(listener: listener, site: "{}"))
        #expect(offer.diagnostics == [])
    }

    @Test("a certificate for other names says which of the former have none now")
    func lostNames() throws {
        let folder = try CertificateFolder()
        try folder.authority.server("www.example.com", "a.example.org", "b.example.net")
            .write(to: folder.directory, as: "site")
        try folder.authority.server("*.example.org").write(to: folder.directory, as: "other")
        let stand = ServiceStand(folder)
        try stand.adopt(
            listener: "{ certificates: [{ chain: site.pem, key: site.key }, { chain: other.pem, key: other.key }] }",
            site: "{}")
        try folder.authority.server("www.example.com").write(to: folder.directory, as: "site")
        try eventually("a word about it") { stand.lines.contains { $0.hasPrefix("notice: certificates: files have") } }
        #expect(
            stand.lines.filter { $0.contains("no longer") } == [
                "warning: certificates: `site.pem` is no longer for `b.example.net`, and neither is another file; clients "
                    + "who ask for it may be refused"
            ])
    }

    @Test("what has not changed is not read again")
    func same() throws {
        let folder = try CertificateFolder()
        try folder.authority.server("www.example.com").write(to: folder.directory, as: "site")
        let stand = ServiceStand(folder)
        try stand.adopt(listener: CertificateFolder.listener, site: "{}")
        let before = try #require(stand.identity("www.example.com")?.credentials.first)
        try stand.adopt(listener: CertificateFolder.listener, site: "{ min_version: '1.3' }")
        #expect(stand.identity("www.example.com")?.minVersion == .tls13)
        #expect(stand.identity("www.example.com")?.credentials.first === before)
    }

    @Test("an offer that has errors says so, with the place")
    func errors() throws {
        let folder = try CertificateFolder()
        let stand = ServiceStand(folder)
        let offer = stand.service.prepare(try folder.configuration(listener: CertificateFolder.listener))
        #expect(offer.diagnostics.map(\.severity) == [.error, .error])
    }

    @Test("a running proxy goes on with a certificate that has expired")
    func expired() throws {
        let folder = try CertificateFolder()
        try folder.authority.expired("www.example.com").write(to: folder.directory, as: "site")
        let stand = ServiceStand(folder)
        let offer = try stand.adopt(listener: CertificateFolder.listener, site: "{}")
        #expect(offer.diagnostics.map(\.severity) == [.warning])
        #expect(stand.leaf() != nil)
    }

    // MARK: Ticket keys

    @Test("ticket keys from files are shared and watched")
    func ticketFiles() throws {
        let folder = try CertificateFolder()
        let bytes = { (byte: UInt8) in [UInt8](repeating: byte, count: 80) }
        try writeFile(folder.directory.file("a.key"), bytes(1))
        try writeFile(folder.directory.file("b.key"), bytes(2))
        let stand = ServiceStand(folder)
        try stand.adopt(listener: "{ tickets: { keys: [a.key, b.key] } }")
        #expect(stand.ticketKeys == TicketKeys([try #require(TicketKey(bytes(1))), try #require(TicketKey(bytes(2)))]))
        try writeFile(folder.directory.file("a.key"), bytes(3))
        let next = TicketKeys([try #require(TicketKey(bytes(3))), try #require(TicketKey(bytes(2)))])
        try eventually("the next key") { stand.ticketKeys == next }
    }

    @Test("random ticket keys change when their time is up, and tickets of the former two stay good")
    func ticketRotation() throws {
        let folder = try CertificateFolder()
        let clock = Monitor<Int64>(1_800_000_000)
        let stand = ServiceStand(folder, clock: clock)
        let listener = "{ tickets: { rotate: 1h } }"
        try stand.adopt(listener: listener)
        var former = try #require(stand.ticketKeys).keys
        for count in [2, 3, 3] {
            clock.update { $0 += 3599 }
            // Wakes the thread, which looks at its clock.
            try stand.adopt(listener: listener)
            #expect(stand.ticketKeys?.keys == former)
            clock.update { $0 += 1 }
            try stand.adopt(listener: listener)
            try eventually("the next key") { stand.ticketKeys?.keys.first != former.first }
            let keys = try #require(stand.ticketKeys).keys
            #expect(keys.count == count)
            #expect(Array(keys.dropFirst()) == Array(former.prefix(2)))
            former = keys
        }
    }

    @Test("random ticket keys stay over a reload")
    func ticketReload() throws {
        let folder = try CertificateFolder()
        let stand = ServiceStand(folder)
        try stand.adopt()
        let first = try #require(stand.ticketKeys)
        #expect(first.keys.count == 1)
        try stand.adopt(listener: "{ min_version: '1.3' }")
        #expect(stand.ticketKeys == first)
        try stand.adopt(listener: "{ tickets: { rotate: 1h } }")
        #expect(stand.ticketKeys != first)
    }
}
