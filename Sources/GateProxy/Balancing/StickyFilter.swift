/// Gives clients the cookie that binds them to their server, where an upstream wants that.
final class StickyFilter: Filter {
    struct Factory: FilterFactory {
        func makeFilter() -> any Filter { StickyFilter() }
    }

    var phase: FilterPhase { .handler }
    var interests: FilterInterests { .responseHead }

    func responseHead(_ exchange: Exchange) -> FilterVerdict {
        guard exchange.pickReason != .sticky, let upstream = exchange.upstream, let sticky = upstream.sticky,
            let target = exchange.target
        else { return .next }
        // Who was turned away by a full server comes back to it.
        if let own = sticky.server(of: exchange), own === target || upstream.isOnlyFull(own, for: exchange) {
            return .next
        }
        sticky.bind(exchange, to: target)
        return .next
    }
}
