internal import FoundationEssentials
internal import GateCertificates
internal import GateProxy
internal import Synchronization

/// Certificates of the internal authority: made when they are needed, made anew when two thirds of their week are over, and
/// kept in memory only.
final class InternalCertificates: Sendable {
    private struct State {
        var authority: InternalAuthority?
        var made: [WantedCertificate: ManagedCertificate] = [:]
        /// What went wrong last, so that it is said once.
        var problem: String?
    }

    private let state = Mutex(State())
    private let folder: String?
    private let reporter: any Reporter

    init(folder: String?, reporter: any Reporter) {
        self.folder = folder
        self.reporter = reporter
    }

    /// A certificate for each; those that fail are missing, and the log says why. Blocks for milliseconds.
    func certificates(_ wanted: [WantedCertificate], now: Int64) -> [ManagedCertificate] {
        let now = Date(timeIntervalSince1970: Double(now))
        let missing = state.withLock { state in
            state.made = state.made.filter { wanted.contains($0.key) }
            return wanted.filter { (state.made[$0].map(InternalAuthority.renewal) ?? now) <= now }
        }
        if !missing.isEmpty { make(missing, now) }
        return state.withLock { state in wanted.compactMap { state.made[$0] } }
    }

    private func make(_ missing: [WantedCertificate], _ now: Date) {
        do {
            let authority = try currentAuthority()
            let made = try TaskThread.shared.wait { () async -> Result<[ManagedCertificate], any Error> in
                do {
                    var made: [ManagedCertificate] = []
                    for wanted in missing { made.append(try await authority.issue(wanted, now: now)) }
                    return .success(made)
                } catch {
                    return .failure(error)
                }
            }.get()
            state.withLock { state in
                for (wanted, certificate) in zip(missing, made) { state.made[wanted] = certificate }
                state.problem = nil
            }
        } catch {
            complain("\(error)", missing)
        }
    }

    private func currentAuthority() throws -> InternalAuthority {
        if let known = state.withLock({ $0.authority }) { return known }
        guard let folder else { throw StorageFailure("there is no folder for state; set `state`") }
        let made = InternalAuthority(storage: try FileStorage(folder: folder))
        state.withLock { $0.authority = made }
        return made
    }

    private func complain(_ problem: String, _ missing: [WantedCertificate]) {
        let isNew = state.withLock { state in
            defer { state.problem = problem }
            return state.problem != problem
        }
        guard isNew else { return }
        let names = missing.flatMap(\.names).prefix(5).joined(separator: ", ")
        reporter.report(.error, "the internal authority cannot make certificates for \(names): \(problem)")
    }
}
