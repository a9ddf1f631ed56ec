// One request and its response, whatever versions carry them: the state that filters see and the sides share.
// What happens when is in the extensions: Exchange+Request, +Response, +Failure, +Tunnel, +End.

public import GateCore
public import GateHTTP

/// A request, its response, and what is known of both. It belongs to one worker and is reused for later exchanges:
/// nobody keeps one beyond its end.
public final class Exchange {
    /// How far the exchange has come.
    enum Stage: UInt8 {
        case free
        /// Request filters have their turn.
        case requestFilters
        /// A server is being found or connected to.
        case connecting
        /// The request goes to a server, or has gone.
        case forwarding
        /// Response filters have their turn.
        case responseFilters
        /// The response goes to the client.
        case responding
        case tunnel
        case ended
    }

    let worker: Worker
    /// The worker's number for this object.
    let number: Int
    // Both sides live in the loop's slots, to the end of the round in which they close.
    unowned(unsafe) var client: (any ClientStream)?
    unowned(unsafe) var server: (any ServerStream)?
    /// The routes of the plan that the exchange began with; the worker keeps them as long as an exchange uses them.
    private var router: Borrowed<Router>?
    /// Kept by the router.
    var borrowedSite: Borrowed<SiteRuntime>?
    var borrowedRoute: Borrowed<RouteRuntime>?
    var borrowedUpstream: Borrowed<UpstreamRuntime>?
    var site: SiteRuntime? {
        get { borrowedSite?.object }
        set { borrowedSite = newValue.map { Borrowed($0) } }
    }
    var route: RouteRuntime? {
        get { borrowedRoute?.object }
        set { borrowedRoute = newValue.map { Borrowed($0) } }
    }
    var upstream: UpstreamRuntime? {
        get { borrowedUpstream?.object }
        set { borrowedUpstream = newValue.map { Borrowed($0) } }
    }
    /// The server that was tried last.
    var target: ServerRuntime?
    /// The client's listener.
    unowned(unsafe) var listener: ListenerRuntime!

    var stage = Stage.free
    /// Counts the uses of this object, so that a late `Resumption` does not meet another exchange.
    var generation: UInt32 = 0

    /// The request's head. Filters change it before it goes to a server.
    public var request: MessageHead {
        unsafeAddress { unsafe requestPin.reading }
        unsafeMutableAddress { unsafe requestPin.address }
    }
    /// The response's head. Filters change it before it goes to the client.
    public var response: MessageHead {
        unsafeAddress { unsafe responsePin.reading }
        unsafeMutableAddress { unsafe responsePin.address }
    }
    /// Fields that came behind the request's body.
    var requestTrailers: MessageHead {
        unsafeAddress { unsafe requestTrailersPin.reading }
        unsafeMutableAddress { unsafe requestTrailersPin.address }
    }
    /// Fields that came behind the response's body.
    var responseTrailers: MessageHead {
        unsafeAddress { unsafe responseTrailersPin.reading }
        unsafeMutableAddress { unsafe responseTrailersPin.address }
    }
    /// Whether one of the two was filled.
    var hasTrailers = false
    var requestFraming = BodyFraming.none
    var responseFraming = BodyFraming.none

    /// The host that was asked for, in lower case and without its port; then the normalised path.
    var normalized: ByteBuffer {
        unsafeAddress { unsafe normalizedPin.reading }
        unsafeMutableAddress { unsafe normalizedPin.address }
    }
    var hostCount = 0
    /// Parts of the request's target.
    var targetParts = RequestTarget(form: .origin)
    var pathIsNormal = true
    /// Whether `captureStore` is this exchange's.
    var hasCaptures = false
    var captureStore: RouteCaptures?
    /// The target that servers get in the place of the client's; empty unless the route rewrites.
    var rewritten: ByteBuffer {
        unsafeAddress { unsafe rewrittenPin.reading }
        unsafeMutableAddress { unsafe rewrittenPin.address }
    }
    /// Bytes of it before the query.
    var rewrittenPathCount = 0
    var requestID: ByteBuffer {
        unsafeAddress { unsafe requestIDPin.reading }
        unsafeMutableAddress { unsafe requestIDPin.address }
    }

