// A few threads for work that may block: name look-ups, files. Never on a worker.

import Glibc
import Synchronization

/// A bounded pool of threads for blocking work.
public final class BlockingPool: Sendable {
    public typealias Work = @Sendable () -> Void

    private struct State {
        var queue: [Work] = []
        var idle = 0
        var threads: [GateThread] = []
        var isOpen = true
    }

    private let state = Mutex(State())
    private let signal = ThreadSignal()
    private let threadsMax: Int
    private let queueMax: Int

    /// At most `threadsMax` threads, started when they are needed, and `queueMax` pieces of work that wait.
    public init(threadsMax: Int = 4, queueMax: Int = 1024) {
        precondition(threadsMax > 0)
        precondition(queueMax > 0)
        self.threadsMax = threadsMax
        self.queueMax = queueMax
    }

    /// Hands in a piece of work.
    /// - Returns: false when the queue is full or the pool is closed; the work will not be done.
    public func submit(_ work: @escaping Work) -> Bool {
        let accepted = state.withLock { state in
            guard state.isOpen, state.queue.count < queueMax else { return false }
            state.queue.append(work)
            if state.idle < state.queue.count && state.threads.count < threadsMax { startThread(&state) }
            return true
        }
        if accepted { signal.notify() }
        return accepted
    }

    private func startThread(_ state: inout State) {
        if let thread = try? GateThread.start(name: "gate-blocking", { [self] in serve() }) {
            state.threads.append(thread)
        }
    }

    private func serve() {
        while let work = next() { work() }
    }

    private func next() -> Work? {
        while true {
            let ticket = signal.ticket()
            let (work, isOpen): (Work?, Bool) = state.withLock { state in
                (state.queue.isEmpty ? nil : state.queue.removeFirst(), state.isOpen)
            }
            if let work { return work }
            if !isOpen { return nil }
            state.withLock { $0.idle += 1 }
            signal.wait(after: ticket)
            state.withLock { $0.idle -= 1 }
        }
    }

    /// Finishes what is queued and ends the threads.
    public func close() {
        let threads = state.withLock { state in
            state.isOpen = false
            return state.threads
        }
        signal.notify()
        for thread in threads { thread.join() }
    }
}
