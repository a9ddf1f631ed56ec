// What servers are told of the client's TLS: its certificate (RFC 9440), and that a request may be a recording (RFC 8470).
// What an untrusted client says of its certificate is removed where the other forwarding fields are.

import GateCore
import GateHTTP

/// Adds Client-Cert, Client-Cert-Chain and Early-Data. A part of `ForwardingFilter`, not a filter: requests in clear text
/// shall not pay for a call.
enum ClientTLSFields {
    private static let certificate = Array("Client-Cert".utf8)
    private static let chain = Array("Client-Cert-Chain".utf8)
    private static let earlyData = Array("Early-Data".utf8)

    /// Only for a client that speaks TLS.
    static func add(to exchange: Exchange, _ tls: TLSFacts) {
        if let client = tls.client { tell(of: client, &exchange.request) }
        // RFC 8470 §5.1. What a client says of the kind itself is kept.
        if exchange.facts.isEarly {
            let yes: [UInt8] = [UInt8(ascii: "1")]
            exchange.request.set(named: earlyData.span, yes.span)
        }
    }

    private static func tell(of client: ClientCertificate, _ request: inout MessageHead) {
        let field = client.field
        request.set(named: certificate.span, field.span)
        request.remove(named: chain.span)
        if let chainField = client.chainField { request.add(named: chain.span, chainField.span) }
    }
}
