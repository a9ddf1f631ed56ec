// The manager with a clock in which months pass at once, and an authority that does as it is told.

import FoundationEssentials
import GateCore
import GateTesting
import Logging
import SwiftASN1
import Synchronization
import Testing
import X509

@testable import GateCertificates

/// Certificates of a script.
final class ScriptedSource: CertificateSource {
    struct State {
        /// What the next attempts come to; nil is success, and so is everything behind the last one.
        var failures: [IssuanceFailure?] = []
        var requests: [IssuanceRequest] = []
        var info: RenewalInfo?
    }

    let state = Mutex(State())
    let clock: TestClock
    let days: Double
    private let authority: TestAuthority

    init(_ clock: TestClock, days: Double = 90) throws {
        self.clock = clock
        self.days = days
        authority = try TestAuthority()
    }

    var requestCount: Int { state.withLock { $0.requests.count } }

    func issue(_ request: IssuanceRequest) async throws -> IssuedCertificate {
        let failure: IssuanceFailure? = state.withLock { state in
            state.requests.append(request)
            return state.failures.isEmpty ? nil : state.failures.removeFirst()
        }
        if let failure { throw failure }
        return IssuedCertificate(certificate: try certificate(request.wanted.names), authority: "https://ca/dir")
    }

    func certificate(_ names: [String]) throws -> ManagedCertificate {
        var leaf = TestAuthority.Leaf(names: names)
        let ahead = clock.now.timeIntervalSince(Date())
        (leaf.validFrom, leaf.validUntil) = (ahead, ahead + days * 86_400)
        let issued = try authority.issue(leaf)
        return ManagedCertificate(
            names: names, chainPEM: issued.chainPEM, keyPEM: issued.keyPEM, notBefore: issued.leaf.notValidBefore,
            notAfter: issued.leaf.notValidAfter, issuer: "Test Root", keyKind: .ecdsaP256)
    }

    func renewalInfo(of chainPEM: String, authority: String?) async throws -> RenewalInfo? {
        state.withLock { $0.info }
    }

    func close() async {}
}

@Suite("Keeping certificates", .timeLimit(.minutes(10)))
struct ManagerTests {
    private let clock = TestClock()
    private let storage = MemoryStorage()
    private let wanted = [WantedCertificate(names: ["a.example.com"])]

    private func manager(_ source: ScriptedSource) throws -> CertificateManager {
        CertificateManager(
            storage: storage, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            responder: try TestResponder(), time: clock.source,
            random: { ($0.lowerBound + $0.upperBound) / 2 }, makeSource: { _ in source })
    }

    /// Waits until so many certificates were asked for.
    private func requests(_ count: Int, of source: ScriptedSource) async throws -> [IssuanceRequest] {
        try await eventualValue("\(count) requests", within: Deadline.long) {
            source.requestCount < count ? nil : source.state.withLock { $0.requests }
        }
    }

    private func status() async throws -> CertificateStatus {
        try #require(await CertificateInventory.read(storage).first)
    }

    @Test("a certificate is renewed at two thirds of its life, and the new one replaces the former")
    func renewal() async throws {
        let source = try ScriptedSource(clock)
        let manager = try manager(source)
        let start = clock.now
        try await manager.adopt(ACMESettings(), wanted: wanted)
        let requests = try await requests(3, of: source)
        #expect(requests[0].formerChainPEM == nil)
        #expect(requests[1].formerChainPEM != nil)
        await manager.stop()
        #expect(clock.now.timeIntervalSince(start) >= 120 * 86_400)
    }

    /// A clock that stands still. `rests` counts what has come to wait for it.
    private func frozen(_ rests: Monitor<Int>) -> TimeSource {
        TimeSource(
            now: { [clock] in clock.now },
            sleep: { _ in
                rests.update { $0 += 1 }
                try await Task.sleep(for: .seconds(60))
            })
    }

    @Test("a restart issues nothing, even where the process ended right after the store")
    func restart() async throws {
        let source = try ScriptedSource(clock)
        let place = CertificatePlace(storage: storage, id: wanted[0].id)
        // The record and the end of the order are missing: the crash came between.
        try await place.store(try source.certificate(wanted[0].names))
        let rests = Monitor(0)
        let frozen = self.frozen(rests)
        let manager = CertificateManager(
            storage: storage, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            responder: try TestResponder(), time: frozen,
            makeSource: { _ in source })
        try await manager.adopt(ACMESettings(), wanted: wanted)
        #expect(await manager.certificates.count == 1)
        // It has looked at what there is, and waits for the time of renewal.
        _ = try await eventualValue("the manager to rest", within: Deadline.long) { rests.current > 0 ? true : nil }
        await manager.stop()
        #expect(source.requestCount == 0)
    }

    @Test("failures are tried again later and later, and keep the certificate in use")
    func failures() async throws {
        let source = try ScriptedSource(clock)
        source.state.withLock { state in
            state.failures =
                [nil] + (1...4).map { IssuanceFailure(description: "no \($0)", blockedUntil: [:], retryAfter: nil) }
        }
        let manager = try manager(source)
        try await manager.adopt(ACMESettings(), wanted: wanted)
        let requests = try await requests(6, of: source)
        #expect(requests.dropFirst().prefix(5).map(\.failures) == [0, 1, 2, 3, 4])
        #expect(await manager.certificates.count == 1)
        await manager.stop()
    }

