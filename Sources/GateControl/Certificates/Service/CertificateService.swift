// What certificates are there now, in one place: those of files, those that were got or made, and who asks for what. It
// watches the files and hands tables to the workers, which know nothing of where a certificate comes from.

public import GateCertificates
internal import GateConfig
internal import GateEngine
public import GateProxy
internal import GateTLS
internal import Synchronization

/// Keeps the workers supplied with certificates and ticket keys. Safe to use from any thread.
///
/// Calls return when the workers have what they lead to.
public final class CertificateService: Sendable {
    private struct State {
        var configuration = Configuration()
        var wanted: CertificateShelf.Wanted
        var shelf = CertificateShelf()
        /// From a public authority.
        var managed: [ManagedCertificate] = []
        /// From the internal one.
        var made: [ManagedCertificate] = []
        var needsInternally: [WantedCertificate] = []
        var challenges: [ChallengeCertificate] = []
        var credentials = CredentialCache()
        var rings: [Configuration.SessionTickets: TicketRing] = [:]
        /// About the TLS of servers, by path, as they were when somebody read them last.
        var serverFiles: [String: FileStamp?] = [:]
        /// Somebody has yet to hear that they have changed.
        var areServerFilesPending = false
        var thread: GateThread?
        var isThreadOver = false
        /// Counts configurations.
        var adoptions = 0
        var isOpen = true

        init() { wanted = CertificateShelf.Wanted(configuration) }
    }

    private let state = Mutex(State())
    /// Tables reach the workers in the order in which they were made.
    private let publishing = Mutex(())
    private let outlet: CertificateOutlet
    private let reporter: any Reporter
    private let internals: InternalCertificates
    private let watch: FolderWatch?
    private let stapler: Stapler
    private let clock: @Sendable () -> Int64
    private let threadEnded = ThreadSignal()

    private var now: Int64 { clock() }

    /// How often files are looked at where the kernel tells of no change: on network file systems, say.
    private static let lookMs = 30_000
    /// Files are read when nothing has changed for so long, so that a pair that is being written is whole.
    private static let quietMs = 250
    /// Somebody who never stops writing is not waited for any longer than this.
    private static let quietRoundsMax = 20
    /// A stop waits no longer for the thread.
    private static let stopMsMax = 2000

    /// - Parameters:
    ///   - stateFolder: where the internal authority keeps its keys; nil: there is no such place, and it cannot be used.
    public convenience init(outlet: CertificateOutlet, stateFolder: String?, reporter: any Reporter) {
        self.init(outlet: outlet, stateFolder: stateFolder, reporter: reporter, clock: { CertificateTime.now })
    }

    /// As the other one, with another clock: seconds since 1970. Files are watched by the system's.
    package init(
        outlet: CertificateOutlet, stateFolder: String?, reporter: any Reporter, clock: @escaping @Sendable () -> Int64
    ) {
        self.outlet = outlet
        self.reporter = reporter
        self.clock = clock
        internals = InternalCertificates(folder: stateFolder, reporter: reporter)
        stapler = Stapler(reporter: reporter)
        watch = try? FolderWatch()
        stapler.onChange { [weak self] in self?.publish() }
    }

    // MARK: Configuration

    /// Reads the files of a configuration; nothing changes yet.
    public func prepare(_ configuration: Configuration) -> CertificateOffer {
        CertificateOffer(configuration, keeping: state.withLock { $0.shelf })
    }

    /// Takes an offer into service. Call it before the plan with its listeners, so that these have certificates at once.
    public func adopt(_ offer: CertificateOffer) {
        let now = self.now
        let made = internals.certificates(offer.needs.internally, now: now)
        state.withLock { state in
            state.adoptions += 1
            state.configuration = offer.configuration
            state.wanted = offer.wanted
            state.shelf = offer.shelf
            state.needsInternally = offer.needs.internally
            state.made = made
            state.serverFiles = offer.serverFiles
            Self.fillRings(&state, now)
        }
        publish()
        publishTicketKeys()
        let hasServerFiles = !offer.serverFiles.isEmpty
        if hasServerFiles || offer.configuration.listeners.contains(where: { $0.tls != nil }) { startThread() }
        watch?.wake()
    }

