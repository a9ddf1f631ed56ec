// DNS-01 with a real name server.

import FoundationEssentials
import GateCore
import GateTesting
import Logging
import Testing

@testable import GateCertificates

@Suite("DNS-01 with bind", .enabled(if: Peer.named.mayRun, "needs Debian's bind9"), .timeLimit(.minutes(10)))
struct DynamicUpdateTests {
    private static let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func update(_ bind: Bind, change: (inout TSIGKey) -> Void = { _ in }) throws -> DNSSettings.DynamicUpdate {
        let secret = try #require(Data(base64Encoded: bind.secret))
        var key = TSIGKey(name: Bind.keyName, algorithm: .sha256, secret: Array(secret))
        change(&key)
        return DNSSettings.DynamicUpdate(
            server: .ip(.loopbackIPv4, port: bind.port), zone: Bind.zone, key: key)
    }

    private let name = "_acme-challenge.example.com"

    @Test("records are added beside others, shown, and removed alone (RFC 2136 §2.5)")
    func twoRecords() async throws {
        let bind = try Bind()
        let provider = DynamicUpdateProvider(try update(bind), time: .system)
        let servers = ZoneServers(fixed: [.ip(.loopbackIPv4, port: bind.port)])
        #expect(await servers.show(name, "one") == false)
        try await provider.present(name: name, value: "one")
        try await provider.present(name: name, value: "two")
        #expect(await servers.show(name, "one") == true)
        #expect(await servers.show(name, "two") == true)
        try await provider.remove(name: name, value: "one")
        try await provider.remove(name: name, value: "one")
        #expect(await servers.show(name, "one") == false)
        #expect(await servers.show(name, "two") == true)
    }

    @Test("every hash signs (RFC 8945 §6)", arguments: TSIGKey.Algorithm.allCases)
    func algorithms(_ algorithm: TSIGKey.Algorithm) async throws {
        let bind = try Bind(algorithm: algorithm.rawValue)
        let provider = DynamicUpdateProvider(try update(bind) { $0.algorithm = algorithm }, time: .system)
        try await provider.present(name: name, value: "one")
        #expect(await ZoneServers(fixed: [.ip(.loopbackIPv4, port: bind.port)]).show(name, "one") == true)
    }

    @Test("a wrong secret, an unknown key and a wrong clock are told apart (RFC 8945 §5.2)")
    func refusals() async throws {
        let bind = try Bind()
        func words(_ settings: DNSSettings.DynamicUpdate, _ time: TimeSource = .system) async -> String {
            do {
                try await DynamicUpdateProvider(settings, time: time).present(name: name, value: "x")
                return ""
            } catch { return "\(error)" }
        }
        #expect(await words(try update(bind) { $0.secret[0] ^= 1 }).contains("BADSIG"))
        #expect(await words(try update(bind) { $0.name = "nobody" }).contains("BADKEY"))
        let late = TimeSource(now: { Date().addingTimeInterval(-4000) }, sleep: TimeSource.system.sleep)
        #expect(await words(try update(bind), late).contains("clock"))
        var outside = try update(bind)
        outside.zone = "example.org"
        #expect(await words(outside).contains("zone"))
    }

    @Test("a server that is not there is an error")
    func nobody() async throws {
        let port = try takeFreePort()
        let settings = DNSSettings.DynamicUpdate(server: .ip(.loopbackIPv4, port: port), zone: "example.com")
        await #expect(throws: DNSFailure.self) {
            try await DynamicUpdateProvider(settings, time: .system).present(name: name, value: "x")
        }
    }

    @Test("a wildcard and its base get one certificate", .enabled(if: Peer.pebble.mayRun, "needs Debian's pebble"))
    func wildcard() async throws {
        let bind = try Bind()
        var options = Pebble.Options()
        options.nameServer = "127.0.0.1:\(bind.port)"
        let pebble = try Pebble(options)
        let settings = ACMESettings(
            authorities: [ACMEAuthority(directory: pebble.directory, trustedPEM: pebble.trustedPEM)],
            challenges: [.http01, .dns01], dns: DNSSettings(provider: .update(try update(bind)), waitSeconds: 10))
        let manager = CertificateManager(
            storage: MemoryStorage(), responder: try TestResponder(), log: Self.log)
        try await manager.adopt(settings, wanted: [WantedCertificate(names: ["*.example.com"])])
        for await all in manager.changes {
            guard let certificate = all.first else { continue }
            #expect(certificate.names == ["*.example.com"])
            break
        }
        #expect(await ZoneServers(fixed: [.ip(.loopbackIPv4, port: bind.port)]).show(name, "") == false)
        await manager.stop()
    }
}
