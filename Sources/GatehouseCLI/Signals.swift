// Signals as values that a thread waits for: no code runs inside a handler.

import CGateLinux
import GateEngine
import Glibc

/// The signals that steer the process. Made before any thread is started, so that all threads leave them alone.
struct Signals: Sendable {
    enum Wish: Sendable { case reload, reopenLogs, stop }

    private let descriptor: Int32

    init() throws {
        gate_ignore_broken_pipe()
        let signals = [SIGHUP, SIGUSR1, SIGTERM, SIGINT]
        let result = gate_signal_descriptor(signals, Int32(signals.count))
        if result < 0 { throw SystemError("waiting for signals", code: result) }
        descriptor = Int32(result)
    }

    /// Waits for the next one.
    func next() -> Wish {
        while true {
            switch Int32(truncatingIfNeeded: gate_next_signal(descriptor)) {
            case SIGHUP: return .reload
            case SIGUSR1: return .reopenLogs
            case SIGTERM, SIGINT: return .stop
            default: continue
            }
        }
    }
}