    /// Takes certificates from a public authority into service, in the place of all that it gave before.
    public func setManaged(_ certificates: [ManagedCertificate]) {
        state.withLock { $0.managed = certificates }
        publish()
    }

    /// Shows these certificates to authorities that ask by `acme-tls/1` (RFC 8737), and no others.
    public func setChallenges(_ challenges: [ChallengeCertificate]) {
        state.withLock { $0.challenges = challenges }
        publish()
    }

    /// Ends its thread and its requests. A thread that waits for a file of another machine is left to itself.
    public func stop() {
        let ticket = threadEnded.ticket()
        let (thread, isOver) = state.withLock { state in
            state.isOpen = false
            return (state.thread, state.isThreadOver)
        }
        watch?.wake()
        if let thread, isOver || threadEnded.wait(after: ticket, ms: Self.stopMsMax) { thread.join() }
        stapler.stop()
    }

    // MARK: Tables

    private func publish() {
        publishing.withLock { _ in
            let (tables, served) = state.withLock { makeTables(&$0) }
            stapler.keep(served)
            outlet.setNames(tables)
        }
    }

    private func makeTables(_ state: inout State) -> (tables: [String: ServerNames], served: [StapleSubject]) {
        var broken: [String] = []
        let managed = (state.managed + state.made).compactMap { certificate in
            let served = state.credentials.served(certificate)
            if served == nil { broken.append(certificate.names.first ?? "") }
            return served
        }
        for name in broken { reporter.report(.error, "the certificate for \(name) cannot be used") }
        let challenges = state.challenges.reduce(into: [String: TLSCredential]()) { table, challenge in
            table[challenge.serverName.lowercased()] = state.credentials.credential(challenge)
        }
        state.credentials.trim(state.managed + state.made, state.challenges)
        let subjects =
            state.shelf.certificates.values.filter { $0.credential.staple == nil }
            .map { StapleSubject(credential: $0.credential, chain: $0.chain) }
            + managed.map { StapleSubject($0.credential) }
        var tables = NameTables(
            state.configuration, state.shelf, managed: managed, challenges: challenges,
            staples: stapler.credentials(for: subjects))
        return (tables.build(), subjects)
    }

    // MARK: Ticket keys

    private static func fillRings(_ state: inout State, _ now: Int64) {
        let settings = Set(state.configuration.listeners.compactMap { $0.tls?.tickets })
        state.rings = state.rings.filter { settings.contains($0.key) }
        for setting in settings {
            switch setting {
            case .off: break
            case .rotating(let everyMs):
                if state.rings[setting] == nil { state.rings[setting] = TicketRing(everyMs: everyMs, now: now) }
            case .files(let files):
                let keys = files.compactMap { state.shelf.ticketKeys[$0] }
                if !keys.isEmpty { state.rings[setting] = TicketRing(keys) }
            }
        }
    }

    private func publishTicketKeys() {
        publishing.withLock { _ in
            outlet.setTicketKeys(
                state.withLock { state in
                    state.configuration.listeners.reduce(into: [:]) { keys, listener in
                        guard let tls = listener.tls, let ring = state.rings[tls.tickets] else { return }
                        keys[ListenerPlan(name: listener.label, address: listener.address).key] = ring.keys
                    }
                })
        }
    }

    // MARK: Watch

    private func startThread() {
        state.withLock { state in
            guard state.isOpen, state.thread == nil else { return }
            state.thread = try? GateThread.start(name: "gate-certs") { [self] in
                serve()
                self.state.withLock { $0.isThreadOver = true }
                threadEnded.notify()
            }
            if state.thread == nil {
                reporter.report(.error, "certificates are not watched: the system gives no thread")
            }
        }
    }

    private func serve() {
        var day = now / 86_400
        while state.withLock({ $0.isOpen }) {
            watchFolders()
            look()
            lookAtServerFiles()
            turnTicketKeys()
            let today = now / 86_400
            if today != day { warnOfTimes() }
            day = today
            wait(ms: waitMs)
        }
    }

