// A listening socket of one worker.

import CGateLinux
import GateCore
import GateEngine
import GateHTTP2
import GateTLS
import Glibc

/// A descriptor that listens, on its way to a worker.
struct ListenerSocket: Sendable {
    /// `ListenerPlan.key`.
    let key: String
    let descriptor: Int32
    /// Other workers watch the same socket.
    let isShared: Bool
}

/// Accepts connections for a worker.
final class ListenerRuntime: EventHandler {
    /// Connections accepted before other events have their turn.
    private static let acceptsMax = 64
    /// How long accepting rests when descriptors have run out.
    private static let pauseMs: UInt64 = 100

    let worker: Worker
    /// The rules for what comes here. A reload changes them for later requests.
    var plan: ListenerPlan { unsafeAddress { unsafe planPin.reading } }
    private let planPin: Pinned<ListenerPlan>
    /// The plan's, for later connections.
    private(set) var http2Limits: HTTP2Limits
    /// Nil without TLS, and when TLS cannot be had: nobody is served then.
    private(set) var tls: ListenerTLS?
    private var socket: Socket?
    private var watch = EventLoop.Watch.accept
    private var hasReported = false
    private var isPaused = false
    private(set) lazy var redirectRoute = RouteRuntime(
        Self.redirectPlan(), plan: Plan(listeners: [], upstreams: [], sites: []), upstreams: [])
    private(set) var isStopped = false

    init(_ plan: ListenerPlan, worker: Worker) {
        planPin = Pinned(plan)
        http2Limits = HTTP2Limits(plan)
        self.worker = worker
        super.init()
        adoptTLS()
    }

    deinit { planPin.free() }

    /// Goes by another plan from now on.
    func adopt(_ plan: ListenerPlan) {
        // Safe: nobody looks at a part of the former one meanwhile.
        unsafe planPin.address.pointee = plan
        http2Limits = HTTP2Limits(plan)
        adoptTLS()
    }

    /// A context of its own for each plan: connections under way keep the one that they began with.
    private func adoptTLS() {
        tls = nil
        guard let plan = plan.tls else { return }
        do throws(CertificateError) { tls = try ListenerTLS(plan) } catch {
            worker.reporter.report(.error, "listener \(self.plan.name): no TLS: \(error)")
        }
        materialChanged()
    }

    /// Certificates and keys are others than before.
    func materialChanged() {
        guard let tls else { return }
        let material = worker.material
        tls.context.names = material.names[plan.key] ?? .empty
        if let keys = material.ticketKeys[plan.key] { tls.context.ticketKeys = keys }
        tls.context.waitsForUnknownNames = tls.plan.asksForUnknownNames && worker.wantedNames.requester != nil
    }

    private static func redirectPlan() -> RoutePlan {
        var plan = RoutePlan(name: "redirect_to_https", origin: "", action: .answer(FixedAnswer(error: 400)))
        plan.filters = [HTTPSRedirectFilter.Factory()]
        return plan
    }

    func listen(_ listening: ListenerSocket) {
        watch = listening.isShared ? .sharedAccept : .accept
        do throws(SystemError) {
            socket = try worker.loop.add(listening.descriptor, watch: watch, handler: self)
        } catch {
            worker.reporter.report(.error, "listener \(plan.name): worker \(worker.index) does not listen: \(error)")
        }
    }

    /// Takes what the kernel has accepted already, then closes.
    func stop() {
        guard let socket else { return }
        isStopped = true
        if !isPaused { while acceptOne(socket) {} }
        socket.close()
        self.socket = nil
    }

    override func ready() {
        guard let socket else { return }
        var left = Self.acceptsMax
        while left > 0 && acceptOne(socket) { left -= 1 }
    }

    /// Whether there may be another one.
    private func acceptOne(_ socket: Socket) -> Bool {
        var from = gate_address()
        let result = gate_accept(socket.descriptor, &from)
        if result >= 0 {
            hasReported = false
            welcome(Int32(result), from)
            return true
        }
        switch Int32(-result) {
        case EAGAIN: return false
        case EMFILE, ENFILE, ENOBUFS, ENOMEM:
            pause(socket, Int32(-result))
            return false
        default:
            // ECONNABORTED and its kin: that one is gone, the next may be fine.
            return Int32(-result) == EINTR || Int32(-result) == ECONNABORTED
        }
    }

    private func pause(_ socket: Socket, _ code: Int32) {
        worker.counters.acceptPauses += 1
        if !hasReported {
            hasReported = true
            worker.reporter.report(
                .error,
                "listener \(plan.name): accepting rests: \(SystemError("accept", code: Int(code)).reason); "
                    + "raise the limit of open files (ulimit -n, LimitNOFILE)")
        }
        guard !isStopped else { return }
        isPaused = true
        socket.pauseAccepting()
        socket.setDeadline(worker.loop.nowMs + Self.pauseMs)
    }

    override func deadlinePassed() {
        guard let socket, isPaused else { return }
        isPaused = false
        socket.resumeAccepting(watch)
    }

    private func welcome(_ descriptor: Int32, _ from: gate_address) {
        worker.counters.acceptedConnections += 1
        let address = IPAddress(high: from.high, low: from.low)
        let isUnix = from.family == 1
        let perClientMax = isUnix ? Int.max : plan.connectionsPerClientMax
        guard worker.limiter.admit(address, totalMax: plan.connectionsMax, perAddressMax: perClientMax) else {
            worker.counters.refusedConnections += 1
            gate_linger_reset(descriptor)
            _ = gate_close(descriptor)
            return
        }
        if !isUnix {
            gate_no_delay(descriptor)
            if plan.keepAliveSeconds > 0 { gate_keep_alive(descriptor, Int32(plan.keepAliveSeconds)) }
        }
        let seat = ClientSeat(address: address, isCountedByAddress: perClientMax < Int.max)
        let facts = ConnectionFacts(peer: address, port: from.port, local: gate_local_address(descriptor))
        worker.counters.openConnections += 1
        if plan.tls != nil || plan.proxyProtocolFrom != nil {
            ClientArrival.open(descriptor, self, facts: facts, seat: seat)
        } else if plan.protocols == .http2 {
            HTTP2ClientConnection.open(descriptor, listener: self, facts: facts, seat: seat)
        } else {
            HTTP1ClientConnection.open(descriptor, listener: self, facts: facts, seat: seat)
        }
    }
}
