// The data plane alone with TLS in front of one scripted backend: certificates, keys and plans are put in by hand, so that
// tests change each by itself.

public import GateCore
public import GateProxy
public import GateTLS

/// Workers with one listener, `main`, that ends TLS.
public final class TLSStage: Sendable {
    /// What a stage is made of; tests change parts of it.
    public struct Settings: Sendable {
        public var listener: ListenerPlan
        /// The listener's TLS; nil makes a clear-text listener of it.
        public var tls: ListenerTLSPlan? = ListenerTLSPlan()
        /// By name, as `ServerNames` takes them.
        public var identities: [String: ServerIdentity]
        /// For clients that name nobody.
        public var fallback: ServerIdentity?
        /// All requests go to the backend; tests replace the sites for other things.
        public var site = SitePlan(
            name: "all", hosts: [], routes: [RoutePlan(name: "all", origin: "test", action: .proxy(upstream: 0))])
        public var trustedProxies: AddressSet = []
        public var workers = 1

        /// One certificate for `a.example`.
        public init(_ authority: TestAuthority) throws {
            listener = ListenerPlan(name: "main", address: .ip(.loopbackIPv4, port: 0))
            let identity = try ServerIdentity(authority.server("a.example"))
            identities = ["a.example": identity]
            fallback = identity
        }

        /// The plan for a backend.
        public func plan(_ backend: ScriptedServer) -> Plan {
            var listener = listener
            listener.tls = tls
            let server = ServerPlan(name: "backend", address: backend.address, host: "backend")
            return Plan(
                listeners: [listener], upstreams: [UpstreamPlan(name: "backend", servers: [server])], sites: [site],
                trustedProxies: trustedProxies)
        }

        /// The table for the listener.
        public func names(challenges: [String: TLSCredential] = [:]) -> [String: ServerNames] {
            [listener.key: ServerNames(identities: identities, fallback: fallback, challenges: challenges)]
        }
    }

    /// Issued what the stage shows.
    public let authority: TestAuthority
    public let backend: ScriptedServer
    public let workers: WorkerGroup
    /// What was written to the error log.
    public let messages = Monitor<[String]>([])
    private let settings: Settings

    private init(_ authority: TestAuthority, _ settings: Settings, _ script: @escaping ScriptedServer.Script) throws {
        self.authority = authority
        self.settings = settings
        backend = try ScriptedServer(script)
        workers = WorkerGroup(count: settings.workers, reporter: MonitorReporter(messages: messages))
        try workers.start()
        workers.setCertificates(settings.names())
        try workers.adopt(settings.plan(backend))
    }

    /// Plays a test on a stage and looks afterwards at what was left behind.
    public static func play<Result>(
        _ script: @escaping ScriptedServer.Script = ScriptedServer.echo,
        _ change: (inout Settings, TestAuthority) throws -> Void = { _, _ in },
        _ body: (TLSStage) throws -> Result
    ) throws -> Result {
        let authority = try TestAuthority()
        var settings = try Settings(authority)
        try change(&settings, authority)
        let stage = try TLSStage(authority, settings, script)
        let outcome = Swift.Result { try body(stage) }
        stage.workers.stopNow()
        stage.workers.join()
        stage.backend.stop()
        let result = try outcome.get()
        try stage.checkNothingIsHeld()
        return result
    }

    private func checkNothingIsHeld() throws {
        let counters = workers.counters()
        let held = [
            ("client connections", counters.openConnections), ("exchanges", counters.activeExchanges),
            ("buffers", counters.buffersOut), ("handshakes", counters.handshakesUnderWay),
        ].filter { $0.1 != 0 }
        guard held.isEmpty else { throw LeftBehind(held.map { "\($0.1) \($0.0)" }) }
    }

    // MARK: What tests do

    /// Where the listener listens.
    public var address: SocketAddress {
        get throws {
            guard let address = workers.address(of: settings.listener) else { throw LeftBehind(["no listener"]) }
            return address
        }
    }

    /// Connects and shakes hands.
    public func connect(_ options: RawTLSOptions = RawTLSOptions()) throws -> RawTLSConnection {
        try RawTLSConnection.connect(to: address, options)
    }

    /// Connects for `name` and shakes hands; nil: without a name.
    public func connect(as name: String?) throws -> RawTLSConnection {
        try connect(RawTLSOptions().with { $0.serverName = name })
    }

    /// A connection on which nothing was said.
    public func connectRaw() throws -> RawConnection { try RawConnection.connect(to: address) }

    /// Sends one request on a connection of its own and reads the response.
    public func exchange(_ request: String, _ options: RawTLSOptions = RawTLSOptions()) throws -> RawResponse {
        let client = try connect(options)
        try client.send(request)
        return try client.readResponse(to: String(request.prefix { $0 != " " }))
    }

    /// Puts other certificates into service.
    public func replaceCertificates(_ change: (inout Settings) throws -> Void) rethrows {
        var settings = settings
        try change(&settings)
        workers.setCertificates(settings.names())
    }

    /// Puts another plan into service.
    public func reload(_ change: (inout Settings) throws -> Void = { _ in }) throws {
        var settings = settings
        try change(&settings)
        try workers.adopt(settings.plan(backend))
    }

    /// Puts certificates into service that prove control of names (RFC 8737).
    public func setChallengeCertificates(_ challenges: [String: TLSCredential]) {
        workers.setCertificates(settings.names(challenges: challenges))
    }

    /// Handshakes that ended for this reason.
    public func handshakes(_ end: HandshakeEnd) -> Int { workers.counters()[end] }

    /// Waits until as many handshakes have ended for this reason.
    public func waitForHandshakes(_ end: HandshakeEnd, _ count: Int) throws {
        try eventually("\(count) handshakes to end with \(end.name)") { handshakes(end) >= count }
    }

    /// Waits until no client's connection is open.
    public func waitUntilEmpty() throws {
        try eventually("all connections to be closed") { workers.counters().openConnections == 0 }
    }
}

/// Keeps what the data plane says.
private struct MonitorReporter: Reporter {
    let messages: Monitor<[String]>

    func report(_ level: ReportLevel, _ message: String) { messages.update { $0.append(message) } }
}

extension ServerIdentity {
    /// Shows one certificate, or one of several.
    public convenience init(
        _ certificates: TestCertificate..., minVersion: TLSVersion? = nil,
        clientAuthentication: ClientAuthentication? = nil, sessionScope: [UInt8] = []
    ) throws {
        self.init(
            credentials: try certificates.map { try TLSCredential($0) }, minVersion: minVersion,
            clientAuthentication: clientAuthentication, sessionScope: sessionScope)
    }
}

extension TLSCredential {
    /// Of a certificate made for tests.
    public convenience init(_ certificate: TestCertificate) throws {
        try self.init(chainPEM: Array(certificate.chainPEM.utf8), keyPEM: Array(certificate.keyPEM.utf8))
    }
}

extension ClientAuthentication {
    /// Believes an authority, with its revocation list if there is one.
    public convenience init(_ mode: Mode, _ authority: TestAuthority, revocationList: String = "") throws {
        let trust = try TrustStore(
            authoritiesPEM: Array(authority.rootPEM.utf8), revocationListsPEM: Array(revocationList.utf8))
        self.init(mode: mode, trust: trust)
    }
}
