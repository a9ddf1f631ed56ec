// Backends that call themselves by their own address, or believe that they live at `/`: what they say of it is mapped to
// the name and the path that the client used.

import GateCore
import GateHTTP

/// Maps Location, Content-Location, Refresh, Link and Set-Cookie back to the public side (DESIGN §4).
final class PublicSideFilter: Filter {
    struct Factory: FilterFactory {
        func makeFilter() -> any Filter { PublicSideFilter() }
    }

    var phase: FilterPhase { .rewrite }
    var interests: FilterInterests { .responseHead }

    private static let fields =
        KnownField.location.bit | KnownField.contentLocation.bit | KnownField.refresh.bit | KnownField.link.bit
        | KnownField.setCookie.bit

    func responseHead(_ exchange: Exchange) -> FilterVerdict {
        if exchange.response.mayHaveAny(Self.fields) { PublicSide.map(exchange) }
        return .next
    }
}

/// Fields of a response that name places of their server.
enum PublicSide {
    static func map(_ exchange: Exchange) {
        guard exchange.route?.plan.rewriting.mapsBack ?? false, exchange.target != nil else { return }
        let urls = PublicURLs(exchange)
        replace(.location, exchange) { urls.append($0, to: &$1) }
        replace(.contentLocation, exchange) { urls.append($0, to: &$1) }
        replace(.refresh, exchange) { urls.appendRefresh($0, to: &$1) }
        replace(.link, exchange) { urls.appendLink($0, to: &$1) }
        let cookies = PublicCookies(urls)
        replace(.setCookie, exchange) { cookies.append($0, to: &$1) }
    }

    /// Links of a 103 (RFC 8297 §2) point where those of the final answer will.
    static func mapInformational(_ exchange: Exchange) {
        guard exchange.route?.plan.rewriting.mapsBack ?? false, exchange.target != nil else { return }
        let urls = PublicURLs(exchange)
        replace(.link, exchange) { urls.appendLink($0, to: &$1) }
    }

    /// Gives each field of that name the value that `write` makes of it; false leaves it as it is.
    private static func replace(
        _ field: KnownField, _ exchange: Exchange, _ write: (Span<UInt8>, inout ByteBuffer) -> Bool
    ) {
        var from = 0
        while let index = exchange.response.first(field, from: from) {
            from = index + 1
            var value = exchange.worker.pool.take()
            if write(exchange.responseValue(index), &value) {
                exchange.response.replaceValue(at: index, with: value.span)
            }
            exchange.worker.pool.give(value)
        }
    }
}
