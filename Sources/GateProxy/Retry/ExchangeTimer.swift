// Waits of exchanges that have no socket to hang a deadline on.

import GateCore
import GateEngine

/// Wakes an exchange, unless it has become another one since.
struct ExchangeTimer {
    /// What for.
    enum Purpose: UInt8 {
        /// The next attempt may begin.
        case retry
        /// A second server may be asked.
        case hedge
    }

    let number: Int
    let generation: UInt32
    let purpose: Purpose
}

extension Worker {
    /// Calls `Exchange.woke` later.
    func wake(_ exchange: Exchange, for purpose: ExchangeTimer.Purpose, afterMs ms: Int) {
        timers.add(
            ExchangeTimer(number: exchange.number, generation: exchange.generation, purpose: purpose),
            dueMs: loop.nowMs + UInt64(ms))
    }

    /// Wakes what is due and says how long the loop may wait for the next, or for what `waitMs` says.
    func wakeExchanges(_ waitMs: Int32) -> Int32 {
        while let timer = timers.next(nowMs: loop.nowMs) {
            exchange(timer.number, timer.generation)?.woke(for: timer.purpose)
        }
        let next = timers.waitMs(nowMs: loop.nowMs)
        if next < 0 { return waitMs }
        return waitMs < 0 ? next : min(next, waitMs)
    }
}
