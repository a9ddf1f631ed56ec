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
        guard let target else { return }
        target.active -= 1
        if let gate {
            self.gate = nil
            gate.leaveRequest()
            target.madeRoom()
        }
    }

    /// The server turned out to have no room for one more connection: it was not tried, and nothing has failed.
    func serverHasNoRoom() {
        guard let target else { return fail(.internalFailure) }
        attemptEnded()
        attempts -= 1
        tried.remove(target.serial)
        // A second server is asked if it has room, and not waited for.
        if rival != nil { return focusOnRival() }
        connect()
    }
}
