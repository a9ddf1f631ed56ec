// From the workers' buffers to a file or a pipe, by a thread that may wait. Workers never do.

import CGateLinux
import GateCore
public import GateEngine
import Glibc
import Synchronization

/// Writes log lines to one output. When the output is slower than the lines come, lines are dropped and counted.
public final class LogSink: Sendable {
    /// Where lines go.
    public enum Output: Sendable, Hashable {
        case descriptor(Int32)
        /// A file that is opened for appending, and opened again by `reopen()`.
        case file(path: String)
    }

    private struct State {
        var queue: [Batch] = []
        var queuedBytes = 0
        var spare: [[UInt8]] = []
        var isOpen = true
        var wantsReopen = false
        /// The process ends and the output takes nothing: the rest is dropped.
        var isAbandoned = false
        var droppedLines = 0
        var writtenLines = 0
    }

    private struct Batch {
        var bytes: [UInt8]
        var lines: Int
    }

    public let output: Output
    private let state = Mutex(State())
    private let signal = ThreadSignal()
    private let queueBytesMax: Int
    private let thread = Mutex<GateThread?>(nil)
    private let reporter: any Reporter

    /// - Parameter queueBytesMax: bytes that wait for a slow output; more are dropped, whole batches of lines at a time.
    public init(_ output: Output, reporter: any Reporter, queueBytesMax: Int = 4 << 20) throws(SystemError) {
        self.output = output
        self.reporter = reporter
        self.queueBytesMax = queueBytesMax
        let descriptor = try Self.open(output)
        let thread = try GateThread.start(name: "gate-log") { [self] in serve(descriptor) }
        self.thread.withLock { $0 = thread }
    }

    private static func open(_ output: Output) throws(SystemError) -> Int32 {
        switch output {
        case .descriptor(let descriptor): return descriptor
        case .file(let path):
            // A pipe that nobody reads must hold nobody up, so it is opened for both and never waited for.
            let result = gate_open_log(path, 0o640)
            if result < 0 { throw SystemError("opening the log \(path)", code: result) }
            return Int32(result)
        }
    }

    /// Hands lines over. False when they were dropped.
    func submit(_ bytes: Span<UInt8>, lines: Int) -> Bool {
        let isAccepted = state.withLock { state in
            guard state.isOpen, state.queuedBytes + bytes.count <= queueBytesMax else {
                state.droppedLines += lines
                return false
            }
            var copy = state.spare.popLast() ?? []
            copy.removeAll(keepingCapacity: true)
            bytes.withUnsafeBufferPointer { copy.append(contentsOf: $0) }
            state.queue.append(Batch(bytes: copy, lines: lines))
            state.queuedBytes += bytes.count
            return true
        }
        if isAccepted { signal.notify() }
        return isAccepted
    }

    /// Hands one line over, with its line end.
    public func submit(_ line: String) {
        let bytes = Array(line.utf8)
        _ = submit(bytes.span, lines: 1)
    }

    /// Opens a file anew, for those who moved it away (SIGUSR1).
    public func reopen() {
        state.withLock { $0.wantsReopen = true }
        signal.notify()
    }

    /// Lines dropped so far.
    public var droppedLines: Int { state.withLock { $0.droppedLines } }

    /// Writes what waits, for at most about a second, and ends the thread.
    public func close() {
        state.withLock { $0.isOpen = false }
        signal.notify()
        thread.withLock { thread in
            thread?.join()
            thread = nil
        }
    }

    /// Waits until everything that was handed over has been written or dropped.
    func waitUntilWritten() {
        while state.withLock({ $0.queuedBytes > 0 }) { usleep(1000) }
    }

    // MARK: The thread

    private enum Task {
        case write(Batch)
        case reopen
        case stop
        case wait(UInt64)
    }

    private func serve(_ first: Int32) {
        var descriptor = first
        while true {
            switch next() {
            case .write(let batch): write(batch, descriptor)
            case .reopen: descriptor = reopened(descriptor)
            case .wait(let ticket): signal.wait(after: ticket)
            case .stop:
                if case .file = output { _ = gate_close(descriptor) }
                return
            }
        }
    }

    private func next() -> Task {
        let ticket = signal.ticket()
        return state.withLock { state in
            if state.wantsReopen {
                state.wantsReopen = false
                return .reopen
            }
            guard !state.queue.isEmpty else { return state.isOpen ? .wait(ticket) : .stop }
            return .write(state.queue.removeFirst())
        }
    }

    private func reopened(_ old: Int32) -> Int32 {
        guard case .file(let path) = output else { return old }
        do throws(SystemError) {
            let new = try Self.open(output)
            _ = gate_close(old)
            return new
        } catch {
            reporter.report(.error, "log \(path): \(error.reason); writing goes on to the old file")
            return old
        }
    }

    private func write(_ batch: Batch, _ descriptor: Int32) {
        let isWhole = writeAll(batch.bytes, descriptor)
        state.withLock { state in
            state.queuedBytes -= batch.bytes.count
            if isWhole { state.writtenLines += batch.lines } else { state.droppedLines += batch.lines }
            if state.spare.count < 16 { state.spare.append(batch.bytes) }
        }
    }

    /// Waits for a slow reader as long as the sink is open; a full disk drops the batch.
    private func writeAll(_ bytes: [UInt8], _ descriptor: Int32) -> Bool {
        var done = 0
        var patience = 10
        if state.withLock({ $0.isAbandoned }) { return false }
        while done < bytes.count {
            // A pipe that is shared with others stays blocking, so ask before writing.
            let isReady = gate_poll_writable(descriptor, 100) != 0
            let written =
                !isReady
                ? -Int(EAGAIN)
                : bytes.withUnsafeBytes {
                    // What a pipe takes at once (PIPE_BUF) never blocks after it was found writable.
                    gate_write(descriptor, $0.baseAddress! + done, min($0.count - done, 4096))
                }
            if written > 0 {
                done += written
                continue
            }
            switch Int32(-written) {
            case EINTR: continue
            case EAGAIN:
                if !state.withLock({ $0.isOpen }) {
                    patience -= 1
                    if patience == 0 { state.withLock { $0.isAbandoned = true } }
                    if patience <= 0 { return false }
                }
            default: return false
            }
        }
        return true
    }
}
