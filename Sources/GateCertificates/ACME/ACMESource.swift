// Several authorities with the ways to satisfy them: the next one is asked when one fails.

import FoundationEssentials
import Logging

/// Certificates from authorities that speak ACME.
struct ACMESource: CertificateSource {
    private let clients: [ACMEClient]
    private let transports: [HTTPTransport]
    private let solvers: SolverSet
    private let keyKind: CertificateKeyKind
    private let time: TimeSource
    private let log: Logger

    /// - Throws: when certificates by which authorities are believed cannot be read.
    init(
        _ settings: ACMESettings, storage: any CertificateStorage, solvers: SolverSet, time: TimeSource, log: Logger
    ) throws {
        transports = try settings.authorities.map { try HTTPTransport(trustedPEM: $0.trustedPEM) }
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
                return IssuedCertificate(certificate: try await issue(request, by: client), authority: directory)
            } catch let failure as ACMEFailure {
                if let until = failure.retryAfter, failure.isRateLimit { blocked[directory] = until }
                words.append(clients.count > 1 ? "\(directory): \(failure)" : "\(failure)")
            } catch let failure as StorageFailure {
                words.append("\(failure)")
            }
        }
        let ends = clients.compactMap { blocked[$0.authority.directory] }
        throw IssuanceFailure(
            description: words.joined(separator: "; "), blockedUntil: blocked,
            retryAfter: ends.count == clients.count ? ends.min() : nil)
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
