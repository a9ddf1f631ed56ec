// Active checks of a process: once for all workers, on a thread of their own that exists only where checks are configured.

import GateEngine
public import GateProxy
import Synchronization

/// Checks servers and tells the workers and the error log what it finds. Safe to use from any thread.
public final class HealthMonitor: Sendable {
    private struct State {
        var mailbox: Mailbox<CheckLoop>?
        var thread: GateThread?
        var failure: SystemError?
    }

    private let state = Mutex(State())
    private let started = ThreadSignal()
    private let workers: WorkerGroup
    private let reporter: any Reporter

    public init(_ workers: WorkerGroup, reporter: any Reporter) {
        self.workers = workers
        self.reporter = reporter
    }

    /// Checks what the plan says, from now on. To be called after the workers have the plan.
    public func adopt(_ plan: Plan) {
        let targets = CheckTarget.all(in: plan)
        let isRunning = state.withLock { $0.mailbox != nil }
        if targets.isEmpty && !isRunning { return }
        let keys = Set(targets.map(\.key))
        known.withLock { $0 = $0.filter { keys.contains($0.key) } }
        guard let mailbox = isRunning ? state.withLock({ $0.mailbox }) : start() else { return }
        mailbox.post { $0.follow(targets) }
    }

    private func start() -> Mailbox<CheckLoop>? {
        do throws(SystemError) {
            let thread = try GateThread.start(name: "gate-health") { [self] in serve() }
            state.withLock { $0.thread = thread }
        } catch {
            state.withLock { $0.failure = error }
        }
        while true {
            let ticket = started.ticket()
            let (mailbox, failure) = state.withLock { ($0.mailbox, $0.failure) }
            if let failure {
                reporter.report(.error, "health checks cannot start: \(failure)")
                return nil
            }
            if let mailbox { return mailbox }
            started.wait(after: ticket)
        }
    }

    private func serve() {
        do throws(SystemError) {
            let loop = try CheckLoop { [self] in changed($0) }
            state.withLock { $0.mailbox = loop.mailbox }
            started.notify()
            loop.run()
        } catch {
            state.withLock { $0.failure = error }
            started.notify()
        }
    }

    private let known = Mutex<[ServerKey: Bool]>([:])

    /// Called on the checks' thread.
    private func changed(_ verdicts: [HealthVerdict]) {
        workers.follow(verdicts)
        for verdict in verdicts {
            let before = known.withLock { $0.updateValue(verdict.isUp, forKey: verdict.server) }
            // That a server is well from the start is no news.
            guard before != verdict.isUp, before != nil || !verdict.isUp else { continue }
            let (level, word): (ReportLevel, String) = verdict.isUp ? (.notice, "up") : (.warning, "down")
            let (upstream, server) = (verdict.server.upstream, verdict.server.name)
            reporter.report(level, "upstream \(upstream): server \(server) is \(word): \(verdict.reason)")
        }
    }

    /// Ends the checks and their thread.
    public func stop() {
        let (mailbox, thread) = state.withLock { state in
            defer { state = State() }
            return (state.mailbox, state.thread)
        }
        mailbox?.post { $0.stop() }
        thread?.join()
    }
}
