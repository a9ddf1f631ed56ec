// The thread that checks servers: an event loop like a worker's, so that hundreds of checks a second cost little and none
// waits for another.

import GateCore
import GateEngine
import GateProxy
import GateTLS

/// Checks servers, one connection for each check, and says what has changed.
final class CheckLoop: LoopOwner {
    private final class Entry {
        var target: CheckTarget
        var history: CheckHistory
        var connection: CheckConnection?
        /// Tells timers of a former life from the present ones.
        let number: Int
        var startedMs: UInt64 = 0

        init(_ target: CheckTarget, number: Int) {
            self.target = target
            self.number = number
            history = CheckHistory(rise: target.plan.rise, fall: target.plan.fall)
        }
    }

    /// The first checks of many servers are spread over this long for each of them.
    private static let spreadMs = 2

    let loop: EventLoop
    let mailbox: Mailbox<CheckLoop>
    private lazy var workspace = TLSWorkspace(pool: BufferPool(bufferBytes: 16 << 10, keptMax: 4))
    private var entries: [ServerKey: Entry] = [:]
    private var due = DueQueue<(key: ServerKey, number: Int)>()
    private var lastNumber = 0
    private let changed: ([HealthVerdict]) -> Void

    /// Made on the thread that runs it.
    init(_ changed: @escaping ([HealthVerdict]) -> Void) throws(SystemError) {
        loop = try EventLoop()
        mailbox = Mailbox(loop: loop)
        self.changed = changed
        super.init()
    }

    func run() {
        loop.run(self)
        mailbox.close()
        for entry in entries.values { entry.connection?.cancel() }
        loop.closeAll()
    }

    func stop() { loop.stop() }

    override func woke() { mailbox.drain(self) }

    override func roundEnded() -> Int32 {
        while let next = due.next(nowMs: loop.nowMs) {
            if let entry = entries[next.key], entry.number == next.number { check(entry) }
        }
        return due.waitMs(nowMs: loop.nowMs)
    }

    // MARK: What is checked

    /// Checks these servers from now on. What is equal goes on undisturbed, and what is known of a server stays even where
    /// the rules have changed. The workers may have forgotten it, so they are told again.
    func follow(_ targets: [CheckTarget]) {
        var next: [ServerKey: Entry] = [:]
        for target in targets where next[target.key] == nil {
            let old = entries.removeValue(forKey: target.key)
            if let old, old.target == target {
                next[target.key] = old
            } else {
                next[target.key] = begin(target, after: old, among: targets.count)
            }
        }
        for gone in entries.values { gone.connection?.cancel() }
        entries = next
        let known = entries.values.filter { $0.history.state != .unknown }.map(verdict)
        if !known.isEmpty { changed(known) }
    }

    private func begin(_ target: CheckTarget, after old: Entry?, among count: Int) -> Entry {
        lastNumber += 1
        let entry = Entry(target, number: lastNumber)
        if let old {
            old.connection?.cancel()
            entry.history = old.history
            entry.history.follow(rise: target.plan.rise, fall: target.plan.fall)
        }
        let spread = min(Self.spreadMs * count, target.plan.fastIntervalMs)
        due.add((target.key, entry.number), dueMs: loop.nowMs + UInt64(count > 16 ? Int.random(in: 0...spread) : 0))
        return entry
    }

    private func verdict(_ entry: Entry) -> HealthVerdict {
        HealthVerdict(server: entry.target.key, isUp: entry.history.state == .up, reason: entry.history.reason)
    }

    // MARK: Checks

    private func check(_ entry: Entry) {
        let target = entry.target
        entry.startedMs = loop.nowMs
        var isOver = false
        let connection = CheckConnection.start(
            target.makeProbe(), of: target, workspace, in: loop
        ) { [unowned self] outcome in
            isOver = true
            entry.connection = nil
            checked(entry, outcome)
        }
        if !isOver { entry.connection = connection }
    }

    private func checked(_ entry: Entry, _ outcome: CheckOutcome) {
        let hasChanged = entry.history.note(outcome)
        let dueMs = max(loop.nowMs + 1, entry.startedMs + UInt64(delayMs(entry)))
        due.add((entry.target.key, entry.number), dueMs: dueMs)
        if hasChanged { changed([verdict(entry)]) }
    }

    /// Between the beginnings of two checks; two of one server never overlap.
    private func delayMs(_ entry: Entry) -> Int {
        let plan = entry.target.plan
        let base = entry.history.state == .up ? plan.intervalMs : plan.fastIntervalMs
        let jitter = base * plan.jitterPercent / 100
        return max(1, base + Int.random(in: -jitter...jitter))
    }
}
