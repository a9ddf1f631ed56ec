// An upstream's cookie on one worker: which value means which server. Values are made beforehand, so that a request costs
// a look-up and a first answer a field.

import GateCore
import GateHTTP

/// From cookie values to servers and back.
final class StickyTable {
    private let name: [UInt8]
    private let values: ByteTable
    private let servers: [ServerRuntime]
    /// Set-Cookie for each server, without Secure and with it.
    private let fields: [UInt32: (plain: [UInt8], secure: [UInt8])]

    init(_ plan: StickyPlan, upstream: String, _ servers: [ServerRuntime]) {
        name = Array(plan.cookie.utf8)
        self.servers = servers
        let made = servers.map { plan.value(upstream: upstream, server: $0.plan) }
        values = ByteTable(made.enumerated().map { ($0.element, Int32($0.offset)) })
        var fields: [UInt32: (plain: [UInt8], secure: [UInt8])] = [:]
        for (server, value) in zip(servers, made) {
            var text = "\(plan.cookie)=\(value); Path=\(plan.path); HttpOnly; SameSite=Lax"
            if let seconds = plan.maxAgeSeconds { text += "; Max-Age=\(seconds)" }
            fields[server.serial] = (Array(text.utf8), Array("\(text); Secure".utf8))
        }
        self.fields = fields
    }

    /// The server that the request's cookie names; nil when it has none, or one that we did not make.
    func server(of exchange: Exchange) -> ServerRuntime? {
        let name = name
        var from = 0
        while let index = exchange.request.first(.cookie, from: from) {
            from = index + 1
            guard let range = CookieString.value(of: name.span, in: exchange.requestValue(index)) else { continue }
            let found = values.value(exchange.requestValue(index).extracting(range))
            if let found { return servers[Int(found)] }
        }
        return nil
    }

    /// Binds the client to the server that answered.
    func bind(_ exchange: Exchange, to server: ServerRuntime) {
        guard let field = fields[server.serial] else { return }
        let value = exchange.isPublicSideSecure ? field.secure : field.plain
        exchange.response.add(.setCookie, value.span)
    }
}
