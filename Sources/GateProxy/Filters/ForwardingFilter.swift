// Who the client is, for the servers: X-Forwarded-* and Forwarded (RFC 7239), and Via (RFC 9110 §7.6.3).

import GateCore
import GateHTTP

/// Replaces what untrusted peers say of the client, and appends to what trusted proxies say.
final class ForwardingFilter: Filter {
    struct Factory: FilterFactory {
        func makeFilter() -> any Filter { ForwardingFilter() }
    }

    var phase: FilterPhase { .clientAddress }
    var interests: FilterInterests { .requestHead }

    func requestHead(_ exchange: Exchange) -> FilterVerdict {
        let isTrusted = exchange.comesFromTrustedProxy
        exchange.facts.clientAddress =
            isTrusted
            ? ClientAddress.find(
                in: exchange.request, peer: exchange.peerAddress, trusted: exchange.worker.trustedProxies)
            : exchange.peerAddress
        let forwarding = Forwarding(
            peer: exchange.facts.isPeerKnown ? exchange.peerAddress : nil, isPeerTrusted: isTrusted,
            isSecure: exchange.isSecure, port: exchange.localPort)
        forwarding.write([.xForwarded, .forwarded], to: &exchange.request)
        exchange.facts.tls?.with { ClientTLSFields.add(to: exchange, $0) }
        guard exchange.borrowedRoute?.with({ $0.sendsVia }) ?? true else { return .next }
        exchange.request.add(.via, Self.via(exchange.clientVersion))
        return .next
    }

    private static func via(_ version: HTTPVersion) -> StaticString {
        switch version {
        case .http10: "1.0 gatehouse"
        case .http11: "1.1 gatehouse"
        case .http2: "2.0 gatehouse"
        }
    }
}
