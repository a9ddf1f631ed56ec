// One server's HTTP/2 connections on one worker: which of them takes the next request, and when another one is begun.

import GateCore
import GateEngine
import GateHTTP2

/// The HTTP/2 connections to a server. Exists where HTTP/2 is spoken, or may turn out to be.
final class HTTP2ServerPool {
    /// What the server chose last by ALPN.
    enum Spoken { case unknown, http1, http2 }

    /// Streams that a server is taken to allow at once until its settings say (RFC 9113 §6.5.2 asks for 100 at least).
    static let presumedStreamsMax = 100

    unowned(unsafe) let server: ServerRuntime
    private let worker: Worker
    private(set) var spoken: Spoken
    /// Every connection that may take requests, now or later.
    private var connections: ContiguousArray<HTTP2ServerConnection> = []
    /// Those with room, some of which may have lost it since. The last one that got room is the first to be used.
    private var roomy: ContiguousArray<HTTP2ServerConnection> = []
    private var dials: ContiguousArray<ServerDial> = []
    /// What a fresh connection is taken to bear: what the server allowed last.
    private var expectedStreams: Int
    private(set) var idleCount = 0
    private var isRetired = false
    /// What all connections are held to.
    private(set) var limits: HTTP2Limits

    init(_ server: ServerRuntime) {
        self.server = server
        worker = server.worker
        spoken = server.upstreamPlan.serverProtocol == .http2 ? .http2 : .unknown
        expectedStreams = min(server.upstreamPlan.http2.streamsMax, Self.presumedStreamsMax)
        limits = HTTP2Limits(server.upstreamPlan)
        followPlan()
    }

    // Numbers of the upstream's plan that every request asks for: reading them out of the plan would copy it.
    private(set) var requestsPerConnectionMax = Int.max
    private(set) var connectionLifetimeMs: UInt64 = 0
    private(set) var idleTimeoutMs = 0
    private(set) var pingAfterMs = 0

    /// The server's plan has changed, in ways that its connections outlive.
    func followPlan() {
        let plan = server.upstreamPlan
        limits = HTTP2Limits(plan)
        requestsPerConnectionMax = plan.requestsPerConnectionMax
        connectionLifetimeMs = UInt64(plan.connectionLifetimeMs)
        idleTimeoutMs = plan.idleTimeoutMs
        pingAfterMs = plan.http2.pingAfterMs
    }

    /// HTTP/2 is all that is spoken here.
    var isOnlyProtocol: Bool { server.upstreamPlan.serverProtocol == .http2 }

    /// Whether a request could go out without another connection.
    var hasRoom: Bool { roomy.contains { $0.hasRoom } || dials.contains { $0.hasRoom(expectedStreams) } }

    // MARK: Requests

    /// Gives the request to a connection that is there or on its way.
    /// - Returns: false when a new one is needed, or HTTP/1.1.
    func take(_ exchange: Exchange) -> Bool {
        if exchange.upgradeField != nil { return takeUpgrade(exchange) }
        if let connection = connectionWithRoom() {
            worker.counters.reuses += 1
            connection.start(exchange, takeStream())
            return true
        }
        if connections.contains(where: \.refusesAll) {
            exchange.serverFailed(.streamRefused, sent: .nothing, wasReused: false)
            return true
        }
        return join(exchange)
    }

    /// Where the server has answered with HTTP/1.1 every request dials for itself.
    private func join(_ exchange: Exchange) -> Bool {
        guard spoken != .http1, let dial = dials.first(where: { $0.hasRoom(expectedStreams) }) else { return false }
        dial.join(takeStream(), exchange)
        return true
    }

    /// Only a server that has said so takes extended CONNECT (RFC 8441 §3).
    private func takeUpgrade(_ exchange: Exchange) -> Bool {
        for connection in connections where connection.hasRoom {
            guard connection.mayStart(exchange) else { return refuseUpgrade(exchange) }
            connection.start(exchange, takeStream())
            return true
        }
        return join(exchange)
    }

    /// HTTP/1.1 has its own way of upgrading.
    private func refuseUpgrade(_ exchange: Exchange) -> Bool {
        if !isOnlyProtocol {
            exchange.needsHTTP1 = true
            return false
        }
        exchange.fail(.upgradeUnsupported)
        return true
    }

    private func connectionWithRoom() -> HTTP2ServerConnection? {
        while let last = roomy.last {
            if last.hasRoom { return last }
            last.isListed = false
            roomy.removeLast()
        }
        return nil
    }

    func takeStream() -> HTTP2ServerStream { worker.takeServerStream() }

    /// A new connection for the request. Room for it has been taken.
    func dial(_ exchange: Exchange) { ServerDial.start(self, takeStream(), exchange) }

    /// Finds another way for a request that waited for a connection which cannot take it.
    func reopen(_ exchange: Exchange) {
        exchange.server = nil
        server.open(for: exchange)
    }

    // MARK: Dials

    func began(_ dial: ServerDial) { dials.append(dial) }

    func ended(_ dial: ServerDial) { dials.removeAll { $0 === dial } }

    func found(_ spoken: Spoken) { self.spoken = spoken }

    // MARK: Connections

    func add(_ connection: HTTP2ServerConnection) {
        connections.append(connection)
        gotRoom(connection)
    }

    /// It takes no further request.
    func remove(_ connection: HTTP2ServerConnection) {
        connections.removeAll { $0 === connection }
        roomy.removeAll { $0 === connection }
        connection.isListed = false
    }

    /// A stream has ended, or the server allows more of them.
    func gotRoom(_ connection: HTTP2ServerConnection) {
        guard !connection.isListed, connection.hasRoom else { return }
        connection.isListed = true
        roomy.append(connection)
    }

    func noteStreamsMax(_ count: Int) { if count > 0 { expectedStreams = count } }

    /// No stream is left on it.
    /// - Returns: whether it stays.
    func becameIdle(_ connection: HTTP2ServerConnection) -> Bool {
        guard !isRetired, !worker.isStopping, idleCount < server.upstreamPlan.idleConnectionsMax else { return false }
        idleCount += 1
        return true
    }

    func leftIdle() { idleCount -= 1 }

    /// Closes a connection that nobody uses.
    func closeOneIdle() -> Bool {
        guard let idle = connections.first(where: \.isIdle) else { return false }
        idle.close()
        return true
    }

    func retire() {
        isRetired = true
        for connection in connections { connection.retire() }
        for dial in dials { dial.retire() }
    }
}

extension HTTP2Limits {
    /// As an upstream's settings say.
    init(_ plan: UpstreamPlan) {
        self.init()
        streams = plan.http2.streamsMax
        allow(plan.responseHeadLimits)
        pingTimeoutMs = UInt64(plan.http2.pingTimeoutMs)
    }
}
