import GateHTTP

extension Exchange {
    /// What a server is told about the connection by a PROXY header.
    var proxyHeader: ProxyHeader {
        guard facts.isPeerKnown else { return ProxyHeader() }
        return ProxyHeader(
            source: .init(peerAddress, port: peerPort), destination: .init(localAddress, port: localPort))
    }
}
