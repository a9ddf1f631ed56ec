// An upstream as one worker sees it: which server next, how many retries are left.

import GateCore
import GateEngine

/// An upstream's servers and budgets for one worker.
final class UpstreamRuntime {
    private(set) var plan: UpstreamPlan
    let name: [UInt8]
    let worker: Worker
    private(set) var servers: [ServerRuntime] = []
    /// The server of an upstream that has no other.
    private(set) var only: ServerRuntime?
    private(set) var tiers: [Tier] = []
    /// Which client belongs to which server, where they stay.
    private(set) var sticky: StickyTable?
    /// Any of the servers has a limit.
    private(set) var hasLimits = false
    /// Where requests wait when all servers are full.
    private(set) var queue: RequestQueue?
    private var budget: RetryBudget
    var pool: PoolHealth {
        unsafeAddress { unsafe poolPin.reading }
        unsafeMutableAddress { unsafe poolPin.address }
    }
    // What is hot has an address of its own: see `Pinned`.
    private let poolPin = Pinned<PoolHealth>(PoolHealth())
    /// What it takes at once, where that is bounded.
    let admission: Admission?
    var latencyReviewDueMs: UInt64 = 0
    /// A route without filters, for sub-requests.
    private(set) lazy var plainRoute = RouteRuntime(plainFor: self)

    /// Servers that an old upstream of the same name has, too, are carried over with their pools and health.
    init(_ plan: UpstreamPlan, worker: Worker, carriedOverFrom old: [UpstreamRuntime]) {
        self.plan = plan
        self.worker = worker
        name = Array(plan.name.utf8)
        budget = RetryBudget(plan.retries)
        admission = Admission(plan, worker.loads)
        let former = old.first {
            $0.plan.name == plan.name && $0.plan.proxyProtocol == plan.proxyProtocol && $0.plan.tls == plan.tls
                && $0.plan.serverProtocol == plan.serverProtocol && $0.plan.http2 == plan.http2
        }
        fill(from: former?.servers ?? [])
    }

    /// Takes another list of servers: those that are in both go on untouched.
    func follow(_ plan: UpstreamPlan) {
        let former = servers
        // Whoever was believed by other rules, or met with another certificate, is another server.
        let isSameTLS = self.plan.tls == plan.tls
        self.plan = plan
        fill(from: isSameTLS ? former : [])
        for gone in former where !servers.contains(where: { $0 === gone }) { gone.retire() }
        callWaiting()
    }

    private func fill(from former: [ServerRuntime]) {
        // Where nobody served before nobody has to warm up.
        let addedMs = former.contains(where: \.isUsable) ? worker.loop.nowMs : 0
        servers = plan.servers.map { server in
            if let same = former.first(where: {
                $0.plan.name == server.name && $0.plan.address == server.address
                    && $0.plan.tlsName == server.tlsName
            }) {
                same.move(to: self, plan: server)
                return same
            }
            return ServerRuntime(server, upstream: self, addedMs: addedMs)
        }
        only = servers.count == 1 ? servers[0] : nil
        sticky = plan.sticky.map { StickyTable($0, upstream: plan.name, servers) }
        hasLimits = servers.contains(where: \.hasLimits)
        queue = hasLimits && plan.queue != nil ? worker.shared.queue(plan.name) : nil
        tiers = Self.makeTiers(servers, plan, phase: worker.index)
        pool.review(servers, plan, nowMs: worker.loop.nowMs)
    }

    deinit { poolPin.free() }

    var idleCount: Int { servers.reduce(0) { $0 + $1.idleCount } }

    func noteRequest(_ nowMs: UInt64) { budget.noteRequest(nowMs) }

    /// Takes one retry out of the budget, if there is one.
    func takeRetry(_ nowMs: UInt64) -> Bool { budget.take(nowMs) }

    /// No plan uses this upstream any more: idle connections are closed, the others when their exchange ends.
    func retire(keptBy kept: [UpstreamRuntime]) {
        for server in servers where !kept.contains(where: { $0.servers.contains { $0 === server } }) { server.retire() }
    }
}

/// Retries as a share of requests over a sliding ten seconds, with a floor for quiet times.
struct RetryBudget {
    private static let windowMs: UInt64 = 10_000

    private let plan: RetryPlan
    private var windowStartMs: UInt64 = 0
    private var requests = 0
    private var retries = 0
    private var lastRequests = 0
    private var lastRetries = 0

    init(_ plan: RetryPlan) { self.plan = plan }

    mutating func noteRequest(_ nowMs: UInt64) {
        roll(nowMs)
        requests &+= 1
    }

    mutating func take(_ nowMs: UInt64) -> Bool {
        roll(nowMs)
        let share = (requests + lastRequests) * plan.budgetPercent / 100
        let floor = plan.perSecondMin * Int(Self.windowMs / 1000)
        guard retries + lastRetries < max(share, floor) else { return false }
        retries += 1
        return true
    }

    private mutating func roll(_ nowMs: UInt64) {
        guard nowMs &- windowStartMs >= Self.windowMs else { return }
        let isNext = nowMs - windowStartMs < 2 * Self.windowMs
        lastRequests = isNext ? requests : 0
        lastRetries = isNext ? retries : 0
        requests = 0
        retries = 0
        windowStartMs = nowMs
    }
}
