import FoundationEssentials
import GateCertificates
import GateTesting
import Testing

@Suite("The internal authority")
struct InternalAuthorityTests {
    private let directory: TemporaryDirectory
    private let storage: FileStorage

    init() throws {
        directory = try TemporaryDirectory()
        storage = try FileStorage(folder: directory.file("state"))
    }

    private func verify(_ certificate: ManagedCertificate, root: String, _ options: [String]) throws -> Int32 {
        let trusted = try directory.write("root.pem", root)
        let chain = try directory.write("chain.pem", certificate.chainPEM)
        let arguments = ["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", trusted, "-untrusted", chain]
        return try runProgram("openssl", arguments + options + [chain]).status
    }

    @Test("what it issues leads to its root, for names, wildcards and addresses")
    func issue() async throws {
        let authority = InternalAuthority(storage: storage)
        let root = try await authority.rootPEM()
        let names = ["app.internal", "*.app.test", "127.0.0.1", "::1"]
        let certificate = try await authority.issue(WantedCertificate(names: names))
        #expect(try verify(certificate, root: root, ["-verify_hostname", "app.internal"]) == 0)
        #expect(try verify(certificate, root: root, ["-verify_hostname", "a.app.test"]) == 0)
        #expect(try verify(certificate, root: root, ["-verify_ip", "127.0.0.1"]) == 0)
        #expect(try verify(certificate, root: root, ["-verify_ip", "::1"]) == 0)
        #expect(try verify(certificate, root: root, ["-verify_hostname", "example.com"]) != 0)
        #expect(certificate.notAfter.timeIntervalSinceNow < 7 * 86_400 + 1)
        #expect(certificate.names == names)
    }

    @Test("the root stays the same over a restart, and its key is its owner's alone")
    func restart() async throws {
        let root = try await InternalAuthority(storage: storage).rootPEM()
        #expect(try await InternalAuthority(storage: storage).rootPEM() == root)
        let listed = try runProgram("stat", ["-c", "%a", directory.file("state/authority/root.pem")])
        #expect(listed.output == "600\n")
    }

    @Test("authorities in one storage that begin at once agree on a root")
    func race() async throws {
        let storage = storage
        let roots = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<4 { group.addTask { try await InternalAuthority(storage: storage).rootPEM() } }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(roots.count == 1)
    }

    @Test("the intermediate is replaced before what it signs could outlive it; the root stays")
    func rotation() async throws {
        let authority = InternalAuthority(storage: storage)
        let root = try await authority.rootPEM()
        let wanted = WantedCertificate(names: ["app.internal"])
        let now = Date.now
        let first = try await authority.issue(wanted, now: now)
        let second = try await authority.issue(wanted, now: now + 59 * 86_400)
        let third = try await authority.issue(wanted, now: now + 61 * 86_400)
        let issuer = { (certificate: ManagedCertificate) in
            certificate.chainPEM.split(separator: "-----BEGIN CERTIFICATE-----").last
        }
        #expect(issuer(first) == issuer(second))
        #expect(issuer(first) != issuer(third))
        #expect(try await authority.rootPEM(now: now + 61 * 86_400) == root)
        let time = ["-attime", "\(Int(now.timeIntervalSince1970) + 61 * 86_400)"]
        #expect(try verify(third, root: root, time + ["-verify_hostname", "app.internal"]) == 0)
    }

    @Test(
        "a damaged root is never replaced, since clients trust it and its key may be saved",
        arguments: ["", "junk\n", "certificate alone"])
    func damagedRoot(_ text: String) async throws {
        let root = try await InternalAuthority(storage: storage).rootPEM()
        let path = try directory.write("state/authority/root.pem", text == "certificate alone" ? root : text)
        let damaged = try readFile(path)
        let failure = await #expect(throws: StorageFailure.self) {
            try await InternalAuthority(storage: storage).rootPEM()
        }
        #expect(failure?.description.hasPrefix("\(path) cannot be read: ") == true)
        #expect(failure?.description.contains("mend it, or remove it for a new root") == true)
        await #expect(throws: StorageFailure.self) {
            try await InternalAuthority(storage: storage).issue(WantedCertificate(names: ["localhost"]))
        }
        #expect(try readFile(path) == damaged)
    }

    @Test("an intermediate that is broken is replaced")
    func broken() async throws {
        _ = try await InternalAuthority(storage: storage).rootPEM()
        try await storage.store(Array("nonsense".utf8), at: try #require(StorageKey("authority/intermediate.pem")))
        let authority = InternalAuthority(storage: storage)
        let certificate = try await authority.issue(WantedCertificate(names: ["localhost"]))
        #expect(try verify(certificate, root: try await authority.rootPEM(), ["-verify_hostname", "localhost"]) == 0)
    }

    @Test("renewal is due at two thirds of a life")
    func renewal() async throws {
        let certificate = try await InternalAuthority(storage: storage).issue(WantedCertificate(names: ["localhost"]))
        let due = InternalAuthority.renewal(of: certificate).timeIntervalSince(certificate.notBefore)
        let life = certificate.notAfter.timeIntervalSince(certificate.notBefore)
        #expect(abs(due - life * 2 / 3) < 1)
    }
}
