// What a worker counts. Plain numbers: nobody else writes them, and others get copies.

import GateHTTP2

/// Counts since the start, and a few levels of the moment. Sums over workers make those of the process.
public struct Counters: Sendable, Equatable {
    public var acceptedConnections = 0
    /// Connections refused by a limit.
    public var refusedConnections = 0
    /// Times that accepting rested for want of descriptors.
    public var acceptPauses = 0
    /// Client connections that are open.
    public var openConnections = 0
    /// Server connections that are open, the idle ones among them.
    public var serverConnections = 0
    /// Server connections that wait in pools.
    public var idleServerConnections = 0
    public var connects = 0
    public var reuses = 0
    public var retries = 0
    /// Requests that went to a second server beside the first.
    public var hedges = 0
    /// Copies of requests that were sent.
    public var mirrored = 0
    /// Copies that were left out, as too many were under way or the body was too large.
    public var mirrorsDropped = 0
    /// Exchanges that are under way.
    public var activeExchanges = 0
    /// Those among them that wait for a server with room.
    public var waitingExchanges = 0
    /// Buffers that are out of the pools.
    public var buffersOut = 0
    /// Pipes that are out of the pools.
    public var pipesOut = 0
    public var requestBytes = 0
    public var responseBytes = 0
    public var logLinesDropped = 0
    /// TLS handshakes with clients that came to their end.
    public var handshakes = 0
    /// Those among them that went on from an earlier session.
    public var resumedHandshakes = 0
    /// TLS handshakes with clients that are under way.
    public var handshakesUnderWay = 0
    /// TLS handshakes with clients that were no connection, by why; the index is `HandshakeEnd.rawValue`.
    public var handshakeEnds = [Int](repeating: 0, count: HandshakeEnd.allCases.count)
    /// Rules of HTTP/2 that clients broke, those on single streams among them; the index is that of `http2FailureNames`.
    public var http2Failures = [Int](repeating: 0, count: HTTP2Failure.allCases.count)
    /// Exchanges by the reason that ended them; the index is `EndReason.rawValue`.
    public var endings = [Int](repeating: 0, count: EndReason.allCases.count)

    public init() {}

    /// Exchanges that ended for this reason.
    public subscript(reason: EndReason) -> Int { endings[Int(reason.rawValue)] }

    /// Handshakes that ended for this reason.
    public subscript(end: HandshakeEnd) -> Int { handshakeEnds[Int(end.rawValue)] }

    /// Names of `http2Failures`, as logs have them.
    public static let http2FailureNames: [String] = HTTP2Failure.allCases.map(\.name)

    /// How often clients' HTTP/2 broke the rule of this name.
    public func http2Failures(_ name: String) -> Int {
        Self.http2FailureNames.firstIndex(of: name).map { http2Failures[$0] } ?? 0
    }

    /// Exchanges that ended.
    public var exchanges: Int { endings.reduce(0, +) }

    public static func += (sum: inout Counters, other: Counters) {
        sum.acceptedConnections += other.acceptedConnections
        sum.refusedConnections += other.refusedConnections
        sum.acceptPauses += other.acceptPauses
        sum.openConnections += other.openConnections
        sum.serverConnections += other.serverConnections
        sum.idleServerConnections += other.idleServerConnections
        sum.connects += other.connects
        sum.reuses += other.reuses
        sum.retries += other.retries
        sum.hedges += other.hedges
        sum.mirrored += other.mirrored
        sum.mirrorsDropped += other.mirrorsDropped
        sum.activeExchanges += other.activeExchanges
        sum.waitingExchanges += other.waitingExchanges
        sum.buffersOut += other.buffersOut
        sum.pipesOut += other.pipesOut
        sum.requestBytes += other.requestBytes
        sum.responseBytes += other.responseBytes
        sum.logLinesDropped += other.logLinesDropped
        sum.handshakes += other.handshakes
        sum.resumedHandshakes += other.resumedHandshakes
        sum.handshakesUnderWay += other.handshakesUnderWay
        for index in sum.handshakeEnds.indices { sum.handshakeEnds[index] += other.handshakeEnds[index] }
        for index in sum.http2Failures.indices { sum.http2Failures[index] += other.http2Failures[index] }
        for index in sum.endings.indices { sum.endings[index] += other.endings[index] }
    }
}
