// How a filter that waits is woken.

import GateEngine

extension Exchange {
    /// Goes on with an exchange whose filter answered `.wait`. From the worker's thread only, and not from inside a call to a filter.
    public func resume(_ verdict: FilterVerdict) {
        guard waitingFilter > 0 else { return }
        let index = waitingFilter
        waitingFilter = 0
        switch (verdict, stage) {
        case (.wait, _): waitingFilter = index
        case (.answer(let answer), .requestFilters), (.answer(let answer), .responseFilters):
            self.answer(answer, reason: .answered)
        case (.next, .requestFilters): runRequestFilters(from: index)
        case (.next, .responseFilters):
            runResponseFilters(from: index)
            server?.resumeResponse()
        case (.next, _), (.answer, _): break
        }
    }

    /// A ticket that any thread may use to wake this exchange later.
    public func resumption() -> Resumption {
        Resumption(mailbox: worker.mailbox, number: number, generation: generation)
    }
}

/// Wakes a waiting exchange from any thread. Late and repeated calls do nothing.
public struct Resumption: Sendable {
    /// What the exchange shall do.
    public enum Decision: Sendable {
        case next
        case answer(FixedAnswer)
    }

    let mailbox: Mailbox<Worker>
    let number: Int
    let generation: UInt32

    public func resume(_ decision: Decision) {
        mailbox.post { [number, generation] worker in
            guard let exchange = worker.exchange(number, generation) else { return }
            switch decision {
            case .next: exchange.resume(.next)
            case .answer(let answer): exchange.resume(.answer(answer))
            }
        }
    }
}
