// Hedging: when a server takes long to answer a safe request, a second one is asked beside it. The first head wins.
//
// An exchange has one attempt in focus, whose server, target and counts are the exchange's own fields. The other one waits
// in `rival`. Whichever connection has something to say takes the focus first, so that all else knows of one attempt only.

import GateCore
import GateEngine
import GateHTTP

/// The attempt that is not in focus.
final class Rival {
    fileprivate(set) var server: (any ServerStream)?
    fileprivate var target: ServerRuntime?
    fileprivate var pickReason = PickReason.none
    fileprivate var isAttemptCounted = false
    fileprivate var attemptNs: UInt64 = 0
    fileprivate var gate: ServerGate?
}

extension Exchange {
    /// Has a second server asked after a while, if the request may go to two.
    func armHedge(afterMs ms: Int) {
        guard request.method.isSafe, requestFraming == .none, upgradeField == nil else { return }
        worker.wake(self, for: .hedge, afterMs: ms)
    }

    /// Asks a second server, if there is one and the budget allows it.
    func hedge() {
        guard let upstream, server != nil, stage == .connecting || stage == .forwarding, rival == nil,
            informationalCount == 0, let next = upstream.pick(for: self), upstream.takeRetry(worker.loop.nowMs),
            mayRetryBeyondBudget()
        else { return }
        worker.counters.hedges += 1
        let stage = stage
        let first = Rival()
        swapAttempt(first)
        rival = first
        connect(to: next)
        // It may have failed on the spot, and then the first one has the focus again.
        if rival != nil && server == nil { focusOnRival() }
        if self.stage == .connecting { self.stage = stage }
    }

    private func swapAttempt(_ other: Rival) {
        swap(&server, &other.server)
        swap(&target, &other.target)
        swap(&pickReason, &other.pickReason)
        swap(&isAttemptCounted, &other.isAttemptCounted)
        swap(&attemptNs, &other.attemptNs)
        swap(&gate, &other.gate)
    }

    /// This connection has something to say.
    @inline(__always)
    func focus(on server: any ServerStream) {
        if let rival, rival.server === server { swapAttempt(rival) }
    }

    /// The attempt in focus is over and the other goes on alone.
    func focusOnRival() {
        guard let rival else { return }
        attemptEnded()
        self.rival = nil
        swapAttempt(rival)
    }

    /// The attempt in focus could not even begin, for a reason that is ours.
    func attemptRefused(_ reason: EndReason) {
        if rival == nil { fail(reason) } else { focusOnRival() }
    }

    /// The attempt in focus has won: the other is over.
    func settleHedge() {
        guard let rival else { return }
        self.rival = nil
        swapAttempt(rival)
        attemptEnded()
        let loser = server
        server = nil
        swapAttempt(rival)
        loser?.cancel()
    }
}
