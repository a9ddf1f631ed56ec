// What servers are told of the client's TLS: its certificate (RFC 9440), and that a request may be a recording (RFC 8470).
// What an untrusted client says of its certificate is removed where the other forwarding fields are.

import GateCore
import GateHTTP

/// Adds Client-Cert, Client-Cert-Chain and Early-Data.
final class ClientTLSFilter: Filter {
    struct Factory: FilterFactory {
        func makeFilter() -> any Filter { ClientTLSFilter() }
    }

    private static let certificate = Array("Client-Cert".utf8)
    private static let chain = Array("Client-Cert-Chain".utf8)
    private static let earlyData = Array("Early-Data".utf8)

    var phase: FilterPhase { .clientAddress }
    var interests: FilterInterests { .requestHead }

    func requestHead(_ exchange: Exchange) -> FilterVerdict {
        guard let tls = exchange.facts.tls else { return .next }
        if let client = tls.object.client { tell(of: client, &exchange.request) }
        // RFC 8470 §5.1. What a client says of the kind itself is kept.
        if exchange.facts.isEarly {
            let yes: [UInt8] = [UInt8(ascii: "1")]
            exchange.request.set(named: Self.earlyData.span, yes.span)
        }
        return .next
    }

    private func tell(of client: ClientCertificate, _ request: inout MessageHead) {
        let field = client.field
        request.set(named: Self.certificate.span, field.span)
        request.remove(named: Self.chain.span)
        if let chain = client.chainField { request.add(named: Self.chain.span, chain.span) }
    }
}