    /// Who the request comes from, trusted proxies left aside.
    public var clientAddress: IPAddress { facts.clientAddress }
    /// Who the connection comes from.
    public var peerAddress: IPAddress { facts.peerAddress }
    public var peerPort: UInt16 { facts.peerPort }
    /// Where the client connected to.
    public var localAddress: IPAddress { facts.localAddress }
    public var localPort: UInt16 { facts.localPort }
    /// Whether the client's connection is encrypted.
    public var isSecure: Bool { facts.isSecure }
    /// Whether the connection comes from a proxy whose forwarding fields are believed.
    public var comesFromTrustedProxy: Bool { facts.isPeerTrusted }
    var facts = ConnectionFacts()

    /// The index of the request's Upgrade field when the route lets it pass.
    var upgradeField: Int?
    /// The protocol that was asked for and may pass.
    var upgradeToken: [UInt8] = []
    /// The request is an extended CONNECT (RFC 8441): it comes to a tunnel or to nothing.
    var isExtendedConnect = false
    /// The key that its server was sent in HTTP/1.1's handshake; empty where there is none.
    var webSocketKey: [UInt8] = []
    var acceptsTrailers = false
    /// How the client speaks gRPC-Web, where the route translates it.
    var grpcWeb: GRPCWeb {
        unsafeAddress { unsafe grpcWebPin.reading }
        unsafeMutableAddress { unsafe grpcWebPin.address }
    }
    var expectsContinue = false

    var isRequestBodyDone = false
    var isServerFull = false
    var isResponseHeadSent = false
    var isResponseDone = false
    var waitingFilter = 0
    var requestBodyBytes = 0
    var responseBodyBytes = 0
    var bodyBytesMax = Int.max

    var attempts = 0
    /// When the last attempt began.
    var attemptNs: UInt64 = 0
    var tried: TriedServers {
        unsafeAddress { unsafe triedPin.reading }
        unsafeMutableAddress { unsafe triedPin.address }
    }
    /// The rule that chose `target`.
    var pickReason = PickReason.none
    /// `target` counts this request as under way.
    var isAttemptCounted = false
    /// Counts this request, while it is at a server with limits.
    var gate: ServerGate?
    /// Its place in its upstream's line; 0 when it does not wait.
    var queueTicket: UInt64 = 0
    var needsFreshConnection = false
    /// The server wants this request by HTTP/1.1, whatever else it speaks.
    var needsHTTP1 = false
    /// Counts this request, where its upstream's load is bounded.
    var admission: Admission?
    var isRetryCounted = false
    /// What the last attempt but one ended with; `completed` without one.
    var retriedAfter = EndReason.completed
    /// An attempt beside the one in focus.
    var rival: Rival?
    /// The body sent so far, while the request may still be sent again.
    var replay: ByteBuffer {
        unsafeAddress { unsafe replayPin.reading }
        unsafeMutableAddress { unsafe replayPin.address }
    }
    var isReplayable = true
    var reason = EndReason.completed

    var startNs: UInt64 = 0
    var startWallNs: UInt64 = 0
    var connectNs: UInt64 = 0
    var firstByteNs: UInt64 = 0
    var requestDueMs = UInt64.max
    var status = 0
    var clientVersion = HTTPVersion.http11

    var informationalCount = 0
    /// Made by a filter of another exchange: it is not logged or counted as a client's.
    var isSubrequest = false
    var subrequest: SubrequestClient?
    /// No request: a client's TLS connection on its way to a server.
    var isPassthrough = false

    private var states: [ObjectIdentifier: AnyObject] = [:]
    private var hasStates = false

    // What is hot and changed by other modules has an address of its own: see `Pinned`.
    private let triedPin = Pinned<TriedServers>(TriedServers())
    private let grpcWebPin = Pinned<GRPCWeb>(GRPCWeb())
    private let requestPin = Pinned<MessageHead>(MessageHead())
    private let responsePin = Pinned<MessageHead>(MessageHead())
    private let requestTrailersPin = Pinned<MessageHead>(MessageHead())
    private let responseTrailersPin = Pinned<MessageHead>(MessageHead())
    private let normalizedPin = Pinned<ByteBuffer>(ByteBuffer(capacity: 256, keepsOutgrown: true))
    private let requestIDPin = Pinned<ByteBuffer>(ByteBuffer(capacity: 40, keepsOutgrown: true))
    private let rewrittenPin = Pinned<ByteBuffer>(ByteBuffer(capacity: 0, keepsOutgrown: true))
    private let replayPin = Pinned<ByteBuffer>(ByteBuffer())

