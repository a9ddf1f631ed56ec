// What `hash` hashes, taken from a request.

import GateCore
import GateHTTP

extension HashKey {
    /// Fixed, so that workers, restarts and other hosts send a key to the same server.
    private static let sip = SipHash(0x6761_7465_686f_7573, 0x6b65_7973_2e76_3031)

    /// The hash of the request's key; nil for a request that has none.
    func hash(of exchange: Exchange) -> UInt64? {
        switch self {
        case .clientAddress:
            let address = exchange.clientAddress
            return Self.sip.hash(address.high &* 0x9E37_79B9_7F4A_7C15 ^ address.low)
        case .path: return Self.sip.hash(exchange.path)
        case .field(let name):
            return exchange.request.first(named: name.span).map { Self.sip.hash(exchange.requestValue($0)) }
        case .cookie(let name): return Self.hashOfCookie(name, exchange)
        case .query(let name): return Self.hashOfQuery(name, exchange)
        }
    }

    private static func hashOfCookie(_ name: [UInt8], _ exchange: Exchange) -> UInt64? {
        var at = 0
        while let index = exchange.request.first(.cookie, from: at) {
            let field = exchange.requestValue(index)
            if let range = CookieString.value(of: name.span, in: field) { return sip.hash(field.extracting(range)) }
            at = index + 1
        }
        return nil
    }

    private static func hashOfQuery(_ name: [UInt8]?, _ exchange: Exchange) -> UInt64? {
        let query = exchange.requestQuery
        guard let name else { return query.isEmpty ? nil : sip.hash(query) }
        return QueryParameters.value(of: name.span, in: query).map { sip.hash(query.extracting($0)) }
    }
}
