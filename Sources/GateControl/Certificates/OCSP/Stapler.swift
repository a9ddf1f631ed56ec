// Staples are a courtesy: whatever goes wrong here, the certificate is served without one.

internal import FoundationEssentials
internal import GateCertificates
internal import GateProxy
internal import GateTLS
internal import Synchronization

/// Fetches the staples of certificates that name a responder, and fetches them anew at half of their life.
final class Stapler: Sendable {
    private struct Entry {
        let task: Task<Void, Never>
        /// With its staple, while there is a good one.
        var stapled: TLSCredential?
    }

    private let entries = Mutex<[ObjectIdentifier: Entry]>([:])
    private let changed = Mutex<@Sendable () -> Void>({})
    private let reporter: any Reporter
    private let ask: @Sendable (String, [UInt8]) async throws -> [UInt8]
    private let time: TimeSource
    /// Pauses after failures, in seconds: the first, and the longest.
    static let pauseSeconds: ClosedRange<Int64> = 60...3600

    init(
        reporter: any Reporter, time: TimeSource = .system,
        ask: @escaping @Sendable (String, [UInt8]) async throws -> [UInt8] = OCSPExchange.ask
    ) {
        self.reporter = reporter
        self.time = time
        self.ask = ask
    }

    /// Seconds since 1970.
    private var now: Int64 { Int64(time.now().timeIntervalSince1970) }

    /// Has `body` called when a staple has come or gone.
    func onChange(_ body: @escaping @Sendable () -> Void) { changed.withLock { $0 = body } }

    /// Cares for these certificates, and no others, from now on.
    func keep(_ subjects: [StapleSubject]) {
        entries.withLock { entries in
            let wanted = Set(subjects.map { ObjectIdentifier($0.credential) })
            for (id, entry) in entries where !wanted.contains(id) {
                entry.task.cancel()
                entries[id] = nil
            }
            for subject in subjects {
                let id = ObjectIdentifier(subject.credential)
                guard entries[id] == nil, let (url, question) = subject.question else { continue }
                entries[id] = Entry(
                    task: Task(executorPreference: TaskThread.shared) { await self.care(for: subject, url, question) })
            }
        }
    }

    /// The certificates that have a staple, by those without.
    func credentials(for subjects: [StapleSubject]) -> [ObjectIdentifier: TLSCredential] {
        entries.withLock { entries in
            subjects.reduce(into: [:]) { result, subject in
                let id = ObjectIdentifier(subject.credential)
                result[id] = entries[id]?.stapled
            }
        }
    }

    /// Ends all that is under way.
    func stop() { keep([]) }

    // MARK: One certificate

    private func care(for subject: StapleSubject, _ url: String, _ question: OCSPQuestion) async {
        var (failures, validity): (Int, OCSPValidity?) = (0, nil)
        while !Task.isCancelled {
            do {
                let now = self.now
                let answer = try await ask(url, question.request())
                let fresh = try question.judge(answer, now: now)
                install(try subject.credential.stapling(answer), for: subject)
                (failures, validity) = (0, fresh)
            } catch {
                guard !Task.isCancelled else { return }
                failures += 1
                if failures == 1 { complain(error, subject, url) }
                if let last = validity, last.until <= now || error as? OCSPFailure == .revoked {
                    install(nil, for: subject)
                    validity = nil
                }
            }
            try? await time.sleep(Double(Self.pause(validity, failures, now: now)))
        }
    }

    /// Seconds until the next question: half of what an answer holds, or a pause that grows with each failure.
    static func pause(_ validity: OCSPValidity?, _ failures: Int, now: Int64) -> Int64 {
        if failures > 0 {
            let grown = min(pauseSeconds.lowerBound << Int64(min(failures - 1, 10)), pauseSeconds.upperBound)
            // A staple that runs out is taken away in time.
            return validity.map { max(1, min(grown, $0.until - now)) } ?? grown
        }
        guard let validity else { return pauseSeconds.lowerBound }
        return max(pauseSeconds.lowerBound, validity.from + (validity.until - validity.from) / 2 - now)
    }

    private func install(_ stapled: TLSCredential?, for subject: StapleSubject) {
        let isCaredFor = entries.withLock { entries in
            let id = ObjectIdentifier(subject.credential)
            guard !Task.isCancelled, entries[id] != nil else { return false }
            entries[id]?.stapled = stapled
            return true
        }
        if isCaredFor { changed.withLock { $0 }() }
    }

    private func complain(_ error: any Error, _ subject: StapleSubject, _ url: String) {
        let name = subject.chain.first.flatMap { CertificateNames.of($0).first } ?? "a certificate"
        let isGrave = error as? OCSPFailure == .revoked
        reporter.report(isGrave ? .error : .warning, "no OCSP staple for \(name) from \(url): \(error)")
    }
}
