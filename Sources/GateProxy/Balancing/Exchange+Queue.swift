// An exchange that waits for a server with room.

import GateCore
import GateEngine

extension Exchange {
    /// No server took the request. Waits if that is worth while.
    func waitForServer() {
        guard let upstream, upstream.isWorthWaiting(for: self) else { return fail(.noServer) }
        standInLine(upstream)
    }

    /// Joins the upstream's line.
    func standInLine(_ upstream: UpstreamRuntime) {
        stage = .connecting
        guard let queue = upstream.queue, let plan = upstream.plan.queue,
            let ticket = queue.join(self, lengthMax: plan.lengthMax)
        else { return fail(.serversFull) }
        queueTicket = ticket
        worker.waiting.add(self, ticket: ticket, dueMs: worker.loop.nowMs + UInt64(plan.timeoutMs))
        // Room may have come between the look and the place in line.
        queue.callNext()
        upstream.askForConnections()
    }

    /// A server may have room.
    func turnCame(_ ticket: UInt64) {
        guard ticket != 0, ticket == queueTicket, let upstream, let queue = upstream.queue else { return }
        if takeTurn(upstream) { return }
        // Who makes room from now on calls again; who made some until now did not.
        queue.stay(ticket)
        if takeTurn(upstream) { return }
        if upstream.isWorthWaiting(for: self) { return upstream.askForConnections() }
        leaveLine()
        fail(.noServer)
    }

    private func takeTurn(_ upstream: UpstreamRuntime) -> Bool {
        guard let target = upstream.pick(for: self), target.admit(self) else { return false }
        leaveLine()
        connect(toAdmitted: target)
        return true
    }

    /// The time in line is up.
    func waitedTooLong() {
        leaveLine()
        fail(.queueTimeout)
    }

    /// Further calls do nothing.
    func leaveLine() {
        guard queueTicket != 0 else { return }
        let ticket = queueTicket
        queueTicket = 0
        worker.waiting.remove(self)
        upstream?.queue?.leave(ticket)
    }
}
