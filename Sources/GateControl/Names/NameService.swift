// Names that stay looked up: asked again when their answers have run out, told on when they change. Its threads exist only
// where a configuration has names.

import GateCore
import GateEngine
public import GateProxy
import Synchronization

/// Keeps answers for names. Safe to use from any thread.
public final class NameService: Sendable {
    private struct Entry {
        var answer: NameAnswer?
        var dueMs: UInt64 = 0
        var isAsked = false
        var wasAsked = false
        var failuresInRow = 0
    }

    private struct State {
        var plan = ResolverPlan()
        var entries: [ServiceName: Entry] = [:]
        var thread: GateThread?
        var pool: BlockingPool?
        var isOpen = true
    }

    /// The longest pause before a name that failed is asked for again.
    private static let retryMsMax = 30_000

    private let state = Mutex(State())
    private let signal = ThreadSignal()
    private let reporter: any Reporter
    private let changed = Mutex<@Sendable () -> Void>({})

    public init(reporter: any Reporter) { self.reporter = reporter }

    /// Has `body` called when an answer has changed, on a thread of the service's own.
    public func onChange(_ body: @escaping @Sendable () -> Void) { changed.withLock { $0 = body } }

    /// Keeps these names, and no others, from now on; waits for the first answer of each for at most so long.
    public func keep(_ names: Set<ServiceName>, _ plan: ResolverPlan, waitMs: Int) {
        state.withLock { state in
            let isNew = state.plan != plan
            state.plan = plan
            state.entries = state.entries.filter { names.contains($0.key) }
            for name in names {
                if state.entries[name] == nil { state.entries[name] = Entry() }
                if isNew { state.entries[name]?.dueMs = 0 }
            }
            if !names.isEmpty && state.isOpen { start(&state) }
        }
        signal.notify()
        wait(for: names, untilMs: Self.nowMs + UInt64(waitMs))
    }

    /// The last answer for a name.
    public func answer(_ name: ServiceName) -> NameAnswer? { state.withLock { $0.entries[name]?.answer } }

    /// Ends its threads; a question under way is finished first.
    public func stop() {
        let (thread, pool) = state.withLock { state in
            state.isOpen = false
            return (state.thread, state.pool)
        }
        signal.notify()
        thread?.join()
        pool?.close()
    }

    private static var nowMs: UInt64 { Clock.monotonicNs() / 1_000_000 }

    private func wait(for names: Set<ServiceName>, untilMs: UInt64) {
        while true {
            let ticket = signal.ticket()
            let isReady = state.withLock { state in names.allSatisfy { state.entries[$0]?.wasAsked ?? true } }
            let nowMs = Self.nowMs
            if isReady || nowMs >= untilMs { return }
            signal.wait(after: ticket, ms: Int(untilMs - nowMs))
        }
    }

    // MARK: Asking

    private func start(_ state: inout State) {
        guard state.thread == nil else { return }
        state.pool = BlockingPool(threadsMax: 4)
        do throws(SystemError) {
            state.thread = try GateThread.start(name: "gate-names") { [self] in serve() }
        } catch {
            reporter.report(.error, "names cannot be looked up: \(error)")
        }
    }

    private func serve() {
        while true {
            let ticket = signal.ticket()
            let (due, plan, waitMs, isOpen) = state.withLock { takeDue(&$0) }
            guard isOpen else { return }
            for name in due { ask(name, plan) }
            if let waitMs { signal.wait(after: ticket, ms: waitMs) } else { signal.wait(after: ticket) }
        }
    }

    private func takeDue(_ state: inout State) -> ([ServiceName], ResolverPlan, Int?, Bool) {
        let nowMs = Self.nowMs
        let due = state.entries.filter { !$0.value.isAsked && $0.value.dueMs <= nowMs }.map(\.key)
        for name in due { state.entries[name]?.isAsked = true }
        let next = state.entries.values.lazy.filter { !$0.isAsked }.map(\.dueMs).min()
        return (due, state.plan, next.map { Int($0 - nowMs) }, state.isOpen)
    }

    private func ask(_ name: ServiceName, _ plan: ResolverPlan) {
        let isTaken = state.withLock(\.pool)?.submit { [self] in
            settle(name, NameLookup(plan: plan, isWanted: { [self] in state.withLock(\.isOpen) }).find(name), plan)
        }
        if isTaken != true { settle(name, .failed("too many names are being looked up"), plan) }
    }

    private func settle(_ name: ServiceName, _ outcome: NameLookup.Outcome, _ plan: ResolverPlan) {
        let news: News? = state.withLock { state in
            guard var entry = state.entries[name] else { return nil }
            defer { state.entries[name] = entry }
            return Self.note(outcome, plan, &entry)
        }
        signal.notify()
        guard let news else { return }
        report(name, news)
        guard case .answer = news else { return }
        let changed = changed.withLock { $0 }
        changed()
    }

    // MARK: What came of it

    private enum News {
        case answer(NameAnswer)
        case failed(String, isKnown: Bool)
        case wellAgain
    }

    private static func note(_ outcome: NameLookup.Outcome, _ plan: ResolverPlan, _ entry: inout Entry) -> News? {
        let wasFailing = entry.failuresInRow > 0
        entry.isAsked = false
        entry.wasAsked = true
        switch outcome {
        case .found(let answer, let holdMs):
            entry.dueMs = nowMs + UInt64(holdMs)
            entry.failuresInRow = 0
            guard answer != entry.answer else { return wasFailing ? .wellAgain : nil }
            entry.answer = answer
            return .answer(answer)
        case .failed(let words):
            // What was known stays in use: that the name server is away says nothing about the servers.
            let pauseMs = min(plan.holdMsMin << min(entry.failuresInRow, 10), max(retryMsMax, plan.holdMsMin))
            entry.dueMs = nowMs + UInt64(pauseMs)
            entry.failuresInRow += 1
            return wasFailing ? nil : .failed(words, isKnown: entry.answer != nil)
        }
    }

    private func report(_ name: ServiceName, _ news: News) {
        switch news {
        case .answer(let answer): reporter.report(.info, "\(name) is \(answer.words)")
        case .failed(let words, isKnown: true):
            reporter.report(.warning, "\(name) does not resolve any more (\(words)); what it was last stays in use")
        case .failed(let words, isKnown: false):
            reporter.report(.warning, "\(name) does not resolve (\(words)); its servers are not used until it does")
        case .wellAgain: reporter.report(.notice, "\(name) resolves again")
        }
    }
}

extension NameAnswer {
    /// For people.
    var words: String {
        switch self {
        case .addresses(let addresses): addresses.map { "\($0)" }.joined(separator: ", ")
        case .services(let places): places.map { "\($0.host):\($0.port)" }.joined(separator: ", ")
        }
    }
}
