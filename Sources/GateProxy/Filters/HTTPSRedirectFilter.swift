// `redirect_to_https`: the same URL with the other scheme.

import GateCore
import GateHTTP

/// Answers every request with its own URL under https.
final class HTTPSRedirectFilter: Filter {
    struct Factory: FilterFactory {
        func makeFilter() -> any Filter { HTTPSRedirectFilter() }
    }

    var phase: FilterPhase { .handler }
    var interests: FilterInterests { .requestHead }

    func requestHead(_ exchange: Exchange) -> FilterVerdict {
        // Without a host there is nothing to point at.
        guard exchange.hostCount > 0 else { return .answer(FixedAnswer(error: 400)) }
        let parts = exchange.targetParts
        let target = exchange.requestTarget
        var location = "https://" + exchange.host.text
        let path = target.extracting(parts.path)
        location += path.isEmpty || parts.form == .asterisk ? "/" : path.text
        location += target.extracting(parts.query).text
        return .answer(.redirect(to: location, status: 308))
    }
}
