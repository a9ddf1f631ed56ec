// What is to be checked: made from a plan, compared with what is checked already.

import GateCore
import GateHTTP
import GateProxy
import GateTLS

/// A server and the rules by which it is checked.
struct CheckTarget: Sendable, Equatable {
    let key: ServerKey
    let address: SocketAddress
    /// The Host that it is known by.
    let host: String
    let plan: CheckPlan
    let proxyProtocol: ProxyProtocolVersion?
    /// What is spoken to it.
    let serverProtocol: ServerProtocolPlan
    /// How it is spoken to over TLS; nil: in clear text.
    let tls: CheckTLS?

    /// Every server of a plan that is to be checked. Those that take no requests are, too: they may be about to.
    static func all(in plan: Plan) -> [CheckTarget] {
        plan.upstreams.flatMap { upstream -> [CheckTarget] in
            guard let check = upstream.check else { return [] }
            return upstream.servers.compactMap { server in
                guard let address = server.address else { return nil }
                return CheckTarget(
                    key: ServerKey(upstream: upstream.name, server: server), address: Self.address(address, check),
                    host: server.host, plan: check, proxyProtocol: upstream.proxyProtocol,
                    serverProtocol: upstream.serverProtocol,
                    tls: CheckTLS(upstream, server))
            }
        }
    }

    private static func address(_ address: SocketAddress, _ check: CheckPlan) -> SocketAddress {
        guard let port = check.port, case .ip(let ip, _) = address else { return address }
        return .ip(ip, port: port)
    }

    /// What a server that wants the PROXY protocol must hear first: that nobody is behind this.
    var header: [UInt8] {
        var buffer = ByteBuffer(capacity: 64)
        switch proxyProtocol {
        case nil: return []
        case .v1: ProxyHeaderV1.append(ProxyHeader(isLocal: true), to: &buffer)
        case .v2: ProxyHeaderV2.append(ProxyHeader(isLocal: true), to: &buffer)
        }
        return buffer.span.withUnsafeBufferPointer { Array($0) }
    }
}

/// TLS of a check: as requests have it, but for what is offered by ALPN.
struct CheckTLS: Sendable, Equatable {
    let context: ClientTLSContext
    let name: TLSServerName

    /// Nil for a server in clear text.
    init?(_ upstream: UpstreamPlan, _ server: ServerPlan) {
        guard let context = upstream.tls, let name = server.tlsName else { return nil }
        self.context = context
        self.name = name
    }
}
