// Certificates of a proxy, from files and from authorities, in step with its plans.

import GateCertificates
import GateConfig
import GateControl
import GateProxy
import Logging

/// What supplies a proxy's workers with certificates.
struct CertificateSupply: Sendable {
    private let service: CertificateService
    private let automatic: AutomaticCertificates
    private let workers: WorkerGroup
    private let log: Logger

    /// - Parameter serverFilesChanged: see `CertificateOutlet`.
    init(
        _ workers: WorkerGroup, stateFolder: String?, _ log: Logger, _ reporter: any Reporter,
        serverFilesChanged: @escaping @Sendable () -> Bool
    ) {
        let service = CertificateService(
            outlet: CertificateOutlet(
                setNames: { workers.setCertificates($0) }, setTicketKeys: { workers.setTicketKeys($0) },
                serverFilesChanged: serverFilesChanged),
            stateFolder: stateFolder, reporter: reporter)
        let outlet = AutomaticOutlet(
            setCertificates: { service.setManaged($0) }, setChallenges: { service.setChallenges($0) },
            setTokens: { workers.setChallenges($0) }, refuse: { workers.refuseCertificate(for: $0) })
        automatic = AutomaticCertificates(outlet: outlet, stateFolder: stateFolder, log: log)
        self.service = service
        self.workers = workers
        self.log = log
    }

    /// The files of a configuration, read; nothing changes yet.
    /// - Throws: `ConfigurationErrors` when one of them cannot be used.
    func prepare(_ configuration: Configuration) throws -> CertificateOffer {
        let offer = service.prepare(configuration)
        let errors = offer.diagnostics.filter { $0.severity == .error }
        guard errors.isEmpty else { throw ConfigurationErrors(errors) }
        for warning in offer.diagnostics { log.warning("\(warning)") }
        return offer
    }

    /// Gives the workers what is there, before the plan whose listeners need it.
    /// - Throws: `StorageFailure` when the state folder cannot be used; nothing has changed then.
    func putBefore(_ offer: CertificateOffer) throws {
        try automatic.load(offer.configuration.acme, wanted: offer.wantedPublicly)
        service.adopt(offer)
        workers.setCertificateRequester(offer.configuration.acme.onDemand == nil ? nil : automatic)
    }

    /// The plan did not come about: everything is for the former configuration again.
    func takeBack(_ former: Configuration) {
        service.adopt(service.prepare(former))
        workers.setCertificateRequester(former.acme.onDemand == nil ? nil : automatic)
    }

    /// The plan is in service, so challenges can be answered: what is missing is ordered from now on.
    func begin(_ offer: CertificateOffer) {
        do {
            try automatic.adopt(offer.configuration.acme, wanted: offer.wantedPublicly)
        } catch {
            log.error("no certificates are got: \(error)")
        }
    }

    /// Ends what is under way.
    func stop() {
        automatic.stop()
        service.stop()
    }
}
