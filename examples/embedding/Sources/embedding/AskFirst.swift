// The filter: who may pass is for another server to say.

import Gatehouse

/// Asks an upstream about each request before it goes on. The upstream sees method, target and credentials; 2xx lets the
/// request pass, with the `X-User` that it named, any other answer is given to the client in place of the application's.
final class AskFirst: Filter {
    struct Factory: FilterFactory {
        /// Who is asked: an upstream's name in the configuration.
        let upstream: String

        func makeFilter() -> any Filter { AskFirst(upstream) }
    }

    private let upstream: String

    init(_ upstream: String) { self.upstream = upstream }

    var phase: FilterPhase { .authentication }
    var interests: FilterInterests { .requestHead }

    func requestHead(_ exchange: Exchange) -> FilterVerdict {
        exchange.subrequest(question(about: exchange)) { [self, unowned exchange] answer in
            exchange.resume(verdict(answer, exchange))
        }
        return .wait
    }

    private func question(about exchange: Exchange) -> Subrequest {
        var fields: [FixedAnswer.Field] = [
            .init("X-Original-Method", exchange.requestMethod.text),
            .init("X-Original-URI", exchange.requestTarget.text),
        ]
        if let credentials = exchange.request.text(.authorization) {
            fields.append(.init("Authorization", credentials))
        }
        return Subrequest(upstream: upstream, target: "/may-pass", fields: fields)
    }

    private func verdict(_ answer: SubrequestResult, _ exchange: Exchange) -> FilterVerdict {
        // No answer is no permission.
        guard let status = answer.status else { return .answer(FixedAnswer(error: 503)) }
        guard (200...299).contains(status) else { return .answer(refusal(status, answer)) }
        // Whatever the client says of itself, the application hears what the doorkeeper says.
        exchange.request.set("X-User", answer.field("X-User") ?? "nobody")
        return .next
    }

    private func refusal(_ status: Int, _ answer: SubrequestResult) -> FixedAnswer {
        guard status == 401 || status == 403 else { return FixedAnswer(error: 503) }
        let challenge = answer.field("WWW-Authenticate").map { [FixedAnswer.Field("WWW-Authenticate", $0)] }
        return FixedAnswer(error: status, fields: challenge ?? [])
    }
}
