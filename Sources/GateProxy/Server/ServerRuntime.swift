// One server as one worker sees it: its idle connections, its health.

import CGateLinux
import GateCore
import GateEngine
import GateTLS

/// A server's connections and health for one worker.
final class ServerRuntime {
    private(set) var plan: ServerPlan
    /// A copy: an exchange may outlive the upstream that it began with.
    private(set) var upstreamPlan: UpstreamPlan
    private weak var upstream: UpstreamRuntime?
    let worker: Worker
    /// The worker's number for this server, never used again for another.
    let serial: UInt32
    var name: [UInt8]
    /// The last one used is the first used again: it is warm, and the others may end.
    private var idle: ContiguousArray<HTTP1ServerConnection> {
        unsafeAddress { unsafe idlePin.reading }
        unsafeMutableAddress { unsafe idlePin.address }
    }
    // What is hot has an address of its own: see `Pinned`.
    private let healthPin = Pinned<ServerHealth>(ServerHealth())
    private let idlePin = Pinned<ContiguousArray<HTTP1ServerConnection>>([])
    var health: ServerHealth {
        unsafeAddress { unsafe healthPin.reading }
        unsafeMutableAddress { unsafe healthPin.address }
    }
    private var isRetired = false

    /// Whether requests under way are counted: only where something asks for their number.
    private(set) var countsRequests = false
    /// Requests of this worker that are under way here.
    var active = 0
    /// Kept where requests are counted.
    var latency = LatencyAverage()
    private(set) var slowStartMs = 0
    /// Of several addresses the one that was connected to last.
    var preferred: SocketAddress?
    /// What later connections resume, for a server with TLS.
    private(set) var sessions: TLSSessions?
    /// Of TLS, as the log heard of it.
    var lastFailure: TLSFailure.Kind?
    var lastFailureMs: UInt64 = 0
    /// Of HTTP/2, as the log heard of it.
    var lastComplaint = ""
    /// For a server with limits.
    private(set) var gate: ServerGate?
    private(set) var queue: RequestQueue?
    /// Its HTTP/2 connections, where HTTP/2 may be spoken.
    private(set) var shared: HTTP2ServerPool?
    /// When it came to an upstream that was serving already; 0: it was there from the beginning.
    private let addedMs: UInt64

    init(_ plan: ServerPlan, upstream: UpstreamRuntime, addedMs: UInt64) {
        self.plan = plan
        self.upstream = upstream
        self.addedMs = addedMs
        upstreamPlan = upstream.plan
        worker = upstream.worker
        serial = upstream.worker.nextServerSerial()
        name = Array(plan.name.utf8)
        sessions = plan.tlsName == nil ? nil : TLSSessions()
        followPlan()
        if upstreamPlan.check?.startsDown == true { health.awaitFirstCheck() }
    }

    deinit {
        idlePin.free()
        healthPin.free()
    }

    /// Carried over into a new plan.
    func move(to upstream: UpstreamRuntime, plan: ServerPlan) {
        self.upstream = upstream
        upstreamPlan = upstream.plan
        self.plan = plan
        followPlan()
    }

    private func followPlan() {
        health.follow(upstreamPlan)
        gate = hasLimits ? worker.shared.gate(ServerKey(upstream: upstreamPlan.name, server: plan)) : nil
        queue = hasLimits ? worker.shared.queue(upstreamPlan.name) : nil
        countsRequests = upstreamPlan.balance.countsRequests || gate != nil
        slowStartMs = upstreamPlan.slowStartMs
        // Where what is spoken has changed the server is another one.
        if let shared { shared.followPlan() } else if spokenProtocol != .http1 { shared = HTTP2ServerPool(self) }
    }

    /// What is spoken here: the upstream's protocol, as far as the server allows for it.
    var spokenProtocol: ServerProtocolPlan {
        let isNegotiable = plan.tlsName != nil || upstreamPlan.serverProtocol != .negotiated
        return isNegotiable && upstreamPlan.proxyProtocol == nil ? upstreamPlan.serverProtocol : .http1
    }

    var idleCount: Int { idle.count + (shared?.idleCount ?? 0) }

    /// Whether a request could go out without another connection.
    var hasConnectionWithRoom: Bool { !idle.isEmpty || shared?.hasRoom ?? false }

    /// When it began to warm up; 0 is long ago.
    var warmSinceMs: UInt64 { max(addedMs, health.fitSinceMs) }

    // MARK: Connections

