// A backend for the demo: it says who it is and what it was asked. One thread, one connection at a time is enough.

import GateControl
import GateCore
import GateProxy
import Gatehouse

/// A little server made of Gatehouse itself: a listener whose every request is answered by a filter.
struct DemoBackend {
    let port: UInt16
    private let proxy: Proxy

    init(name: String) throws {
        let text = """
            workers: 1
            listeners: [{ name: backend, address: "127.0.0.1:0" }]
            log: { access: off, error: { level: error } }
            trusted_proxies: [127.0.0.1]
            sites: [{ routes: [{ respond: { status: 200 } }] }]
            """
        proxy = try Proxy(text: text, name: "demo", filters: [DemoFilter.Factory(name: name)])
        try proxy.start()
        port = proxy.addresses["backend"]?.port ?? 0
    }
}

/// Answers with what was asked.
final class DemoFilter: Filter {
    struct Factory: FilterFactory {
        let name: String
        func makeFilter() -> any Filter { DemoFilter(name) }
    }

    private let name: String

    init(_ name: String) { self.name = name }

    var phase: FilterPhase { .rewrite }
    var interests: FilterInterests { .requestHead }

    func requestHead(_ exchange: Exchange) -> FilterVerdict {
        let body = """
            Backend \(name) was asked: \(exchange.requestMethod.text) \(exchange.requestTarget.text)
            by \(exchange.clientAddress), request \(exchange.id.text)

            """
        return .answer(
            FixedAnswer(
                status: 200, fields: [.init("Content-Type", "text/plain; charset=utf-8"), .init("X-Backend", name)],
                body: Array(body.utf8)))
    }
}
