// Certificates from public authorities in a running proxy: the manager's wishes come from the configuration, and what it
// gets and shows goes to an outlet.

public import GateCertificates
public import GateProxy
public import Logging
internal import Synchronization

/// Gets certificates for a proxy. Safe to use from any thread. Its calls wait, so never on a worker.
public final class AutomaticCertificates: Sendable {
    private struct State {
        var manager: CertificateManager?
        var listener: Task<Void, Never>?
        var isStopped = false
    }

    private let state = Mutex(State())
    private let outlet: AutomaticOutlet
    private let challenges: ShownChallenges
    private let stateFolder: String?
    private let log: Logger

    /// A program that writes records is ended two seconds after it was told, and gets as long to remove what it wrote.
    private static let stopSecondsMax = 5.0

    /// - Parameters:
    ///   - stateFolder: where accounts and certificates live; nil: there is no such place, and none can be got.
    public init(outlet: AutomaticOutlet, stateFolder: String?, log: Logger) {
        self.outlet = outlet
        self.stateFolder = stateFolder
        self.log = log
        challenges = ShownChallenges(outlet)
    }

    /// Hands out what is stored for these wishes, so that listeners have it from their first moment. Nothing is ordered yet.
    /// - Throws: `StorageFailure`.
    public func load(_ settings: ACMESettings, wanted: [WantedCertificate]) throws {
        guard let manager = try manager(settings, wanted) else { return }
        outlet.setCertificates(try waitFor { try await manager.stored(for: wanted) })
    }

    /// Wants these certificates and no others. What is missing is ordered from now on, behind the caller's back.
    /// - Throws: `StorageFailure`, or what is wrong with the settings.
    public func adopt(_ settings: ACMESettings, wanted: [WantedCertificate]) throws {
        guard let manager = try manager(settings, wanted) else { return }
        try waitFor { try await manager.adopt(settings, wanted: wanted) }
    }

    /// Ends all orders; the next process goes on with them.
    public func stop() {
        let (manager, listener) = state.withLock { state in
            state.isStopped = true
            return (state.manager, state.listener)
        }
        guard let manager else { return }
        waitFor(secondsMax: Self.stopSecondsMax) {
            await manager.stop()
            await listener?.value
        }
    }

    /// Made when something is wanted for the first time: without wishes there need be no state folder.
    private func manager(_ settings: ACMESettings, _ wanted: [WantedCertificate]) throws -> CertificateManager? {
        if let manager = state.withLock({ $0.manager }) { return manager }
        guard !wanted.isEmpty || settings.onDemand != nil else { return nil }
        guard let stateFolder else {
            throw StorageFailure(
                "there is no folder for certificates; set `state`, such as `state: /var/lib/gatehouse`")
        }
        let storage = try FileStorage(folder: stateFolder)
        let manager = CertificateManager(storage: storage, responder: challenges, log: log)
        let listener = CertificateTasks.start { [outlet] in
            for await now in manager.changes { outlet.setCertificates(now) }
        }
        state.withLock { ($0.manager, $0.listener) = (manager, listener) }
        return manager
    }
}

extension AutomaticCertificates: CertificateRequester {
    public func certificateWanted(for name: String) {
        guard let manager = state.withLock({ $0.isStopped ? nil : $0.manager }) else { return outlet.refuse(name) }
        CertificateTasks.start { [outlet] in
            guard await manager.request(name) else { return outlet.refuse(name) }
            // It may have been there before the handshake began to wait.
            outlet.setCertificates(await manager.certificates)
        }
    }
}
