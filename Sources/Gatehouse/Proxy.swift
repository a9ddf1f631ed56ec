// Gatehouse as a library: a configuration in, a running proxy out. The command line is a thin layer over this.

public import GateConfig
public import GateControl
public import GateCore
import GateEngine
public import GateProxy
public import Logging
import Synchronization

/// A reverse proxy that runs inside this process.
///
/// Safe to use from any thread. `start`, `reload` and `stop` block until the workers have done what was asked.
public final class Proxy: Sendable {
    private struct State {
        var configuration: Configuration
        var workers: WorkerGroup?
        var health: HealthMonitor?
        var certificates: CertificateSupply?
        var plan: Plan?
        var isStopped = false
    }

    private let state: Mutex<State>
    private let control = Mutex(())
    private let builder: PlanBuilder
    private let names: NameService
    private let outputs: LogOutputs
    private let environment: [String: String]
    /// The error log.
    public let log: Logger
    private let reporter: LogReporter

    /// - Parameters:
    ///   - configuration: what to do.
    ///   - logger: takes the error log; by default one is made as the configuration says.
    ///   - filters: the program's own filters, for every route, in the order of their phases.
    ///   - environment: leads to the state folder, where the configuration names none.
    public init(
        configuration: Configuration, logger: Logger? = nil, filters: [any FilterFactory] = [],
        environment: [String: String] = ProcessEnvironment.all
    ) throws {
        outputs = LogOutputs()
        self.environment = environment
        let made = try logger ?? Proxy.makeLogger(configuration.log.error, outputs)
        log = made
        reporter = LogReporter(made)
        names = NameService(reporter: reporter)
        builder = PlanBuilder(filters: filters) { [names] in names.answer($0) }
        state = Mutex(State(configuration: configuration))
        names.onChange { [weak self] in self?.namesChanged() }
    }

    /// Reads the configuration from YAML. `name` stands for the file in messages.
    /// - Throws: `ConfigurationErrors`.
    public convenience init(
        text: String, name: String = "gatehouse.yaml", environment: [String: String] = [:], logger: Logger? = nil,
        filters: [any FilterFactory] = []
    ) throws {
        let configuration = try Proxy.read(text, name, environment)
        try self.init(
            configuration: configuration, logger: logger, filters: filters, environment: environment)
    }

    private static func read(_ text: String, _ name: String, _ environment: [String: String]) throws -> Configuration {
        let outcome = ConfigurationLoader.load(text: text, name: name, environment: environment)
        guard let configuration = outcome.configuration else { throw ConfigurationErrors(outcome.diagnostics) }
        return configuration
    }

    private static func makeLogger(_ log: Configuration.ErrorLog, _ outputs: LogOutputs) throws -> Logger {
        let sink = try outputs.sink(log.output, reporter: SilentReporter())
        let format: ErrorLogHandler.Format = log.format == .json ? .json : .text
        let level = Logger.Level(rawValue: log.level.rawValue) ?? .info
        return Logger(label: "gatehouse") { ErrorLogHandler(label: $0, level: level, format: format, sink: sink) }
    }

    /// Binds, starts the workers and returns when clients can connect.
    /// - Throws: `SystemError` when an address or a log cannot be opened, `ConfigurationErrors` when a certificate cannot be
    ///   used; nothing runs then.
    public func start() throws {
        try control.withLock { _ in
            let configuration = state.withLock { $0.configuration }
            DescriptorLimit.raise()
            let workers = WorkerGroup(count: configuration.workers ?? Processors.count, reporter: reporter)
            try workers.start()
            let health = HealthMonitor(workers, reporter: reporter)
            let certificates = CertificateSupply(
                workers, stateFolder: StateFolder.path(configuration, environment: environment), log, reporter
            ) { [weak self] in self?.serverFilesChanged() ?? true }
            do {
                try adopt(configuration, workers, health, certificates)
            } catch {
                workers.stopNow()
                workers.join()
                certificates.stop()
                throw error
            }
            state.withLock {
                $0.workers = workers
                $0.health = health
                $0.certificates = certificates
            }
            for listener in configuration.listeners {
                if let address = address(of: listener, workers) { log.info("listening on \(address)") }
            }
        }
    }

    private func adopt(
        _ configuration: Configuration, _ workers: WorkerGroup, _ health: HealthMonitor,
        _ certificates: CertificateSupply
    ) throws {
        let offer = try certificates.prepare(configuration)
        // Until the new plan is in service the names of the old one count, too.
        let wanted = PlanBuilder.names(in: configuration)
        let former = PlanBuilder.names(in: state.withLock { $0.configuration })
        names.keep(wanted.union(former), PlanBuilder.resolver(configuration.resolver), waitMs: Self.namesWaitMs)
        let plan = try plan(configuration)
        try certificates.putBefore(offer)
        do {
            try workers.adopt(plan)
        } catch {
            certificates.takeBack(state.withLock { $0.configuration })
            throw error
        }
        certificates.begin(offer)
        names.keep(wanted, PlanBuilder.resolver(configuration.resolver), waitMs: 0)
        health.adopt(plan)
        state.withLock { $0.plan = plan }
    }

