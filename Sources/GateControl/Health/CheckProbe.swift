// What a check says to a server and what it wants to hear. No socket, no clock.

import GateCore
import GateProxy

/// One conversation with a server.
protocol CheckProbe {
    /// What is sent once the connection is there; when it is empty, the connection is all that is wanted.
    var opening: [UInt8] { get }
    /// What is offered by ALPN where TLS comes first.
    var applicationProtocols: [String] { get }
    /// Bytes came.
    mutating func receive(_ bytes: Span<UInt8>) -> ProbeStep
    /// The server will send no more.
    mutating func ended() -> CheckOutcome
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

extension CheckPlan {
    /// A conversation for a server that is known by this Host. `isSecure`: it goes over TLS.
    func makeProbe(host: String, isSecure: Bool) -> any CheckProbe {
        switch probe {
        case .tcp: TCPProbe()
        case .http(let plan): HTTPProbe(plan, host: host)
        case .grpc(let service): GRPCProbe(service: service, authority: host, isSecure: isSecure)
        }
    }
}
