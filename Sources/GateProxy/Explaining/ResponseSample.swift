// What a route does to answers, shown on one: the filters that serve get an answer such as many servers send.

import GateCore
import GateHTTP

/// An answer that a server might send.
enum ResponseSample {
    /// The fields of the sample that change on their way to the client, and those that are added: a line each.
    static func changes(_ exchange: Exchange, _ server: ServerRuntime?) -> [String] {
        guard let route = exchange.route else { return [] }
        let before = fields(server?.plan.host ?? "localhost")
        exchange.response.reset()
        exchange.response.status = 200
        for field in before { exchange.response.add(field.name, field.value) }
        exchange.status = 200
        exchange.stage = .responseFilters
        for index in 0..<route.responseHeadFilters.count {
            guard case .next = route.responseHeadFilters.with(index, { $0.responseHead(exchange) }) else {
                return ["the whole answer may be replaced"]
            }
        }
        return differences(before.map { "\($0.name): \($0.value)" }, exchange.response.fieldLines())
    }

    private static func fields(_ host: String) -> [FixedAnswer.Field] {
        [
            .init("Server", "backend/1.0"), .init("X-Powered-By", "backend"), .init("Location", "http://\(host)/path"),
            .init("Set-Cookie", "id=1; Domain=\(host.prefix { $0 != ":" }); Path=/"),
            .init("Content-Type", "text/html"),
        ]
    }

    private static func differences(_ before: [String], _ after: [String]) -> [String] {
        let removed = before.filter { !after.contains($0) }
        var added = after.filter { !before.contains($0) }
        var lines: [String] = []
        for line in removed {
            let name = line.prefix { $0 != ":" }
            if let index = added.firstIndex(where: { $0.hasPrefix(name + ":") }) {
                lines.append("\(line) -> \(added.remove(at: index).dropFirst(name.count + 2))")
            } else {
                lines.append("\(name) is removed")
            }
        }
        return lines + added.map { "\($0) is added" }
    }
}
