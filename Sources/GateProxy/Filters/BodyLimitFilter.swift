// 413 before a byte of the body is read, where the length is declared. Bodies without a declared length are counted
// by the exchange as they come.

import GateHTTP

/// Refuses a declared body above the route's bound.
final class BodyLimitFilter: Filter {
    struct Factory: FilterFactory {
        func makeFilter() -> any Filter { BodyLimitFilter() }
    }

    var phase: FilterPhase { .limits }
    var interests: FilterInterests { .requestHead }

    func requestHead(_ exchange: Exchange) -> FilterVerdict {
        if case .length(let count) = exchange.requestFraming, count > exchange.requestBodyBytesMax {
            exchange.fail(.bodyTooLarge)
        }
        return .next
    }
}
