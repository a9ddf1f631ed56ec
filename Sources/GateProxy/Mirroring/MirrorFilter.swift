// Copies of requests for an upstream that is on trial. Whatever becomes of a copy, the request itself does not wait for it.

import GateCore
import GateHTTP

/// Copies a share of a route's requests.
final class MirrorFilter: Filter {
    private let plan: MirrorPlan
    private let upstream: UpstreamRuntime
    private let tally = MirrorTally()

    init(_ plan: MirrorPlan, to upstream: UpstreamRuntime) {
        self.plan = plan
        self.upstream = upstream
    }

    /// Behind everything that refuses or changes requests.
    var phase: FilterPhase { .handler }
    var interests: FilterInterests { [.requestHead, .requestBody] }

    func requestHead(_ exchange: Exchange) -> FilterVerdict {
        let worker = exchange.worker
        guard worker.random.number(below: 100) < plan.sharePercent, exchange.upgradeField == nil else { return .next }
        guard tally.inFlight < plan.inFlightMax, (exchange.declaredBodyBytes ?? 0) <= plan.bodyBytesMax else {
            worker.counters.mirrorsDropped += 1
            return .next
        }
        let copy = MirrorRequest(of: exchange, to: upstream, tally)
        if exchange.requestFraming == .none { copy.start() } else { exchange.setState(copy, for: self) }
        return .next
    }

    func requestBody(_ exchange: Exchange, _ bytes: Span<UInt8>, _ next: BodyOutput) -> Flow {
        if let copy = exchange.state(for: self) as? MirrorRequest, !copy.add(bytes, max: plan.bodyBytesMax) {
            exchange.setState(nil, for: self)
            exchange.worker.counters.mirrorsDropped += 1
        }
        return next.send(bytes)
    }

    func requestEnd(_ exchange: Exchange, _ next: BodyOutput) {
        guard let copy = exchange.state(for: self) as? MirrorRequest else { return }
        exchange.setState(nil, for: self)
        copy.start()
    }
}

/// Copies under way.
final class MirrorTally {
    var inFlight = 0
}
