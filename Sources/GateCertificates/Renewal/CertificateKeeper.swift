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
        let permission: @Sendable (_ name: String) async -> OnDemandGate.Permission
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
    /// Why what is stored cannot be read. Nothing is ordered in its place.
    private var obstacle: String?
    /// What is stored is no certificate with its key, and nobody was told yet.
    private var isDamageUntold = false
    /// What the log was told last, and when.
    private var complaint: (words: String, time: Date)?
    /// Questions for permission in a row that came to nothing.
    private var unanswered = 0
    private var firstOutcome: Bool?
    private var waiting: [CheckedContinuation<Bool, Never>] = []

    /// The longest sleep: clocks jump, and other nodes renew.
    private static let sleepSecondsMax = 3600.0
    /// Somebody else orders the same certificate: for so long nothing is tried.
    private static let lockedSeconds = 30.0
    /// What they have got is looked for soon and then more seldom.
    private static let lookSeconds = 0.25...2.0
    /// The storage failed: try again after so long.
    private static let troubleSeconds = 30.0
    /// The same complaint is repeated after so long.
    private static let complaintSeconds = 86_400.0
    /// A name is no longer allowed: ask again after so long, in case that was a mistake.
    private static let deniedSeconds = 86_400.0
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

    /// Takes over what is stored. What is wrong with it is said when the keeper runs.
    func load() async {
        do {
            try await place.takeOver(from: wanted.formerIDs)
            stored = try await place.bytes()
            obstacle = nil
        } catch {
            obstacle = "\(error); make it readable, or remove it for a new certificate"
            return
        }
        certificate = stored.flatMap(CertificatePlace.certificate)
        isDamageUntold = stored != nil && certificate == nil
        if isServing { settle(true) }
        await loadRecord()
    }

    /// Without its record a certificate can be served and renewed all the same.
    private func loadRecord() async {
        do {
            if let stored = try await place.record() { record = stored }
        } catch {
            around.log.error("\(wanted.names[0]): \(error); former failures and the time of renewal are not known")
        }
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

    /// Keeps the certificate until the task is cancelled, or a client's name has none and may have none.
    func run() async {
        defer { settle(isServing) }
        while !Task.isCancelled {
            do {
                if let obstacle {
                    try await waitForMending(obstacle)
                    continue
                }
                tellOfDamage()
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
                complaint = nil
            } catch is CancellationError {
                return
            } catch {
                complain("\(error)")
                guard (try? await around.time.sleep(Self.troubleSeconds)) != nil else { return }
            }
        }
    }

    // MARK: Trouble with the storage

    private func waitForMending(_ obstacle: String) async throws {
        complain(obstacle)
        if firstOutcome == nil { settle(isServing) }
        try await around.time.sleep(Self.troubleSeconds)
        await load()
        guard self.obstacle == nil else { return }
        complaint = nil
        if let certificate { await changed(certificate) }
    }

    private func tellOfDamage() {
        guard isDamageUntold else { return }
        isDamageUntold = false
        around.log.error(
            "\(wanted.names[0]): \(place.location) is damaged, it has no private key with its certificate; another one is got"
        )
    }

    private func complain(_ words: String) {
        let now = around.time.now()
        if let complaint, complaint.words == words, now < complaint.time.addingTimeInterval(Self.complaintSeconds) {
            return
        }
        complaint = (words, now)
        around.log.error("\(wanted.names[0]): \(words)")
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
    /// - Returns: whether there is something else now.
    @discardableResult
    private func lookForOthers() async throws -> Bool {
        guard let bytes = try await place.bytes(), bytes != stored else { return false }
        await load()
        if let certificate { await changed(certificate) }
        return true
    }

    /// - Returns: false when there is nothing to keep: the name may have no certificate, and has none that is valid.
    private func attempt() async throws -> Bool {
        if wanted.isOnDemand {
            let permission = await around.permission(wanted.names[0])
            guard permission == .allowed else { return await postpone(permission) }
            unanswered = 0
        }
        try await around.limiter.run { try await self.order() }
        return true
    }

    /// A certificate that is valid serves until its end, whatever the service says; its renewal waits.
    /// - Returns: false when there is none.
    private func postpone(_ permission: OnDemandGate.Permission) async -> Bool {
        guard let certificate, isServing else { return false }
        unanswered = permission == .unknown ? unanswered + 1 : 0
        let wait =
            unanswered == 0
            ? Self.deniedSeconds : RenewalSchedule.wait(afterFailures: unanswered, random: around.random)
        record.retryAt = min(around.time.now().addingTimeInterval(wait), certificate.notAfter)
        let words = unanswered == 0 ? "it is no longer allowed" : "nobody says whether it is still allowed"
        if record.lastError != words {
            around.log.notice(
                "\(wanted.names[0]): \(words), so the certificate is not renewed; it is valid until \(certificate.notAfter.ISO8601Format())"
            )
        }
        record.lastError = words
        await storeRecord()
        return true
    }

    private func order() async throws {
        guard let lock = try await place.lock() else { return try await waitForOthers() }
        do {
            try await lookForOthers()
            if obstacle == nil, nextAttempt <= around.time.now() { try await orderAlone() }
        } catch {
            await lock.release()
            throw error
        }
        await lock.release()
    }

    /// Somebody else orders the certificate: it is taken over soon after they have stored it.
    private func waitForOthers() async throws {
        let end = around.time.now().addingTimeInterval(Self.lockedSeconds)
        var wait = Self.lookSeconds.lowerBound
        while around.time.now() < end {
            try await around.time.sleep(wait)
            if try await lookForOthers() { return }
            wait = min(wait * 1.5, Self.lookSeconds.upperBound)
        }
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