    init(worker: Worker, number: Int) {
        self.worker = worker
        self.number = number
    }

    deinit {
        requestPin.free()
        responsePin.free()
        requestTrailersPin.free()
        responseTrailersPin.free()
        normalizedPin.free()
        requestIDPin.free()
        rewrittenPin.free()
        replayPin.free()
        triedPin.free()
        grpcWebPin.free()
    }

    // MARK: What filters ask

    /// The request's method.
    public var method: Method { request.method }

    /// Bytes of the request's body when its length is declared.
    public var declaredBodyBytes: Int? {
        if case .length(let count) = requestFraming { return count }
        return requestFraming == .none ? 0 : nil
    }

    /// The most bytes of request body that are let through; more end the exchange with 413.
    public var requestBodyBytesMax: Int {
        get { bodyBytesMax }
        set { bodyBytesMax = min(bodyBytesMax, newValue) }
    }

    /// Keeps something of a filter for this exchange. It is let go when the exchange ends.
    public func setState(_ state: AnyObject?, for filter: any Filter) {
        states[ObjectIdentifier(filter)] = state
        hasStates = true
    }

    /// What `setState` kept.
    public func state(for filter: any Filter) -> AnyObject? {
        hasStates ? states[ObjectIdentifier(filter)] : nil
    }

    /// The client waits for 100 before it sends its body.
    var awaitsContinue: Bool {
        expectsContinue && requestBodyBytes == 0 && informationalCount == 0 && !isRequestBodyDone
    }

    // MARK: Routes

    /// Uses the worker's routes from now on, whatever plan comes later.
    func hold(_ router: Router) {
        router.users &+= 1
        self.router = Borrowed(router)
    }

    private func letGoOfRouter() {
        borrowedSite = nil
        borrowedRoute = nil
        borrowedUpstream = nil
        guard let router else { return }
        self.router = nil
        router.with {
            $0.users &-= 1
            if $0.isRetired { worker.letGoOfRetiredRouter() }
        }
    }

    // MARK: Reuse

    func reset() {
        generation &+= 1
        client = nil
        server = nil
        letGoOfRouter()
        target = nil
        stage = .free
        normalized.removeAll()
        hostCount = 0
        if !rewritten.isEmpty { releaseRewritten() }
        requestID.removeAll()
        upgradeField = nil
        if isExtendedConnect { forgetExtendedConnect() }
        acceptsTrailers = false
        if grpcWeb.isOn { grpcWeb = GRPCWeb() }
        expectsContinue = false
        isRequestBodyDone = false
        isServerFull = false
        isResponseHeadSent = false
        isResponseDone = false
        waitingFilter = 0
        requestBodyBytes = 0
        responseBodyBytes = 0
        bodyBytesMax = Int.max
        attempts = 0
        tried.removeAll()
        pickReason = .none
        needsFreshConnection = false
        needsHTTP1 = false
        retriedAfter = .completed
        isReplayable = true
        reason = .completed
        connectNs = 0
        firstByteNs = 0
        requestDueMs = UInt64.max
        status = 0
        isSubrequest = false
        isPassthrough = false
        informationalCount = 0
        requestFraming = .none
        responseFraming = .none
        pathIsNormal = true
        hasCaptures = false
        clientVersion = .http11
        targetParts = RequestTarget(form: .origin)
        facts = ConnectionFacts()
        request.reset()
        response.reset()
        if hasTrailers { resetTrailers() }
        if hasStates { dropStates() }
    }

    private func forgetExtendedConnect() {
        isExtendedConnect = false
        webSocketKey = []
    }

    private func resetTrailers() {
        hasTrailers = false
        requestTrailers.reset()
        responseTrailers.reset()
    }

    private func dropStates() {
        hasStates = false
        states.removeAll()
    }
}
