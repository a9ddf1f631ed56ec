// When something goes wrong: try again where the rules allow it, tell the client where it can still be told.

import GateCore
import GateEngine
import GateHTTP

/// How much of a request a server had when it failed.
enum SentState: UInt8 {
    /// Not a byte was sent, or the server refused the whole.
    case nothing
    /// Something was sent and nothing came back.
    case noResponse
    /// Response bytes were there.
    case someResponse
}

extension Exchange {
    /// The server's side failed and has let go of the exchange.
    func serverFailed(_ reason: EndReason, sent: SentState, wasReused: Bool) {
        server = nil
        attemptEnded()
        guard stage != .ended, stage != .free else { return }
        let isStale = wasReused && sent != .someResponse && reason.mayBeStaleness
        if !isStale { target?.noteFailure(reason) }
        // Another server is being asked beside this one.
        if rival != nil { return focusOnRival() }
        guard mayRepeat(sent), let next = nextServer(after: reason, isStale: isStale) else { return fail(reason) }
        retriedAfter = reason
        retry(at: next)
    }

    /// Ends the exchange with a failure: an answer when nothing was answered yet, a visible cut otherwise.
    func fail(_ reason: EndReason) {
        guard stage != .ended, stage != .free else { return }
        if queueTicket != 0 { leaveLine() }
        dropServer()
        releaseReplay()
        guard !isResponseHeadSent && !isPassthrough else {
            self.reason = reason
            if isPassthrough { status = reason.status }
            client?.abort()
            return
        }
        answer(Self.answers[Int(reason.rawValue)], reason: reason)
    }

    /// One answer for each reason, made once.
    private static let answers: [FixedAnswer] = EndReason.allCases.map { reason in
        let status = reason.status
        let retry = status == 503 ? [FixedAnswer.Field("Retry-After", "1")] : []
        return FixedAnswer(error: (400...599).contains(status) ? status : 500, fields: retry)
    }

    /// Lets go of the server's side, if there is one.
    func dropServer() {
        if rival != nil { settleHedge() }
        attemptEnded()
        guard let server else { return }
        self.server = nil
        server.cancel()
    }

    /// The client's side is gone.
    func clientGone(_ reason: EndReason) {
        guard stage != .ended, stage != .free else { return }
        if queueTicket != 0 { leaveLine() }
        dropServer()
        releaseReplay()
        self.reason = reason
        if status == 0 { status = reason.status }
        end()
    }

    /// The client's side has sent all that there was to send, or gave up. The exchange is over; the object is reused.
    func end() {
        guard stage != .ended, stage != .free else { return }
        stage = .ended
        if admission != nil { leaveAdmission() }
        cancelSubrequest()
        if queueTicket != 0 { leaveLine() }
        dropServer()
        releaseReplay()
        if let route = borrowedRoute, route.with({ !$0.endFilters.isEmpty }) {
            let route = route.object
            for index in 0..<route.endFilters.count { route.endFilters.with(index) { $0.end(self, reason: reason) } }
        }
        worker.ended(self)
    }

    func ensureRequestID() {
        if requestID.isEmpty { worker.ids.append(to: &requestID) }
    }
}
