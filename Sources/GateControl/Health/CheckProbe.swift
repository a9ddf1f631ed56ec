// What a check says to a server and what it wants to hear. No socket, no clock.

import GateCore
import GateProxy

/// One conversation with a server.
protocol CheckProbe {
    /// What is sent once the connection is there; when it is empty, the connection is all that is wanted.
    var opening: [UInt8] { get }
    /// What is offered by ALPN where TLS comes first.
    var applicationProtocols: [String] { get }
    /// TLS is there, and this is what both sides speak by ALPN; nil: there was no talk of it.
    /// - Returns: how the check ends, if it does.
    mutating func agreed(_ protocol: String?) -> CheckOutcome?
    /// Bytes came.
    mutating func receive(_ bytes: Span<UInt8>) -> ProbeStep
    /// The server will send no more.
    mutating func ended() -> CheckOutcome
}

extension CheckProbe {
    mutating func agreed(_ protocol: String?) -> CheckOutcome? { nil }
}

/// What follows from bytes that came.
enum ProbeStep: Equatable {
    case needMore
    /// Say this, and go on.
    case send([UInt8])
    case done(CheckOutcome)
}

/// A connection is enough.
struct TCPProbe: CheckProbe {
    var opening: [UInt8] { [] }
    var applicationProtocols: [String] { [] }
    mutating func receive(_ bytes: Span<UInt8>) -> ProbeStep { .done(.good) }
    mutating func ended() -> CheckOutcome { .good }
}

extension CheckTarget {
    /// A conversation with the server, in what is spoken to it.
    func makeProbe() -> any CheckProbe {
        switch plan.probe {
        case .tcp: TCPProbe()
        case .http(let http): makeHTTPProbe(http)
        case .grpc(let service): GRPCProbe(service: service, authority: host, isSecure: tls != nil)
        }
    }

    private func makeHTTPProbe(_ http: HTTPCheckPlan) -> any CheckProbe {
        switch serverProtocol {
        case .http1: HTTPProbe(http, host: host)
        case .http2: HTTP2Probe(http, host: host, isSecure: tls != nil)
        case .negotiated: tls == nil ? HTTPProbe(http, host: host) : NegotiatedProbe(http, host: host)
        }
    }
}
