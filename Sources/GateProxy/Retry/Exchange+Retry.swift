// Another try: whether the rules and the budget allow it, where it goes, and when.

import GateCore
import GateEngine
import GateHTTP

extension Exchange {
    /// Who is asked next after a failure, if anybody.
    func nextServer(after reason: EndReason, isStale: Bool) -> ServerRuntime? {
        if isStale && !needsFreshConnection, let target {
            // The server closed an idle connection: that says nothing about the server, so ask it again.
            needsFreshConnection = true
            return target
        }
        guard let upstream, !upstream.plan.retries.triggers.isDisjoint(with: reason.retryTriggers) else { return nil }
        return retryServer(upstream)
    }

    /// Attempts so far; the one that met a stale connection was none.
    private var countedAttempts: Int { needsFreshConnection ? attempts - 1 : attempts }

    /// Another server, if the number of attempts and the budget allow one.
    private func retryServer(_ upstream: UpstreamRuntime) -> ServerRuntime? {
        guard countedAttempts <= upstream.plan.retries.attemptsMax,
            let next = upstream.pick(for: self) ?? lastResort(upstream)
        else { return nil }
        return upstream.takeRetry(worker.loop.nowMs) && mayRetryBeyondBudget() ? next : nil
    }

    /// A server that is said to be unfit: it may be well again without anybody knowing, and the request is lost otherwise.
    private func lastResort(_ upstream: UpstreamRuntime) -> ServerRuntime? {
        upstream.plan.panicPercent > 0 ? upstream.pick(for: self, regardless: true) : nil
    }

    func mayRepeat(_ sent: SentState) -> Bool {
        guard !isResponseHeadSent, informationalCount == 0 else { return false }
        switch sent {
        case .someResponse: return false
        case .nothing: return requestBodyBytes == 0 || isReplayable && mayReplayMethod
        case .noResponse:
            // RFC 9110 §9.2.2: only what has the same effect twice is sent twice.
            return request.method.isIdempotent && isReplayable && upgradeField == nil
        }
    }

    /// Asks `next`, at once or after a random wait that grows with the attempts.
    func retry(at next: ServerRuntime) {
        worker.counters.retries += 1
        let delayMs = upstream?.plan.retries.delayMsMax(afterAttempts: countedAttempts) ?? 0
        guard delayMs > 0, target !== next else { return connect(to: next) }
        stage = .connecting
        worker.wake(self, for: .retry, afterMs: Int.random(in: 1...delayMs))
    }

    /// Who is asked instead of the server whose final head is in `response`, when its status is one that is tried again.
    func serverInsteadOfAnswer() -> ServerRuntime? {
        guard let upstream, upstream.plan.retries.statuses.contains(response.status), rival == nil,
            mayRepeat(.noResponse)
        else { return nil }
        return retryServer(upstream)
    }

    /// The server's side has let go of the exchange with its answer unread.
    func retryInsteadOfAnswer(at next: ServerRuntime) {
        server = nil
        attemptEnded()
        response.reset()
        retry(at: next)
    }

    /// The server that was to be asked may not be the one to ask any more.
    private func retryNow() {
        guard let upstream, let next = upstream.pick(for: self) ?? lastResort(upstream) else {
            return fail(retriedAfter == .completed ? .noServer : retriedAfter)
        }
        connect(to: next)
    }

    /// The wait is over.
    func woke(for purpose: ExchangeTimer.Purpose) {
        switch purpose {
        case .retry: if stage == .connecting && server == nil { retryNow() }
        case .hedge: hedge()
        }
    }
}
