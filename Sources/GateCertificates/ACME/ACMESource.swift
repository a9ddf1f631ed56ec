// Several authorities with the ways to satisfy them: the next one is asked when one fails.

import FoundationEssentials
import Logging
import Synchronization

/// Certificates from authorities that speak ACME.
struct ACMESource: CertificateSource {
    private let clients: [ACMEClient]
    private var transports: [HTTPTransport] = []
    private let solvers: SolverSet
    private let keyKind: CertificateKeyKind
    private let time: TimeSource
    private let log: Logger
    private let passedOver = PassedOver()

    /// - Throws: when certificates by which authorities are believed cannot be read.
    init(
        _ settings: ACMESettings, storage: any CertificateStorage, solvers: SolverSet, time: TimeSource, log: Logger
    ) throws {
        let transports = try settings.authorities.map { try HTTPTransport(trustedPEM: $0.trustedPEM) }
        self.init(settings, storage: storage, solvers: solvers, transports: transports, time: time, log: log)
        self.transports = transports
    }

    /// With other ways to the authorities, one for each.
    init(
        _ settings: ACMESettings, storage: any CertificateStorage, solvers: SolverSet,
        transports: [any ACMETransport], time: TimeSource, log: Logger
    ) {
        clients = zip(settings.authorities, transports).map { authority, transport in
            ACMEClient(
                authority: authority, email: settings.email, storage: storage, transport: transport, time: time,
                log: log)
        }
        self.solvers = solvers
        keyKind = settings.keyKind
        self.time = time
        self.log = log
    }

    func close() async {
        for transport in transports { await transport.close() }
    }

    func issue(_ request: IssuanceRequest) async throws -> IssuedCertificate {
        var blocked = request.blockedUntil.filter { $0.value > time.now() }
        var words: [String] = []
        for client in clients {
            let directory = client.authority.directory
            if blocked[directory] != nil {
                words.append("\(directory) wants to be asked later")
                continue
            }
            do {
                let certificate = try await issue(request, by: client)
                passedOver.remove(directory)
                return IssuedCertificate(certificate: certificate, authority: directory)
            } catch let failure as ACMEFailure {
                if let until = failure.blockedUntil(now: time.now()) { blocked[directory] = until }
                words.append(clients.count > 1 ? "\(directory): \(failure)" : "\(failure)")
            } catch let failure as StorageFailure {
                words.append("\(failure)")
            }
            if directory != clients.last?.authority.directory { pass(over: directory, words.last ?? "") }
        }
        let ends = clients.compactMap { blocked[$0.authority.directory] }
        throw IssuanceFailure(
            description: words.joined(separator: "; "), blockedUntil: blocked,
            retryAfter: ends.count == clients.count ? ends.min() : nil)
    }

    /// Without a word nobody would notice as long as the next authority works.
    private func pass(over directory: String, _ words: String) {
        guard passedOver.insert(directory) else { return }
        log.warning("\(words); the next authority is asked, and the log is silent about this one until it works again")
    }

    /// The first time every way is tried until one is accepted. Later attempts take turns: each failed validation counts
    /// against limits.
    private func issue(_ request: IssuanceRequest, by client: ACMEClient) async throws -> ManagedCertificate {
        var solvers = solvers.rotated(by: request.failures)
        while true {
            do {
                return try await issuance(request, client, solvers).run()
            } catch let failure as ACMEFailure {
                guard case .rejected(let kind) = failure.kind else { throw failure }
                // An order whose authorisation failed is over.
                try await request.place.removePendingOrder()
                solvers = solvers.without([kind])
                guard request.failures == 0, !solvers.kinds.isEmpty else { throw failure }
                log.notice("\(request.wanted.names[0]): \(failure); trying another way")
            }
        }
    }

    private func issuance(_ request: IssuanceRequest, _ client: ACMEClient, _ solvers: SolverSet) -> Issuance {
        let replaces = request.formerChainPEM.flatMap { try? CertificateFacts(chainPEM: $0).renewalIdentifier() }
        return Issuance(
            client: client, solvers: solvers, wanted: request.wanted, keyKind: keyKind, place: request.place,
            replaces: replaces)
    }

    func renewalInfo(of chainPEM: String, authority: String?) async throws -> RenewalInfo? {
        guard let client = clients.first(where: { $0.authority.directory == authority }),
            let identifier = try CertificateFacts(chainPEM: chainPEM).renewalIdentifier()
        else { return nil }
        return try await client.renewalInfo(identifier)
    }
}

/// Directories of authorities that failed and were passed over.
private final class PassedOver: Sendable {
    private let directories = Mutex<Set<String>>([])

    /// False for one that is there already.
    func insert(_ directory: String) -> Bool { directories.withLock { $0.insert(directory).inserted } }

    func remove(_ directory: String) { _ = directories.withLock { $0.remove(directory) } }
}
