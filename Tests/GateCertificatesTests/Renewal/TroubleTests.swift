// What is stored is damaged or out of reach, others are in the way, or the permission service has changed its mind.

import FoundationEssentials
import GateTesting
import Logging
import Testing

@testable import GateCertificates

@Suite("Keeping certificates in trouble", .timeLimit(.minutes(10)))
struct TroubleTests {
    private let clock = TestClock()
    private let storage = MemoryStorage()
    private let log = LogLines()
    private let wanted = WantedCertificate(names: ["a.example.com"])

    private func manager(_ source: ScriptedSource, time: TimeSource? = nil) throws -> CertificateManager {
        CertificateManager(
            storage: storage, log: log.logger, responder: try TestResponder(), time: time ?? clock.still,
            random: { ($0.lowerBound + $0.upperBound) / 2 }, makeSource: { _ in source })
    }

    private func place(_ wanted: WantedCertificate) -> CertificatePlace {
        CertificatePlace(storage: storage, id: wanted.id)
    }

    private func key(_ path: String) throws -> StorageKey { try #require(StorageKey(path)) }

    @Test(
        "a certificate that cannot be read keeps no other one from serving, and is in use when somebody has mended it")
    func unreadable() async throws {
        let source = try ScriptedSource(clock)
        let other = WantedCertificate(names: ["b.example.com"])
        for one in [wanted, other] { try await place(one).store(try source.certificate(one.names)) }
        let path = "certificates/\(wanted.id)/certificate.pem"
        storage.failLoads(of: try key(path))
        #expect(try await CertificateInventory.read(storage).compactMap(\.lastError) == ["cannot read \(path)"])
        let manager = try manager(source)
        #expect(try await manager.stored(for: [wanted, other]).map(\.names) == [["b.example.com"]])
        try await manager.adopt(ACMESettings(), wanted: [wanted, other])
        #expect(await manager.certificates.map(\.names) == [["b.example.com"]])
        let line = try await log.wait(for: path)
        #expect(
            line == "error: a.example.com: cannot read \(path); make it readable, or remove it for a new certificate")
        storage.failLoads(of: nil)
        for await now in manager.changes where now.count == 2 { break }
        await manager.stop()
        #expect(log.with(path).count == 1)
        #expect(source.requestCount == 0)
    }

    @Test("a damaged certificate is replaced, and the log says that it was damaged")
    func damaged() async throws {
        let source = try ScriptedSource(clock)
        try await storage.store(Array("junk".utf8), at: try key("certificates/\(wanted.id)/certificate.pem"))
        #expect(try await CertificateInventory.read(storage).first?.lastError?.hasSuffix("is damaged") == true)
        let manager = try manager(source)
        try await manager.adopt(ACMESettings(), wanted: [wanted])
        for await now in manager.changes where !now.isEmpty { break }
        await manager.stop()
        #expect(log.with("a.example.com: certificates/\(wanted.id)/certificate.pem is damaged").count == 1)
    }

    @Test("the order of names makes no other certificate, and what was stored by the first name is found")
    func order() async throws {
        let source = try ScriptedSource(clock)
        let (one, two) = (["www.example.com", "example.com"], ["example.com", "www.example.com"])
        #expect(WantedCertificate(names: one).id == WantedCertificate(names: two).id)
        let former = CertificatePlace(storage: storage, id: "www.example.com-65825d50")
        try await former.store(try source.certificate(one))
        try await former.store(CertificateRecord(names: one, authority: "https://ca/dir"))
        for names in [two, one] {
            let manager = try manager(source)
            try await manager.adopt(ACMESettings(), wanted: [WantedCertificate(names: names)])
            #expect(await manager.certificates.map(\.names) == [one])
            await manager.stop()
            #expect(
                storage.keys == ["certificate.pem", "record.json"].map { "certificates/example.com-65825d50/\($0)" })
        }
        #expect(source.requestCount == 0)
        #expect(try await place(WantedCertificate(names: two)).record()?.authority == "https://ca/dir")
    }

    @Test("what another process orders is taken over within seconds")
    func otherProcess() async throws {
        let source = try ScriptedSource(clock)
        let place = place(wanted)
        let lock = try #require(try await place.lock())
        let certificate = try source.certificate(wanted.names)
        let sleeps = Monitor<[Double]>([])
        let clock = clock
        let time = TimeSource(
            now: { clock.now },
            sleep: { seconds in
                try Task.checkCancellation()
                let number = sleeps.update { sleeps in
                    sleeps.append(seconds)
                    return sleeps.count
                }
                clock.advance(seconds)
                if number == 3 { try await place.store(certificate) }
                await Task.yield()
            })
        let manager = try manager(source, time: time)
        try await manager.adopt(ACMESettings(), wanted: [wanted])
        for await now in manager.changes where !now.isEmpty { break }
        await manager.stop()
        await lock.release()
        #expect(sleeps.current.prefix(3).reduce(0, +) < 3)
        #expect(source.requestCount == 0)
    }

    @Test(
        "a certificate on demand serves until its end whatever the permission service says, and is renewed when it agrees",
        arguments: ["503 Service Unavailable", "403 Forbidden"])
    func permission(_ refusal: String) async throws {
        let day = 86_400.0
        let answer = Monitor("200 OK")
        let service = try ScriptedServer(ScriptedServer.serving { visit, _ in try visit.respond(answer.current) })
        let source = try ScriptedSource(clock)
        let manager = try manager(source)
        let ask = OnDemandSettings(ask: "\(service.url)/may")
        try await manager.adopt(ACMESettings(onDemand: ask), wanted: [])
        #expect(await manager.request("a.example.com"))
        answer.update { $0 = refusal }
        clock.advance(61 * day)
        _ = try await log.wait(for: "allowed, so the certificate is not renewed")
        #expect(await manager.request("a.example.com"))
        #expect(await manager.certificates.count == 1)
        #expect(source.requestCount == 1)
        let former = await manager.certificates.first?.notAfter
        answer.update { $0 = "200 OK" }
        clock.advance(day + 1)
        // In use, not only ordered: the clock must not jump between the two.
        _ = try await eventualValue("the renewal", within: Deadline.long) {
            await manager.certificates.first?.notAfter != former ? true : nil
        }
        #expect(source.requestCount == 2)
        answer.update { $0 = refusal }
        clock.advance(91 * day)
        try await manager.untilEmpty()
        #expect(await !manager.request("a.example.com"))
        await manager.stop()
        #expect(source.requestCount == 2)
        #expect(log.with("allowed, so the certificate is not renewed").count == 1)
    }
}

extension CertificateManager {
    /// Waits until there are no certificates.
    fileprivate func untilEmpty() async throws {
        for await now in changes where now.isEmpty { return }
    }
}