    @Test("what failed is known after a restart, and not tried before its time")
    func failureOutlastsRestart() async throws {
        let source = try ScriptedSource(clock)
        let until = clock.now.addingTimeInterval(5000)
        source.state.withLock {
            $0.failures = [
                IssuanceFailure(description: "too many", blockedUntil: ["https://ca/dir": until], retryAfter: until)
            ]
        }
        let rests = Monitor(0)
        let frozen = self.frozen(rests)
        let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        for round in 1...2 {
            let manager = CertificateManager(
                storage: storage, log: log, responder: try TestResponder(), time: frozen,
                makeSource: { _ in source })
            try await manager.adopt(ACMESettings(), wanted: wanted)
            _ = try await requests(1, of: source)
            _ = try await eventualValue("the failure in the store", within: Deadline.long) {
                try await CertificateInventory.read(storage).first?.lastError
            }
            // It has looked at what there is, and waits for the time of the next attempt.
            _ = try await eventualValue("the manager to rest", within: Deadline.long) {
                rests.current >= round ? true : nil
            }
            await manager.stop()
        }
        #expect(source.requestCount == 1)
        #expect(try await status().nextAttempt == until)
        #expect(try await status().lastError == "too many")
    }

    @Test("the authority's window decides when, and is asked for again (RFC 9773 §4.2)")
    func window() async throws {
        let source = try ScriptedSource(clock)
        let window = RenewalWindow(
            start: clock.now.addingTimeInterval(10 * 86_400), end: clock.now.addingTimeInterval(12 * 86_400))
        source.state.withLock {
            $0.info = RenewalInfo(window: window, askAgain: clock.now.addingTimeInterval(1e9), explanation: nil)
        }
        let manager = try manager(source)
        let start = clock.now
        try await manager.adopt(ACMESettings(), wanted: wanted)
        _ = try await requests(2, of: source)
        let days = clock.now.timeIntervalSince(start) / 86_400
        #expect(days >= 11)
        await manager.stop()
    }

    @Test("an authority that always wants a renewal at once does not get orders without end")
    func eagerAuthority() async throws {
        let source = try ScriptedSource(clock)
        let window = RenewalWindow(start: .distantPast, end: .distantPast.addingTimeInterval(1))
        source.state.withLock {
            $0.info = RenewalInfo(window: window, askAgain: clock.now.addingTimeInterval(1e9), explanation: nil)
        }
        let manager = try manager(source)
        let start = clock.now
        try await manager.adopt(ACMESettings(), wanted: wanted)
        _ = try await requests(4, of: source)
        #expect(clock.now.timeIntervalSince(start) >= 3 * 6 * 3600)
        await manager.stop()
    }

    @Test("a name that fails does not keep others from theirs")
    func others() async throws {
        let source = try ScriptedSource(clock)
        source.state.withLock {
            $0.failures = [IssuanceFailure(description: "no", blockedUntil: [:], retryAfter: nil)]
        }
        let manager = try manager(source)
        try await manager.adopt(ACMESettings(), wanted: wanted + [WantedCertificate(names: ["b.example.com"])])
        for await now in manager.changes where Set(now.flatMap(\.names)) == ["a.example.com", "b.example.com"] { break }
        await manager.stop()
    }

    @Test("a former set of names serves until the new one has its certificate")
    func interim() async throws {
        let source = try ScriptedSource(clock)
        let place = CertificatePlace(storage: storage, id: wanted[0].id)
        try await place.store(try source.certificate(wanted[0].names))
        source.state.withLock {
            $0.failures = [IssuanceFailure(description: "no", blockedUntil: [:], retryAfter: nil)]
        }
        let frozen = TimeSource(now: { clock.now }, sleep: { _ in try await Task.sleep(for: .seconds(60)) })
        let manager = CertificateManager(
            storage: storage, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            responder: try TestResponder(), time: frozen,
            makeSource: { _ in source })
        let more = WantedCertificate(names: ["a.example.com", "b.example.com"])
        #expect(try await manager.stored(for: [more]).map(\.names) == [["a.example.com"]])
        try await manager.adopt(ACMESettings(), wanted: [more])
        #expect(await manager.certificates.map(\.names) == [["a.example.com"]])
        await manager.stop()
    }

    @Test("what nobody wants goes a month after its end")
    func cleanUp() async throws {
        let source = try ScriptedSource(clock)
        let place = CertificatePlace(storage: storage, id: "old")
        try await place.store(try source.certificate(["old.example.com"]))
        clock.advance(119 * 86_400)
        try await {
            try await $0.adopt(ACMESettings(), wanted: [])
            await $0.stop()
        }(manager(source))
        #expect(storage.keys.contains("certificates/old/certificate.pem"))
        clock.advance(2 * 86_400)
        try await {
            try await $0.adopt(ACMESettings(), wanted: [])
            await $0.stop()
        }(manager(source))
        #expect(storage.keys.isEmpty)
    }

    @Test("a certificate that cannot be stored is not used")
    func storeFails() async throws {
        let source = try ScriptedSource(clock)
        storage.failStores(after: 0)
        let manager = try manager(source)
        try await manager.adopt(ACMESettings(), wanted: wanted)
        _ = try await requests(2, of: source)
        #expect(await manager.certificates.isEmpty)
        storage.failStores(after: nil)
        for await now in manager.changes where !now.isEmpty { break }
        await manager.stop()
    }
}
