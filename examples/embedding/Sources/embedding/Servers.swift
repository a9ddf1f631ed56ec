// The two servers behind the proxy. They are Gatehouse as well, with a filter that answers, so that the example needs nothing else.

import Gatehouse

/// A server on a port that the kernel chooses.
final class SmallServer {
    private let proxy: Proxy

    /// Where it is reached.
    var url: String { "http://\(proxy.addresses["server"]!)" }

    init(_ answer: @escaping @Sendable (Exchange) -> FixedAnswer) throws {
        let configuration = """
            workers: 1
            listeners: [{ name: server, address: "127.0.0.1:0" }]
            sites: [{ routes: [{ respond: 404 }] }]
            log: { access: off, error: { level: error } }
            """
        proxy = try Proxy(text: configuration, filters: [Answering(answer: answer)])
        try proxy.start()
    }
}

/// Makes filters that answer every request.
struct Answering: FilterFactory {
    let answer: @Sendable (Exchange) -> FixedAnswer

    func makeFilter() -> any Filter { AnsweringFilter(answer) }
}

final class AnsweringFilter: Filter {
    private let answer: (Exchange) -> FixedAnswer

    init(_ answer: @escaping (Exchange) -> FixedAnswer) { self.answer = answer }

    var phase: FilterPhase { .rewrite }
    var interests: FilterInterests { .requestHead }

    func requestHead(_ exchange: Exchange) -> FilterVerdict { .answer(answer(exchange)) }
}

/// Knows who may pass: whoever has the word, but nobody to `/secret`.
enum Doorkeeper {
    static func answer(_ exchange: Exchange) -> FixedAnswer {
        guard exchange.request.text(.authorization) == "Bearer open-sesame" else {
            return FixedAnswer(error: 401, fields: [.init("WWW-Authenticate", "Bearer")])
        }
        let target = exchange.request.text(named: "X-Original-URI") ?? "/secret"
        if target.hasPrefix("/secret") { return FixedAnswer(error: 403) }
        return FixedAnswer(status: 204, fields: [.init("X-User", "ali")])
    }
}

/// Greets whom the doorkeeper let through.
enum Application {
    static func answer(_ exchange: Exchange) -> FixedAnswer {
        let text = "Hello \(exchange.request.text(named: "X-User") ?? "stranger"), here is \(exchange.path.text).\n"
        return FixedAnswer(
            status: 200, fields: [.init("Content-Type", "text/plain; charset=utf-8")], body: Array(text.utf8))
    }
}
