// All workers of a process, as the control plane sees them: start, hand over a plan, stop.

public import GateCore
public import GateEngine
import Synchronization

/// The worker threads. Safe to use from any thread; calls wait until every worker has done what was asked.
public final class WorkerGroup: Sendable {
    private struct State {
        var mailboxes: [Mailbox<Worker>] = []
        var threads: [GateThread] = []
        var addresses: [String: SocketAddress] = [:]
        var failure: SystemError?
        var ended = 0
        /// What workers that have ended counted.
        var finalCounters = Counters()
    }

    public let count: Int
    private let state = Mutex(State())
    private let signal = ThreadSignal()
    private let limiter = ConnectionLimiter()
    private let loads = UpstreamLoads()
    private let shared = SharedServers()
    private let reporter: any Reporter

    /// Nothing runs until `start`.
    public init(count: Int, reporter: any Reporter) {
        precondition(count > 0)
        self.count = count
        self.reporter = reporter
    }

    /// Starts the threads.
    public func start() throws(SystemError) {
        for index in 0..<count {
            let thread = try GateThread.start(name: "gate-worker-\(index)") { [self] in serve(index) }
            state.withLock { $0.threads.append(thread) }
        }
        waitUntil { $0.mailboxes.count == count || $0.failure != nil }
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    private func serve(_ index: Int) {
        do throws(SystemError) {
            let worker = try Worker(index: index, limiter: limiter, shared: shared, reporter: reporter)
            state.withLock { $0.mailboxes.append(worker.mailbox) }
            signal.notify()
            worker.run()
            let last = worker.last
            state.withLock { $0.finalCounters += last }
        } catch {
            state.withLock { $0.failure = error }
        }
        state.withLock { $0.ended += 1 }
        signal.notify()
    }

    private func waitUntil(_ condition: (State) -> Bool) {
        while true {
            let ticket = signal.ticket()
            if state.withLock({ condition($0) }) { return }
            signal.wait(after: ticket)
        }
    }

    /// Hands a message to every worker and waits until all have handled it, or have ended.
    func all(_ body: @escaping @Sendable (Worker) -> Void) {
        let box = DoneCounter()
        var sent = 0
        let mailboxes = state.withLock { $0.mailboxes }
        for mailbox in mailboxes {
            let isSent = mailbox.post { [signal] worker in
                body(worker)
                box.add()
                signal.notify()
            }
            if isSent { sent += 1 }
        }
        waitUntil { state in box.value >= sent || state.ended == self.count }
    }

    /// Hands a message to every worker and does not wait.
    func post(_ body: @escaping @Sendable (Worker) -> Void) {
        for mailbox in state.withLock({ $0.mailboxes }) { mailbox.post(body) }
    }

    /// Asks the first worker something; nil when there is none any more.
    func ask<Answer: Sendable>(_ question: @escaping @Sendable (Worker) -> Answer) -> Answer? {
        let box = AnswerBox<Answer>()
        guard let mailbox = state.withLock({ $0.mailboxes.first }) else { return nil }
        let isSent = mailbox.post { [signal] worker in
            box.put(question(worker))
            signal.notify()
        }
        guard isSent else { return nil }
        waitUntil { state in box.value != nil || state.ended == self.count }
        return box.value
    }

    private final class AnswerBox<Answer: Sendable>: Sendable {
        private let answer = Mutex<Answer?>(nil)
        func put(_ new: Answer) { answer.withLock { $0 = new } }
        var value: Answer? { answer.withLock { $0 } }
    }

    private final class DoneCounter: Sendable {
        private let count = Atomic<Int>(0)
        func add() { count.add(1, ordering: .acquiringAndReleasing) }
        var value: Int { count.load(ordering: .acquiring) }
    }

    // MARK: Plans

    /// The real addresses of the listeners, by `ListenerPlan.key`.
    public var addresses: [String: SocketAddress] { state.withLock { $0.addresses } }

    /// Opens what is new to listen on, and takes the plan into service on every worker. When a listener cannot be
    /// opened nothing changes.
    public func adopt(_ plan: Plan) throws(SystemError) {
        let known = state.withLock { Set($0.addresses.keys) }
        var perWorker: [[ListenerSocket]] = Array(repeating: [], count: count)
        var opened: [String: SocketAddress] = [:]
        for listener in plan.listeners where !known.contains(listener.key) {
            do throws(SystemError) {
                let sockets = try ListenerOpener.open(listener, workers: count)
                opened[listener.key] = sockets.address
                for (index, descriptor) in sockets.descriptors.enumerated() {
                    perWorker[index].append(
                        ListenerSocket(key: listener.key, descriptor: descriptor, isShared: sockets.isShared))
                }
            } catch {
                for socket in perWorker.joined() { ListenerOpener.close(socket.descriptor) }
                throw error
            }
        }
        remember(plan, opened)
        let sockets = perWorker
        let mailboxes = state.withLock { $0.mailboxes }
        all { [loads] worker in
            worker.loads = loads
            let log = plan.accessLog.map { AccessLogger($0) }
            worker.others = mailboxes.filter { $0 !== worker.mailbox }
            worker.adopt(plan, listening: sockets[worker.index], log: log)
        }
    }

    private func remember(_ plan: Plan, _ opened: [String: SocketAddress]) {
        let gone: [String] = state.withLock { state in
            for (key, address) in opened { state.addresses[key] = address }
            let keys = Set(plan.listeners.map(\.key))
            let gone = state.addresses.keys.filter { !keys.contains($0) }
            return gone.compactMap { key in
                if case .unix(let path) = state.addresses.removeValue(forKey: key) { path } else { nil }
            }
        }
        for path in gone { ListenerOpener.unlink(path) }
    }

    /// The real address of a listener.
    public func address(of listener: ListenerPlan) -> SocketAddress? { state.withLock { $0.addresses[listener.key] } }

    // MARK: Sight

    /// Sums over the workers.
    public func counters() -> Counters {
        let sum = CounterSum()
        all { sum.add($0.snapshot()) }
        sum.add(state.withLock { $0.finalCounters })
        return sum.value
    }

    private final class CounterSum: Sendable {
        private let sum = Mutex(Counters())
        func add(_ counters: Counters) { sum.withLock { $0 += counters } }
        var value: Counters { sum.withLock { $0 } }
    }

    // MARK: Stopping

    /// Asks every worker to finish what is under way within `ms`, and not to begin anything new.
    public func beginStop(withinMs ms: Int) { all { $0.stopGracefully(withinMs: ms) } }

    /// Cuts what is under way.
    public func stopNow() { all { $0.stopNow() } }

    /// Waits until every worker has ended. Call it once.
    public func join() {
        let (threads, paths): ([GateThread], [String]) = state.withLock { state in
            let paths = state.addresses.values.compactMap { address -> String? in
                if case .unix(let path) = address { path } else { nil }
            }
            defer { state.threads = [] }
            return (state.threads, paths)
        }
        for thread in threads { thread.join() }
        for path in paths { ListenerOpener.unlink(path) }
    }
}