    /// How long a start or a reload waits for names. What is not known by then follows.
    private static let namesWaitMs = 3000

    /// A name stands for other addresses than before: its upstreams alone are touched.
    private func namesChanged() {
        control.withLock { _ in _ = followUpstreams() }
    }

    /// Files about the TLS of servers have changed: their upstreams alone are touched.
    /// - Returns: false when something else is going on. Whoever holds `control` may wait for the caller's end.
    private func serverFilesChanged() -> Bool {
        let isDone: Void? = control.withLockIfAvailable { _ in
            var configuration = state.withLock { $0.configuration }
            configuration.rereadServerFiles { log.error("\($0)") }
            state.withLock { $0.configuration = configuration }
            if followUpstreams() { log.notice("files about the TLS of servers have changed and are in use") }
        }
        return isDone != nil
    }

    /// Brings what the upstreams have become to the workers; false when nothing about them has changed.
    private func followUpstreams() -> Bool {
        let now = state.withLock { $0 }
        guard let workers = now.workers, let plan = now.plan else { return false }
        let upstreams = builder.upstreams(now.configuration)
        let changed = zip(plan.upstreams, upstreams).filter { $0 != $1 }.map(\.1)
        guard !changed.isEmpty else { return false }
        let next = plan.replacing(upstreams: upstreams)
        workers.follow(changed)
        now.health?.adopt(next)
        state.withLock { $0.plan = next }
        return true
    }

    private func plan(_ configuration: Configuration) throws -> Plan {
        let accessLog = try configuration.log.access.map { access in
            AccessLogPlan(
                line: AccessLogCompiler.compile(access.format),
                sink: try outputs.sink(access.output, reporter: reporter))
        }
        let (plan, notes) = builder.build(configuration, accessLog: accessLog)
        for note in notes { log.warning("\(note)") }
        return plan
    }

    private func address(of listener: Configuration.Listener, _ workers: WorkerGroup) -> SocketAddress? {
        workers.address(of: ListenerPlan(name: listener.label, address: listener.address))
    }

    /// Where the listeners really listen, by name (or by address, for one without a name).
    public var addresses: [String: SocketAddress] {
        let (configuration, workers) = state.withLock { ($0.configuration, $0.workers) }
        guard let workers else { return [:] }
        var result: [String: SocketAddress] = [:]
        for listener in configuration.listeners { result[listener.label] = address(of: listener, workers) }
        return result
    }

    /// Takes another configuration into service. What is equal in both goes on untouched; when anything fails, the
    /// running configuration stays.
    public func reload(_ configuration: Configuration) throws {
        try control.withLock { _ in
            let now = state.withLock { $0 }
            guard let workers = now.workers, let health = now.health, let certificates = now.certificates else {
                throw ProxyError.notRunning
            }
            try adopt(configuration, workers, health, certificates)
            state.withLock { $0.configuration = configuration }
        }
    }

    /// As `reload(_:)`, from YAML.
    public func reload(text: String, name: String = "gatehouse.yaml", environment: [String: String] = [:]) throws {
        try reload(Proxy.read(text, name, environment))
    }

    /// Opens log files anew, after they were moved away.
    public func reopenLogs() { outputs.reopen() }

    /// Asks the workers to take nothing new and to finish what is under way, within the configured time.
    public func beginStop() {
        let (configuration, workers) = state.withLock { ($0.configuration, $0.workers) }
        workers?.beginStop(withinMs: configuration.shutdownTimeoutMs)
    }

    /// Cuts what is under way.
    public func stopNow() { state.withLock { $0.workers }?.stopNow() }

    /// Waits until the workers have ended, and closes the logs.
    public func join() {
        let (workers, health, certificates) = state.withLock { ($0.workers, $0.health, $0.certificates) }
        workers?.join()
        certificates?.stop()
        health?.stop()
        names.stop()
        outputs.close()
    }

    /// Stops and waits. Graceful: exchanges under way are finished, bounded by `shutdown_timeout`.
    public func stop(graceful: Bool) {
        if graceful { beginStop() } else { stopNow() }
        join()
    }

    /// Every server of every upstream: whether it takes requests, and why not.
    public func servers() -> [ServerStatus] { state.withLock { $0.workers }?.servers() ?? [] }

    /// Sums over the workers.
    public func counters() -> Counters { state.withLock { $0.workers }?.counters() ?? Counters() }
}

/// What is wrong with a configuration: every finding at once.
public struct ConfigurationErrors: Error, CustomStringConvertible, Sendable {
    /// `FILE:LINE:COLUMN: error: MESSAGE`, one each.
    public let diagnostics: [Diagnostic]

    public init(_ diagnostics: [Diagnostic]) { self.diagnostics = diagnostics }

    public var description: String { diagnostics.map(\.description).joined(separator: "\n") }
}

/// A call at the wrong time.
public enum ProxyError: Error, Sendable { case notRunning }
