import FoundationEssentials
import Logging

/// DNS-01 (RFC 8555 §8.4): a record with the hash of the key authorisation, shown by all of the zone's servers before the
/// authority is asked to look.
struct DNSChallengeSolver: ChallengeSolver {
    private let provider: any DNSProvider
    private let waitSeconds: Double
    /// Whether every server shows the record; nil when nobody can be asked.
    private let isShown: @Sendable (_ name: String, _ value: String) async -> Bool?
    private let time: TimeSource
    private let log: Logger

    private static let lookSeconds = 1.0

    init(_ settings: DNSSettings, time: TimeSource, log: Logger) {
        let provider: any DNSProvider
        let servers: ZoneServers
        switch settings.provider {
        case .hook(let command):
            provider = DNSHook(command: command, log: log)
            servers = ZoneServers()
        case .update(let update):
            provider = DynamicUpdateProvider(update, time: time)
            servers = ZoneServers(fixed: [update.server])
        }
        self.init(provider, waitSeconds: Double(settings.waitSeconds), time: time, log: log) { name, value in
            await servers.show(name, value)
        }
    }

    init(
        _ provider: any DNSProvider, waitSeconds: Double, time: TimeSource, log: Logger,
        isShown: @escaping @Sendable (_ name: String, _ value: String) async -> Bool?
    ) {
        self.provider = provider
        self.waitSeconds = waitSeconds
        self.isShown = isShown
        self.time = time
        self.log = log
    }

    func present(_ task: ChallengeTask) async throws {
        let (name, value) = record(task)
        do {
            try await provider.present(name: name, value: value)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw ACMEFailure(.rejected(.dns01), "\(name): the record was not written: \(error)")
        }
        try await wait(name, value)
    }

    func withdraw(_ task: ChallengeTask) async {
        let (name, value) = record(task)
        do {
            try await provider.remove(name: name, value: value)
        } catch {
            log.warning("\(name): the record was not removed: \(error)")
        }
    }

    private func record(_ task: ChallengeTask) -> (name: String, value: String) {
        ("_acme-challenge.\(task.identifier)", Base64URL.encode(task.digest))
    }

    private func wait(_ name: String, _ value: String) async throws {
        let end = time.now().addingTimeInterval(waitSeconds)
        var wasAnswered = false
        while true {
            let shown = await isShown(name, value)
            if shown == true { return }
            wasAnswered = wasAnswered || shown == false
            guard time.now().addingTimeInterval(Self.lookSeconds) < end else { break }
            try await time.sleep(Self.lookSeconds)
        }
        // Where the zone's servers cannot be asked from here, the wait itself has to do.
        guard wasAnswered else {
            return log.notice("\(name): its name servers cannot be asked; the authority may look now")
        }
        throw ACMEFailure(
            .rejected(.dns01), "\(name): the zone's name servers do not show the record within \(Int(waitSeconds)) s")
    }
}