    /// Gives the exchange an idle connection, or begins a new one. Failures come back as `Exchange.serverFailed`.
    func open(for exchange: Exchange) {
        let shared = exchange.isPassthrough || exchange.needsHTTP1 ? nil : shared
        if let shared, shared.take(exchange) { return }
        if !exchange.needsFreshConnection, !exchange.isPassthrough, let connection = takeIdle(for: exchange) {
            worker.counters.reuses += 1
            return connection.start(exchange)
        }
        guard let address = plan.address, !worker.sendsNothing else {
            return exchange.serverFailed(.connectFailed, sent: .nothing, wasReused: false)
        }
        if let admission = exchange.admission, !admission.mayConnect {
            return exchange.attemptRefused(.breakerOpen)
        }
        guard takeConnectionRoom() else { return exchange.serverHasNoRoom() }
        worker.counters.connects += 1
        if let shared, !exchange.needsHTTP1 { return shared.dial(exchange) }
        if !plan.alternatives.isEmpty { return ConnectRace.run(addresses(address), server: self, for: exchange) }
        HTTP1ServerConnection.connect(to: address, server: self, for: exchange)
    }

    /// The one that was connected to last comes first, and IPv6 before IPv4 where none was (RFC 8305 §4).
    func addresses(_ first: SocketAddress) -> [SocketAddress] {
        let all = plan.alternatives + [first]
        guard let preferred, all.contains(preferred) else { return all }
        return [preferred] + all.filter { $0 != preferred }
    }

    private func takeIdle(for exchange: Exchange) -> HTTP1ServerConnection? {
        while let connection = idle.popLast() {
            if connection.isFit(for: exchange) { return connection }
            connection.closeIdle()
        }
        return nil
    }

    /// Takes a connection back whose exchange is over.
    /// - Returns: false when there is no use for it; the caller closes it.
    func keep(_ connection: HTTP1ServerConnection) -> Bool {
        guard !isRetired, !worker.isStopping, idle.count < upstreamPlan.idleConnectionsMax else { return false }
        if idle.capacity == 0 { idle.reserveCapacity(8) }
        idle.append(connection)
        return true
    }

    /// Closes the idle connection that rested longest.
    func closeOneIdle() -> Bool {
        guard let oldest = idle.first else { return shared?.closeOneIdle() ?? false }
        oldest.closeIdle()
        return true
    }

    /// An idle connection is gone.
    func forget(_ connection: HTTP1ServerConnection) {
        if let index = idle.lastIndex(where: { $0 === connection }) { idle.remove(at: index) }
    }

    func retire() {
        isRetired = true
        sessions?.removeAll()
        let all = idle
        idle.removeAll()
        for connection in all { connection.closeIdle() }
        shared?.retire()
    }

    // MARK: Health

    /// The final head of an answer came.
    func noteAnswer(_ status: Int, _ exchange: Exchange) {
        if health.noteAnswer(status) { return }
        judge(status, exchange)
    }

    @inline(never)
    private func judge(_ status: Int, _ exchange: Exchange) {
        guard let ejection = upstreamPlan.ejection, let upstream else { return }
        let nowMs = worker.loop.nowMs
        let latencyNs = worker.loop.nowNs - exchange.attemptNs
        if let reason = health.judge(status, latencyNs: latencyNs, ejection, nowMs: nowMs) {
            upstream.eject(self, because: reason, nowMs: nowMs)
        }
        upstream.reviewLatency(nowMs)
    }

    /// A request failed for a reason that is the server's.
    func noteFailure(_ reason: EndReason) {
        guard let ejection = upstreamPlan.ejection, let upstream else { return }
        let nowMs = worker.loop.nowMs
        if let words = health.noteFailure("\(reason.name)", ejection, nowMs: nowMs) {
            upstream.eject(self, because: words, nowMs: nowMs)
        }
    }

    /// Its health in a word.
    var healthName: StaticString {
        health.isDown ? "down" : health.isEjected(worker.loop.nowMs) ? "ejected" : "healthy"
    }

    /// What others may know of the server.
    func status(_ nowMs: UInt64) -> ServerStatus {
        let state: ServerStatus.Health =
            !isUsable ? .unused : health.isDown ? .down : health.isEjected(nowMs) ? .ejected : .healthy
        return ServerStatus(
            server: ServerKey(upstream: upstreamPlan.name, server: plan), health: state,
            isPanicking: upstream?.ignoresHealth(nowMs) ?? false, reason: health.reason,
            changedWallNs: health.changedWallNs, ejectionCount: health.ejectionCount, idleCount: idleCount)
    }
}
