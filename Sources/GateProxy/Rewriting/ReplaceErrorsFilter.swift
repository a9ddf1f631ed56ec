import GateCore
import GateHTTP

/// Puts an answer of our own in the place of a server's, by its status: the error page for it, or the usual body.
final class ReplaceErrorsFilter: Filter {
    struct Factory: FilterFactory {
        let statuses: [StatusPattern]
        func makeFilter() -> any Filter { ReplaceErrorsFilter(statuses) }
    }

    private let statuses: [StatusPattern]

    init(_ statuses: [StatusPattern]) { self.statuses = statuses }

    var phase: FilterPhase { .rewrite }
    var interests: FilterInterests { .responseHead }

    func responseHead(_ exchange: Exchange) -> FilterVerdict {
        let status = exchange.response.status
        guard (400...599).contains(status), statuses.contains(where: { $0.matches(status) }) else { return .next }
        return .answer(FixedAnswer(error: status, fields: Self.kept(of: exchange)))
    }

    /// What the status would mean nothing without: RFC 9110 §10.2.1, §10.2.3, §11.6.1.
    private static func kept(of exchange: Exchange) -> [FixedAnswer.Field] {
        var fields: [FixedAnswer.Field] = []
        for known in [KnownField.wwwAuthenticate, .allow, .retryAfter] {
            var from = 0
            while let index = exchange.response.first(known, from: from) {
                from = index + 1
                fields.append(.init("\(known.name)", exchange.responseValue(index).text))
            }
        }
        return fields
    }
}