    private var waitMs: Int {
        let now = self.now
        let (due, isPending) = state.withLock {
            ($0.rings.values.compactMap(\.dueSeconds).min(), $0.areServerFilesPending)
        }
        let lookMs = isPending ? Self.quietMs : Self.lookMs
        return min(lookMs, due.map { Int(max(0, $0 - now)) * 1000 } ?? lookMs)
    }

    /// Waits for the next change and then for quiet.
    private func wait(ms: Int) {
        guard let watch else { return ThreadPause.sleep(ms: min(ms, 1000)) }
        var rounds = 0
        var isChanged = watch.wait(ms: ms)
        while isChanged, rounds < Self.quietRoundsMax, state.withLock({ $0.isOpen }) {
            isChanged = watch.wait(ms: Self.quietMs)
            rounds += 1
        }
    }

    private func watchFolders() {
        let paths = state.withLock { $0.wanted.paths.union($0.serverFiles.keys) }
        watch?.watch(paths.reduce(into: Set<String>()) { $0.formUnion(LinkedFolders.of($1)) })
    }

    /// Reads the files that have changed, and makes certificates that are due.
    private func look() {
        let isRenewed = renew()
        guard let findings = readChanges() else {
            if isRenewed { publish() }
            return
        }
        for finding in findings { report(finding) }
        publish()
        publishTicketKeys()
        if !findings.contains(where: { $0.gravity == .error }) {
            reporter.report(.notice, "certificates: files have changed and are in use")
        }
    }

    /// Tells of files about servers' TLS that have changed. They count as read when whoever is told has no more pressing work;
    /// until then they are told of again and again.
    private func lookAtServerFiles() {
        let known = state.withLock { $0.serverFiles }
        let fresh = Self.stamps(known.keys)
        let isPending = fresh != known && !outlet.serverFilesChanged()
        state.withLock { state in
            state.areServerFilesPending = isPending
            // Another configuration may have come meanwhile.
            if !isPending && state.serverFiles == known { state.serverFiles = fresh }
        }
    }

    static func stamps(_ paths: some Sequence<String>) -> [String: FileStamp?] {
        paths.reduce(into: [:]) { $0[$1] = .some(FileStamp(path: $1)) }
    }

    /// True if the internal authority had to make something anew.
    private func renew() -> Bool {
        let needs = state.withLock { $0.needsInternally }
        let made = internals.certificates(needs, now: now)
        return state.withLock { state in
            guard needs == state.needsInternally, made != state.made else { return false }
            state.made = made
            return true
        }
    }

    /// Nil when no file has changed. The files are read outside of the lock: they may be on a machine that does not answer.
    private func readChanges() -> [CertificateFinding]? {
        let now = self.now
        let (adoptions, wanted, shelf) = state.withLock { ($0.adoptions, $0.wanted, $0.shelf) }
        guard shelf.isOutdated(wanted) else { return nil }
        var filled = shelf
        let findings = filled.fill(wanted, now: now)
        return state.withLock { state in
            // Another configuration has come meanwhile, with what it has read itself.
            guard state.adoptions == adoptions else { return nil }
            state.shelf = filled
            Self.fillRings(&state, now)
            return findings
        }
    }

    private func report(_ finding: CertificateFinding) {
        let isError = finding.gravity == .error
        reporter.report(
            isError ? .error : .warning,
            "certificates: \(finding.message)" + (isError ? "; what was read from it before stays in use" : ""))
    }

    private func turnTicketKeys() {
        let now = self.now
        let isTurned = state.withLock { state in
            state.rings.keys.reduce(false) { isTurned, key in state.rings[key]!.turn(now: now) || isTurned }
        }
        if isTurned { publishTicketKeys() }
    }

    /// Once a day, what has expired or is about to.
    private func warnOfTimes() {
        let shelf = state.withLock { $0.shelf }
        for (files, loaded) in shelf.certificates {
            var examination = ChainExamination(files.chain, loaded.chain, now: now)
            examination.checkTimes()
            for finding in examination.findings { report(finding) }
        }
    }
}
