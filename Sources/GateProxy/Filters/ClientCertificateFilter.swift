// Client-Cert and Client-Cert-Chain (RFC 9440): who the client is, for servers that cannot see its certificate. What an
// untrusted client says of the kind is removed where the other forwarding fields are.

import GateCore
import GateHTTP

/// Tells servers of the certificate that the client has proved to own.
final class ClientCertificateFilter: Filter {
    struct Factory: FilterFactory {
        func makeFilter() -> any Filter { ClientCertificateFilter() }
    }

    private static let name = Array("Client-Cert".utf8)
    private static let chainName = Array("Client-Cert-Chain".utf8)

    var phase: FilterPhase { .clientAddress }
    var interests: FilterInterests { .requestHead }

    func requestHead(_ exchange: Exchange) -> FilterVerdict {
        guard let tls = exchange.facts.tls, let client = tls.object.client else { return .next }
        let field = client.field
        exchange.request.set(named: Self.name.span, field.span)
        exchange.request.remove(named: Self.chainName.span)
        if let chain = client.chainField { exchange.request.add(named: Self.chainName.span, chain.span) }
        return .next
    }
}
