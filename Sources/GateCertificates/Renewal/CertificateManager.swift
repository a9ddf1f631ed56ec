// All certificates that come from authorities: who is wanted, who keeps each, and what there is now.

import FoundationEssentials
public import Logging

/// Gets certificates and keeps them in good order.
///
/// It begins with `adopt`, which answers what is stored already, and tells of every change by `changes`.
public actor CertificateManager {
    private struct Kept {
        let keeper: CertificateKeeper
        let task: Task<Void, Never>
    }

    private let storage: any CertificateStorage
    private let responder: any ChallengeResponder
    private let log: Logger
    private let time: TimeSource
    private let makeSource: @Sendable (ACMESettings) throws -> any CertificateSource
    private let limiter = AsyncLimiter(CertificateManager.ordersAtOnce)
    private let random: @Sendable (ClosedRange<Double>) -> Double

    private var settings: ACMESettings?
    private var source: (any CertificateSource)?
    private var kept: [String: Kept] = [:]
    private var current: [String: ManagedCertificate] = [:]
    /// Certificates of former sets of names, which serve until those that are wanted are there.
    private var interim: [ManagedCertificate] = []
    private var gate: OnDemandGate?
    private let (stream, continuation) = AsyncStream<[ManagedCertificate]>.makeStream(
        bufferingPolicy: .bufferingNewest(1))

    /// Orders that are under way at the same time.
    private static let ordersAtOnce = 8
    /// Certificates that nobody wants stay for so long after their end.
    private static let cleanUpSeconds = 30.0 * 86_400
    /// Certificates at most for names that clients asked for.
    private static let onDemandMax = 10_000

    /// - Parameters:
    ///   - storage: where accounts and certificates live.
    ///   - responder: who answers challenges.
    ///   - log: is told of new certificates, failures, and what to do about them.
    public init(storage: any CertificateStorage, responder: any ChallengeResponder, log: Logger) {
        self.init(storage: storage, log: log, responder: responder, time: .system) { settings in
            try ACMESource(
                settings, storage: storage, solvers: SolverSet(settings, responder: responder, time: .system, log: log),
                time: .system, log: log)
        }
    }

    /// With another clock and other authorities.
    init(
        storage: any CertificateStorage, log: Logger, responder: any ChallengeResponder, time: TimeSource,
        random: @escaping @Sendable (ClosedRange<Double>) -> Double = { Double.random(in: $0) },
        makeSource: @escaping @Sendable (ACMESettings) throws -> any CertificateSource
    ) {
        self.storage = storage
        self.responder = responder
        self.log = log
        self.time = time
        self.random = random
        self.makeSource = makeSource
    }

    /// Every change: all certificates that there are then. For one listener; it ends with `stop`.
    public nonisolated var changes: AsyncStream<[ManagedCertificate]> { stream }

    /// What there is now, those that expired included: they are the best that there is for their names.
    public var certificates: [ManagedCertificate] { Array(current.values) + interim }

    /// What is stored for these wishes, or serves until they are fulfilled. It changes nothing and asks nobody.
    /// - Throws: `StorageFailure`.
    public func stored(for wanted: [WantedCertificate]) async throws -> [ManagedCertificate] {
        var found: [String: ManagedCertificate] = [:]
        for wish in wanted {
            // Whoever keeps it tells what is wrong with it.
            found[wish.id] = try? await CertificatePlace(storage: storage, id: wish.id).certificate()
        }
        let missing = Set(wanted.filter { found[$0.id] == nil }.flatMap(\.names))
        return Array(found.values) + (try await former(for: missing, besides: Set(wanted.map(\.id))).map(\.certificate))
            + certificates
    }

    /// Wants these certificates and no others. What is stored is there when this returns; what is missing is ordered behind it.
    /// - Throws: what is wrong with the settings; all stays as it was then.
    public func adopt(_ settings: ACMESettings, wanted: [WantedCertificate]) async throws {
        var seen: Set<String> = []
        let wanted = wanted.filter { seen.insert($0.id).inserted }
        let isSame = settings == self.settings
        let source = isSame ? self.source : nil
        let next = try source ?? makeSource(settings)
        let around = surroundings(next, settings)
        var keepers: [CertificateKeeper] = []
        let known = seen
        for wish in wanted where !isSame || kept[wish.id] == nil {
            let keeper = keeper(wish, around)
            await keeper.load()
            keepers.append(keeper)
        }
        let ending = drop { !isSame || (!known.contains($0) && !$1) }
        if !isSame, let former = self.source {
            // What is under way ends by itself; a program that writes records may take its time.
            CertificateTasks.start {
                for task in ending { await task.value }
                await former.close()
            }
        }
        (self.settings, self.source) = (settings, next)
        for keeper in keepers { await start(keeper) }
        await findInterim(wanted, known)
        publish()
    }

    /// Ends all work. Orders under way are gone on with by the next process.
    public func stop() async {
        for task in drop(where: { _, _ in true }) { await task.value }
        await source?.close()
        source = nil
        continuation.finish()
    }

    // MARK: Keepers

    private func surroundings(_ source: any CertificateSource, _ settings: ACMESettings)
        -> CertificateKeeper.Surroundings
    {
        if settings.onDemand != self.settings?.onDemand || gate == nil {
            gate = settings.onDemand.map { OnDemandGate($0, time: time, log: log) }
        }
        return CertificateKeeper.Surroundings(
            source: source, storage: storage, limiter: limiter, time: time, log: log,
            permission: { [gate] name in await gate?.permission(for: name) ?? .denied }, random: random)
    }

    private func keeper(_ wanted: WantedCertificate, _ around: CertificateKeeper.Surroundings) -> CertificateKeeper {
        CertificateKeeper(wanted, around) { [weak self] certificate in
            await self?.changed(wanted, certificate)
        }
    }

    private func start(_ keeper: CertificateKeeper) async {
        let id = keeper.wanted.id
        if let certificate = await keeper.certificate { current[id] = certificate }
        let task = CertificateTasks.start { [weak self] in
            await keeper.run()
            if !Task.isCancelled { await self?.ended(id) }
        }
        kept[id] = Kept(keeper: keeper, task: task)
    }

    /// Tells keepers to end; answers their tasks.
    private func drop(where isDropped: (_ id: String, _ isOnDemand: Bool) -> Bool) -> [Task<Void, Never>] {
        let dropped = kept.filter { isDropped($0.key, $0.value.keeper.wanted.isOnDemand) }
        for (id, one) in dropped {
            one.task.cancel()
            kept[id] = nil
            current[id] = nil
        }
        return dropped.values.map(\.task)
    }

    /// A client's name that has no certificate and may have none.
    private func ended(_ id: String) {
        kept[id] = nil
        current[id] = nil
        publish()
    }

    private func changed(_ wanted: WantedCertificate, _ certificate: ManagedCertificate) {
        guard kept[wanted.id] != nil else { return }
        current[wanted.id] = certificate
        interim.removeAll { former in former.names.allSatisfy { isCovered($0) } }
        publish()
    }

    private func isCovered(_ name: String) -> Bool { current.values.contains { $0.names.contains(name) } }

    private func publish() { continuation.yield(certificates) }

    // MARK: What else is stored

    /// A set of names that changed has no certificate yet; former ones serve meanwhile. Old ones that nobody wants go.
    private func findInterim(_ wanted: [WantedCertificate], _ known: Set<String>) async {
        let missing = Set(wanted.filter { current[$0.id] == nil }.flatMap(\.names))
        let besides = known.union(kept.keys)
        do {
            interim = try await former(for: missing, besides: besides).map(\.certificate)
            for (place, certificate) in try await others(besides: besides)
            where certificate.notAfter.addingTimeInterval(Self.cleanUpSeconds) < time.now() {
                try await place.removeAll()
            }
        } catch {
            log.warning("certificates that were wanted before cannot be looked at: \(error)")
        }
    }

    private typealias Stored = (place: CertificatePlace, certificate: ManagedCertificate)

    /// Valid certificates for some of these names.
    private func former(for missing: Set<String>, besides known: Set<String>) async throws -> [Stored] {
        guard !missing.isEmpty else { return [] }
        return try await others(besides: known).filter { stored in
            stored.certificate.notAfter > time.now() && !missing.isDisjoint(with: stored.certificate.names)
        }
    }

    private func others(besides known: Set<String>) async throws -> [Stored] {
        var all: [Stored] = []
        for place in try await CertificatePlace.all(in: storage) where !known.contains(place.id) {
            if let certificate = try? await place.certificate() { all.append((place, certificate)) }
        }
        return all
    }

    // MARK: On demand

    /// A client asks for a name that no certificate is for: gets one, if `on_demand` is set and its guard allows.
    ///
    /// It takes as long as the authority does. Names that were refused or that failed a moment ago are answered at once.
    /// - Returns: whether there is a certificate now.
    public func request(_ name: String) async -> Bool {
        guard let settings, let source, let gate, let name = OnDemandGate.hostName(name) else { return false }
        let wanted = WantedCertificate(names: [name], isOnDemand: true)
        if let known = kept[wanted.id] { return await known.keeper.outcome() }
        guard kept.count < Self.onDemandMax else {
            log.warning("\(name): there are \(Self.onDemandMax) certificates on demand already")
            return false
        }
        let keeper = keeper(wanted, surroundings(source, settings))
        await keeper.load()
        if await !keeper.isServing {
            guard await gate.mayOrder(name) else { return false }
        }
        // Others may have come first while this one waited.
        if kept[wanted.id] == nil {
            await start(keeper)
            publish()
        }
        return await kept[wanted.id]?.keeper.outcome() ?? false
    }
}
