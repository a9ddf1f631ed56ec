// One name looked up: hosts file, search list, both families, services. It blocks.

public import GateCore

/// What a name stands for at the moment.
public enum NameAnswer: Sendable, Equatable {
    /// Addresses, sorted, so that the same ones in another order change nothing.
    case addresses([IPAddress])
    /// Places of a service (RFC 2782), sorted.
    case services([ServicePlace])
}

/// One place where a service is offered.
public struct ServicePlace: Sendable, Equatable {
    public var priority: UInt16
    public var weight: UInt16
    public var host: String
    public var port: UInt16
    public var addresses: [IPAddress]

    public init(priority: UInt16, weight: UInt16, host: String, port: UInt16, addresses: [IPAddress]) {
        self.priority = priority
        self.weight = weight
        self.host = host
        self.port = port
        self.addresses = addresses
    }
}

/// What is looked up.
public enum ServiceName: Sendable, Hashable, CustomStringConvertible {
    /// A host, for its addresses.
    case host(String)
    /// `_http._tcp.example.com`, for its places.
    case service(String)

    public var description: String {
        switch self {
        case .host(let name): name
        case .service(let name): "srv://\(name)"
        }
    }
}

/// Where names are looked up, and how long answers hold.
public struct ResolverPlan: Sendable, Equatable {
    /// Empty: those of /etc/resolv.conf.
    public var servers: [SocketAddress] = []
    public var timeoutMs = 2_000
    public var attempts = 2
    /// Answers hold as long as they say, but within these bounds.
    public var holdMsMin = 1_000
    public var holdMsMax = 3_600_000
    /// How long what /etc/hosts says holds.
    public var hostsHoldMs = 30_000

    public init() {}
}

/// The result of one look-up.
public struct NameLookup: Sendable {
    enum Outcome: Sendable {
        case found(NameAnswer, holdMs: Int)
        case failed(String)
    }

    let plan: ResolverPlan
    /// Asked while waiting for answers.
    var isWanted: @Sendable () -> Bool = { true }

    /// Looks a name up as the machine is set up to, once; nil when that fails.
    @Sendable public static func once(_ name: ServiceName) -> NameAnswer? {
        if case .found(let answer, _) = NameLookup(plan: ResolverPlan()).find(name) { answer } else { nil }
    }

    func find(_ name: ServiceName) -> Outcome {
        let file = ResolverFile.read()
        let servers = plan.servers.isEmpty ? file.servers : plan.servers
        let client = DNSClient(servers: servers, timeoutMs: plan.timeoutMs, attempts: plan.attempts, isWanted: isWanted)
        switch name {
        case .host(let host): return findHost(host, file, client)
        case .service(let service): return findService(service, file, client)
        }
    }

    private func hold(_ seconds: UInt32) -> Int {
        min(max(Int(clamping: UInt64(seconds) * 1000), plan.holdMsMin), plan.holdMsMax)
    }

    // MARK: Hosts

    private func findHost(_ name: String, _ file: ResolverFile, _ client: DNSClient) -> Outcome {
        if let listed = HostsFile.read().addresses(of: name) {
            return .found(.addresses(Self.sorted(listed)), holdMs: max(plan.hostsHoldMs, plan.holdMsMin))
        }
        var failure: String?
        for candidate in file.candidates(name) {
            switch addresses(of: candidate, client) {
            case .found(let answer, let holdMs): return .found(answer, holdMs: holdMs)
            case .failed(let words): failure = failure ?? words
            }
        }
        return .failed(failure ?? "there is no such name")
    }

    /// Both families. Without IPv4 nothing is decided: servers that are there would seem to be gone. IPv6 may fail, as it
    /// does with name servers that know nothing of it.
    private func addresses(of name: String, _ client: DNSClient) -> Outcome {
        var found: [IPAddress] = []
        var seconds = UInt32.max
        for type in [DNSType.a, .aaaa] {
            switch client.ask(DNSQuestion(name: name, type: type)) {
            case .records(let values, let time):
                seconds = min(seconds, time)
                for case .address(let address) in values { found.append(address) }
            case .nothing: break
            case .failed(let words): if type == .a { return .failed(words) }
            }
        }
        if found.isEmpty { return .failed("there is no such name") }
        return .found(.addresses(Self.sorted(found)), holdMs: hold(seconds))
    }

    private static func sorted(_ addresses: [IPAddress]) -> [IPAddress] {
        Set(addresses).sorted { ($0.isIPv4 ? 0 : 1, $0.bits) < ($1.isIPv4 ? 0 : 1, $1.bits) }
    }

    // MARK: Services

    /// Places whose hosts have no address are left out, unless all are.
    private func findService(_ name: String, _ file: ResolverFile, _ client: DNSClient) -> Outcome {
        switch client.ask(DNSQuestion(name: name, type: .srv)) {
        case .failed(let words): return .failed(words)
        case .nothing: return .failed("there is no such service")
        case .records(let values, let seconds): return places(values, hold(seconds), file, client)
        }
    }

    private func places(
        _ values: [DNSRecord.Value], _ holdMs: Int, _ file: ResolverFile, _ client: DNSClient
    ) -> Outcome {
        var holdMs = holdMs
        var found: [ServicePlace] = []
        var failure: String?
        for case .service(let priority, let weight, let port, let host) in values where !host.isEmpty && port > 0 {
            switch findHost(host, file, client) {
            case .failed(let words): failure = "\(host): \(words)"
            case .found(let answer, let time):
                guard case .addresses(let addresses) = answer else { continue }
                holdMs = min(holdMs, time)
                found.append(
                    ServicePlace(priority: priority, weight: weight, host: host, port: port, addresses: addresses))
            }
        }
        // RFC 2782: a target of "." says that the service is not offered.
        guard !found.isEmpty else { return .failed(failure ?? "the service is not offered") }
        found.sort { ($0.priority, $0.host, $0.port) < ($1.priority, $1.host, $1.port) }
        return .found(.services(found), holdMs: holdMs)
    }
}
