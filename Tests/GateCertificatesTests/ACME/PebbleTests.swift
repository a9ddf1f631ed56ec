// The client against Let's Encrypt's test server, with its faults.

import FoundationEssentials
import GateTesting
import Logging
import Testing

@testable import GateCertificates

@Suite("ACME with Pebble", .enabled(if: Peer.pebble.mayRun, "needs Debian's pebble"), .timeLimit(.minutes(10)))
struct PebbleTests {
    let storage = MemoryStorage()
    let responder: TestResponder

    init() throws { responder = try TestResponder() }

    private func pebble(_ change: (inout Pebble.Options) -> Void = { _ in }) throws -> Pebble {
        var options = Pebble.Options()
        options.httpPort = responder.port
        change(&options)
        return try Pebble(options)
    }

    private func settings(_ pebbles: Pebble..., change: (inout ACMESettings) -> Void = { _ in }) -> ACMESettings {
        var settings = ACMESettings(
            authorities: pebbles.map { ACMEAuthority(directory: $0.directory, trustedPEM: $0.trustedPEM) },
            challenges: [.http01])
        change(&settings)
        return settings
    }

    private func manager() -> CertificateManager {
        CertificateManager(
            storage: storage, responder: responder, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// The first set of certificates that has one for each name.
    private func certificates(for names: [String], from manager: CertificateManager) async -> [ManagedCertificate] {
        for await now in manager.changes where names.allSatisfy({ name in now.contains { $0.names.contains(name) } }) {
            return now
        }
        return []
    }

    /// Waits until an attempt failed, and answers its words.
    private func error(of name: String) async throws -> String {
        try await eventualValue("a failed attempt", within: Deadline.long) {
            try await CertificateInventory.read(storage).first { $0.names.contains(name) }?.lastError
        }
    }

    @Test("HTTP-01 gets a certificate for several names, and what was presented is withdrawn (RFC 8555 §8.3)")
    func severalNames() async throws {
        let pebble = try pebble()
        let manager = manager()
        try await manager.adopt(
            settings(pebble), wanted: [WantedCertificate(names: ["a.example.com", "b.example.com"])])
        let all = await certificates(for: ["a.example.com", "b.example.com"], from: manager)
        #expect(all.count == 1)
        let facts = try CertificateFacts(chainPEM: all[0].chainPEM)
        #expect(Set(facts.identifiers) == [.dns("a.example.com"), .dns("b.example.com")])
        #expect(all[0].keyKind == .ecdsaP256)
        #expect(responder.tokens.current.isEmpty)
        #expect(responder.log.current.count { $0 == "withdraw" } == 2)
        await manager.stop()
    }

    @Test("nonces that are refused are fetched anew (RFC 8555 §6.5)")
    func badNonces() async throws {
        let pebble = try pebble { $0.nonceRejectPercent = 50 }
        let manager = manager()
        try await manager.adopt(settings(pebble), wanted: [WantedCertificate(names: ["a.example.com"])])
        let all = await certificates(for: ["a.example.com"], from: manager)
        #expect(all.count == 1)
        await manager.stop()
    }

    @Test("an account is bound to an external one (RFC 8555 §7.3.4)")
    func externalAccount() async throws {
        let key = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"
        let pebble = try pebble { $0.externalKeys = ["kid-1": key] }
        let manager = manager()
        let settings = settings(pebble) {
            $0.authorities[0].externalAccount = ACMEAuthority.ExternalAccount(keyID: "kid-1", key: key)
        }
        try await manager.adopt(settings, wanted: [WantedCertificate(names: ["a.example.com"])])
        let all = await certificates(for: ["a.example.com"], from: manager)
        #expect(all.count == 1)
        await manager.stop()
    }

    @Test("a missing external account is an error that says what to set")
    func missingExternalAccount() async throws {
        let pebble = try pebble {
            $0.externalKeys = ["kid-1": "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"]
        }
        let manager = manager()
        try await manager.adopt(settings(pebble), wanted: [WantedCertificate(names: ["a.example.com"])])
        #expect(try await error(of: "a.example.com").contains("external_account"))
        await manager.stop()
    }

    @Test("a validation that fails is an error for that name, and the others get theirs")
    func rejected() async throws {
        let pebble = try pebble()
        let manager = manager()
        try await manager.adopt(
            settings(pebble),
            wanted: [WantedCertificate(names: ["*.wild.example.com"]), WantedCertificate(names: ["good.example.com"])])
        let all = await certificates(for: ["good.example.com"], from: manager)
        #expect(all.count == 1)
        #expect(try await error(of: "*.wild.example.com").contains("dns-01"))
        await manager.stop()
    }

    @Test("an answer that is not there is a failure that names challenge and name")
    func nobodyAnswers() async throws {
        let deaf = try takeFreePort()
        let pebble = try pebble { $0.httpPort = deaf }
        let manager = manager()
        try await manager.adopt(settings(pebble), wanted: [WantedCertificate(names: ["a.example.com"])])
        let words = try await error(of: "a.example.com")
        #expect(words.contains("a.example.com by http-01"))
        let status = try await CertificateInventory.read(storage)[0]
        #expect(status.failures == 1)
        #expect(status.nextAttempt.map { $0 > Date() } == true)
        await manager.stop()
    }

    @Test("a slow validation is waited for")
    func slowValidation() async throws {
        let pebble = try pebble { $0.validationSeconds = 3 }
        let manager = manager()
        try await manager.adopt(settings(pebble), wanted: [WantedCertificate(names: ["a.example.com"])])
        let all = await certificates(for: ["a.example.com"], from: manager)
        #expect(all.count == 1)
        await manager.stop()
    }

    @Test("a restart issues nothing")
    func restart() async throws {
        let pebble = try pebble()
        let first = manager()
        let wanted = [WantedCertificate(names: ["a.example.com"])]
        try await first.adopt(settings(pebble), wanted: wanted)
        let issued = await certificates(for: ["a.example.com"], from: first)
        await first.stop()
        pebble.stop()
        let second = manager()
        try await second.adopt(settings(pebble), wanted: wanted)
        let stored = await second.certificates
        #expect(stored == issued)
        await second.stop()
    }

    @Test("the second authority is asked when the first one is away")
    func fallback() async throws {
        let (away, here) = (try pebble(), try pebble())
        away.stop()
        let manager = manager()
        try await manager.adopt(settings(away, here), wanted: [WantedCertificate(names: ["a.example.com"])])
        let all = await certificates(for: ["a.example.com"], from: manager)
        #expect(all.count == 1)
        await manager.stop()
    }

    @Test("a certificate that was issued before a crash is fetched with the same order and key")
    func crashBeforeStore() async throws {
        let pebble = try pebble()
        let wanted = WantedCertificate(names: ["a.example.com"])
        // Account twice and order once are stored; the certificate is not.
        storage.failStores(after: 3)
        let first = manager()
        try await first.adopt(settings(pebble), wanted: [wanted])
        let place = CertificatePlace(storage: storage, id: wanted.id)
        let pending = try await eventualValue("a certificate that cannot be stored", within: Deadline.long) {
            storage.failureCount > 0 ? try await place.pendingOrder() : nil
        }
        await first.stop()
        storage.failStores(after: nil)
        let looks = responder.requestCount
        let second = manager()
        try await second.adopt(settings(pebble), wanted: [wanted])
        let all = await certificates(for: ["a.example.com"], from: second)
        #expect(try CertificateFacts(chainPEM: all[0].chainPEM).fits(keyPEM: pending.keyPEM))
        #expect(responder.requestCount == looks)
        await second.stop()
    }

    @Test("every kind of key is accepted", arguments: [CertificateKeyKind.ecdsaP384, .rsa2048])
    func keys(_ kind: CertificateKeyKind) async throws {
        let pebble = try pebble()
        let manager = manager()
        try await manager.adopt(
            settings(pebble) { $0.keyKind = kind }, wanted: [WantedCertificate(names: ["a.example.com"])])
        let all = await certificates(for: ["a.example.com"], from: manager)
        #expect(all.first?.keyKind == kind)
        await manager.stop()
    }

    @Test("an address gets a certificate (RFC 8738)")
    func address() async throws {
        let pebble = try pebble()
        let manager = manager()
        try await manager.adopt(settings(pebble), wanted: [WantedCertificate(names: ["127.0.0.1"])])
        let all = await certificates(for: ["127.0.0.1"], from: manager)
        #expect(all.count == 1)
        await manager.stop()
    }

    @Test("an authority that forgot the account gets a new one with the same key")
    func forgottenAccount() async throws {
        let port = try takeFreePort()
        let first = try pebble { $0.port = port }
        let client = try ACMEClientFixture(first, storage).client
        let before = try await client.openAccount()
        first.stop()
        let second = try pebble { $0.port = port }
        let manager = manager()
        try await manager.adopt(settings(second), wanted: [WantedCertificate(names: ["a.example.com"])])
        let all = await certificates(for: ["a.example.com"], from: manager)
        #expect(all.count == 1)
        let after = try await ACMEClientFixture(second, storage).client.openAccount()
        #expect(after.key.pem == before.key.pem)
        await manager.stop()
    }
}

/// A client of a Pebble.
private struct ACMEClientFixture {
    let client: ACMEClient

    init(_ pebble: Pebble, _ storage: any CertificateStorage) throws {
        client = ACMEClient(
            authority: ACMEAuthority(directory: pebble.directory), email: nil, storage: storage,
            transport: try HTTPTransport(trustedPEM: pebble.trustedPEM), time: .system,
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }
}
