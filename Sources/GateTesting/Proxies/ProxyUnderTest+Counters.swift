// The proxy's counters by the names that tests use: the one place to change when the product's names do.

internal import GateProxy
internal import Gatehouse

extension ProxyUnderTest {
    /// What the proxy holds at this moment.
    public var holdings: [(name: String, count: Int)] {
        let counters = proxy.counters()
        return [
            ("client connections", counters.openConnections), ("upstream connections", counters.serverConnections),
            ("handshakes", counters.handshakesUnderWay), ("exchanges", counters.activeExchanges),
            ("buffers", counters.buffersOut), ("pipes", counters.pipesOut),
        ]
    }

    /// Exchanges that are under way, copies among them.
    public var activeExchanges: Int { proxy.counters().activeExchanges }
    /// Copies of requests that were sent to mirrors.
    public var mirrored: Int { proxy.counters().mirrored }
    /// Copies that were left out.
    public var mirrorsDropped: Int { proxy.counters().mirrorsDropped }

    /// Client connections that are open.
    public var openConnections: Int { proxy.counters().openConnections }

    /// TLS handshakes with clients that are under way.
    public var handshakesUnderWay: Int { proxy.counters().handshakesUnderWay }

    /// TLS handshakes that ended for the reason of this name, without a connection.
    public func handshakeEnds(_ reason: String) -> Int { allHandshakeEnds[reason] ?? 0 }

    /// TLS handshakes that were no connection in the end, by reason, those of none left out.
    public var allHandshakeEnds: [String: Int] {
        let counters = proxy.counters()
        let pairs = HandshakeEnd.allCases.map { ("\($0.name)", counters[$0]) }
        return Dictionary(uniqueKeysWithValues: pairs.filter { $0.1 > 0 })
    }

    /// How often clients broke HTTP/2's rule of this name.
    public func http2Failures(_ name: String) -> Int { proxy.counters().http2Failures(name) }

    /// Exchanges that wait for a server with room.
    public var waitingExchanges: Int { proxy.counters().waitingExchanges }

    /// Buffers that connections hold.
    public var buffersOut: Int { proxy.counters().buffersOut }

    /// Times that accepting rested for want of descriptors.
    public var acceptPauses: Int { proxy.counters().acceptPauses }

    /// Exchanges that ended for the reason of this name.
    public func endings(_ reason: String) -> Int { allEndings[reason] ?? 0 }

    /// Exchanges by the reason for which they ended, those of none left out.
    public var allEndings: [String: Int] {
        let counters = proxy.counters()
        let pairs = EndReason.allCases.map { ("\($0.name)", counters[$0]) }
        return Dictionary(uniqueKeysWithValues: pairs.filter { $0.1 > 0 })
    }
}
