// A request's stay at a server: its begin, its first byte and its end are noted here and nowhere else.

import GateEngine

extension Exchange {
    /// The request goes to this server.
    func attemptBegan(at server: ServerRuntime) {
        target = server
        tried.insert(server.serial)
        guard server.countsRequests else { return }
        isAttemptCounted = true
        server.active += 1
    }

    /// The server's final head is there.
    func attemptAnswered() {
        guard isAttemptCounted, let target else { return }
        target.latency.add(worker.loop.nowNs - attemptNs, at: worker.loop.nowNs)
    }

    /// The server has nothing more to do for the request, for whatever reason. Further calls do nothing.
    @inline(__always)
    func attemptEnded() {
        if isAttemptCounted { leaveTarget() }
    }

    @inline(never)
    private func leaveTarget() {
        isAttemptCounted = false
        target?.active -= 1
    }
}
