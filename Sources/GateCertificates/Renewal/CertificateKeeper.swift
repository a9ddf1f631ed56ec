// One certificate's life: got, renewed in time, tried again when that fails. What it decides it stores first, so that a
// restart goes on and issues nothing.

import FoundationEssentials
import Logging

/// Keeps one certificate in good order.
actor CertificateKeeper {
    /// What all keepers share.
    struct Surroundings: Sendable {
        let source: any CertificateSource
        let storage: any CertificateStorage
        let limiter: AsyncLimiter
        let time: TimeSource
        let log: Logger
        /// Whether a name that a client asked for may (still) have a certificate.
        let permission: @Sendable (_ name: String) async -> Bool
        let random: @Sendable (ClosedRange<Double>) -> Double
    }

    nonisolated let wanted: WantedCertificate
    private let around: Surroundings
    private let place: CertificatePlace
    private let changed: @Sendable (ManagedCertificate) async -> Void
    private(set) var certificate: ManagedCertificate?
    /// The certificate as it was stored last, to see whether others have stored another one.
    private var stored: [UInt8]?
    private var record: CertificateRecord
    private var firstOutcome: Bool?
    private var waiting: [CheckedContinuation<Bool, Never>] = []

    /// The longest sleep: clocks jump, and other nodes renew.
    private static let sleepSecondsMax = 3600.0
    /// Somebody else orders the same certificate: look again after so long.
    private static let lockedSeconds = 30.0
    /// A renewal time could not be asked for: ask again after so long.
    private static let askAgainSeconds = 3600.0

    /// - Parameter changed: is told of every new certificate, after it was stored.
    init(
        _ wanted: WantedCertificate, _ around: Surroundings,
        changed: @escaping @Sendable (ManagedCertificate) async -> Void
    ) {
        self.wanted = wanted
        self.around = around
        self.changed = changed
        place = CertificatePlace(storage: around.storage, id: wanted.id)
        record = CertificateRecord(names: wanted.names, isOnDemand: wanted.isOnDemand)
    }

    /// Takes over what is stored.
    /// - Throws: `StorageFailure`.
    func load() async throws {
        stored = try await place.bytes()
        certificate = stored.flatMap(CertificatePlace.certificate)
        if let stored = try await place.record() { record = stored }
        if isServing { settle(true) }
    }

    /// Whether there is a certificate that is valid now.
    var isServing: Bool { certificate.map { $0.notAfter > around.time.now() } ?? false }

    /// Waits until there is a certificate, or the first attempt failed.
    func outcome() async -> Bool {
        if let firstOutcome { return firstOutcome || isServing }
        return await withCheckedContinuation { waiting.append($0) }
    }

    private func settle(_ outcome: Bool) {
        firstOutcome = outcome
        let all = waiting
        waiting = []
        for one in all { one.resume(returning: outcome) }
    }

    /// Keeps the certificate until the task is cancelled, or a client's name is no longer allowed.
    func run() async {
        defer { settle(isServing) }
        while !Task.isCancelled {
            do {
                await askForWindow()
                let now = around.time.now()
                let due = nextAttempt
                if due <= now {
                    guard try await attempt() else { return }
                } else {
                    // In back-off since before: whoever waits need not.
                    if firstOutcome == nil { settle(isServing) }
                    let next = min(due, record.askAgain.map { max($0, now) } ?? due)
                    try await around.time.sleep(min(max(next.timeIntervalSince(now), 1), Self.sleepSecondsMax))
                    try await lookForOthers()
                }
            } catch is CancellationError {
                return
            } catch {
                around.log.error("\(wanted.names[0]): \(error)")
                guard (try? await around.time.sleep(Self.lockedSeconds)) != nil else { return }
            }
        }
    }

    /// When something is to be done about the certificate.
    private var nextAttempt: Date {
        let retry = record.retryAt ?? .distantPast
        guard let certificate else { return retry }
        let (begin, end) = (certificate.notBefore, certificate.notAfter)
        let planned = record.renewAt ?? RenewalSchedule.renewal(notBefore: begin, notAfter: end)
        let pause = RenewalSchedule.pause(notBefore: begin, notAfter: end)
        let earliest = record.issuedAt.map { $0.addingTimeInterval(pause) } ?? .distantPast
        return max(planned, earliest, retry)
    }

    // MARK: Renewal times

    private func askForWindow() async {
        guard let certificate, record.askAgain.map({ $0 <= around.time.now() }) ?? true else { return }
        do {
            let info = try await around.source.renewalInfo(of: certificate.chainPEM, authority: record.authority)
            take(info, certificate)
        } catch {
            around.log.debug("\(wanted.names[0]): the time of renewal is not known: \(error)")
            record.askAgain = around.time.now().addingTimeInterval(Self.askAgainSeconds)
        }
        await storeRecord()
    }

    private func take(_ info: RenewalInfo?, _ certificate: ManagedCertificate) {
        guard let info else {
            record.askAgain = around.time.now().addingTimeInterval(86_400)
            return
        }
        record.askAgain = info.askAgain
        guard info.window != record.window else { return }
        record.window = info.window
        record.renewAt = RenewalSchedule.moment(in: info.window, random: around.random)
        if let explanation = info.explanation, info.window.start <= around.time.now() {
            around.log.notice("\(wanted.names[0]): the authority asks for an early renewal: \(explanation.prefix(500))")
        }
    }

    // MARK: Attempts

    /// Another node may have renewed what is shared.
    private func lookForOthers() async throws {
        guard let bytes = try await place.bytes(), bytes != stored else { return }
        try await load()
        if let certificate { await changed(certificate) }
    }

    /// - Returns: false when the name may have no certificate (any more).
    private func attempt() async throws -> Bool {
        if wanted.isOnDemand {
            guard await around.permission(wanted.names[0]) else {
                around.log.notice("\(wanted.names[0]): no longer allowed, so it is not renewed")
                return false
            }
        }
        try await around.limiter.run { try await self.order() }
        return true
    }

    private func order() async throws {
        guard let lock = try await place.lock() else {
            try await around.time.sleep(Self.lockedSeconds)
            return try await lookForOthers()
        }
        do {
            try await lookForOthers()
            if nextAttempt <= around.time.now() { try await orderAlone() }
        } catch {
            await lock.release()
            throw error
        }
        await lock.release()
    }

    private func orderAlone() async throws {
        let request = IssuanceRequest(
            wanted: wanted, place: place, failures: record.failures, blockedUntil: record.blockedUntil,
            formerChainPEM: certificate?.chainPEM)
        do {
            let issued = try await around.source.issue(request)
            try await take(issued)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            await note(error)
        }
    }

    /// The certificate is stored before anybody uses it. The order's end comes last: until then its key must not be lost.
    private func take(_ issued: IssuedCertificate) async throws {
        try await place.store(issued.certificate)
        stored = try await place.bytes()
        certificate = issued.certificate
        record = CertificateRecord(names: wanted.names, isOnDemand: wanted.isOnDemand, authority: issued.authority)
        record.issuedAt = around.time.now()
        await storeRecord()
        try? await place.removePendingOrder()
        around.log.notice(
            "\(wanted.names.joined(separator: ", ")): certificate from \(issued.certificate.issuer)",
            metadata: ["expires": "\(issued.certificate.notAfter.ISO8601Format())"])
        await changed(issued.certificate)
        settle(true)
    }

    private func note(_ error: any Error) async {
        record.failures += 1
        record.lastError = "\(error)"
        let now = around.time.now()
        var retry = now.addingTimeInterval(
            RenewalSchedule.wait(afterFailures: record.failures, random: around.random))
        if let failure = error as? IssuanceFailure {
            record.blockedUntil = failure.blockedUntil
            retry = max(retry, failure.retryAfter ?? retry)
        }
        record.retryAt = retry
        await storeRecord()
        let rest = certificate.map { "; the certificate in use is valid until \($0.notAfter.ISO8601Format())" } ?? ""
        around.log.error(
            "\(wanted.names.joined(separator: ", ")): no certificate: \(error); next attempt at \(retry.ISO8601Format())\(rest)"
        )
        settle(false)
    }

    /// A record that cannot be stored is known until the end of the process, and that it was not stored is said.
    private func storeRecord() async {
        do {
            try await place.store(record)
        } catch {
            around.log.error("\(wanted.names[0]): \(error)")
        }
    }
}
