// What a configuration says of health: immutable, the same for every worker.

public import GatePattern

/// When a server that fails is left alone for a while.
public struct EjectionPlan: Sendable, Equatable {
    /// Failures in a row.
    public var failuresMax = 5
    /// The first time; the n-th time in a row it is n times as long.
    public var ejectionMs = 30_000
    /// The most that repetition makes of it.
    public var ejectionMsMax = 300_000
    /// The most servers that are left alone at once, in percent.
    public var shareMaxPercent = 50
    /// Answers that count as failures.
    public var statuses: StatusSet = [502, 503, 504]
    public var rate: FailureRatePlan?
    public var latency: LatencyPlan?
    public init() {}
}

/// Which share of failed requests is too much.
public struct FailureRatePlan: Sendable, Equatable {
    public var percent = 50
    /// Fewer requests than this in the window say nothing. For each worker.
    public var requestsMin = 50
    public var windowMs = 10_000
    public init() {}
}

/// When a server is too slow in comparison with the others.
public struct LatencyPlan: Sendable, Equatable {
    /// Its mean against the median of the servers' means, in percent.
    public var factorPercent = 300
    /// Means below this are never too slow.
    public var floorMs = 50
    /// Answers that a mean needs. For each worker.
    public var requestsMin = 50
    public init() {}
}

/// How servers are asked whether they are well.
public struct CheckPlan: Sendable, Equatable {
    /// What is asked.
    public enum Probe: Sendable, Equatable {
        /// A connection is all that is wanted.
        case tcp
        case http(HTTPCheckPlan)
        /// `grpc.health.v1.Health/Check` for this service over HTTP/2 in clear text.
        case grpc(service: String)
    }

    public var probe: Probe
    public var intervalMs = 10_000
    /// While a server is down, and until the first verdict.
    public var fastIntervalMs = 2_000
    /// Of the interval, in percent, earlier or later.
    public var jitterPercent = 10
    public var timeoutMs = 2_000
    /// Good answers in a row that make a server well.
    public var rise = 2
    /// Bad answers in a row that make it unwell.
    public var fall = 3
    /// Servers take nothing until a check was good.
    public var startsDown = false
    /// Another port than the requests'.
    public var port: UInt16?

    public init(probe: Probe) { self.probe = probe }
}

/// A request that checks a server, and what its answer must be.
public struct HTTPCheckPlan: Sendable, Equatable {
    public var method = "GET"
    public var target = "/"
    /// nil: the server's own.
    public var host: String?
    public var fields: [FixedAnswer.Field] = []
    public var statuses: StatusSet = StatusSet(200...399)
    /// What the body's beginning must hold.
    public var body = BodyCheck.any
    public init() {}
}

/// What a body must be like.
public enum BodyCheck: Sendable, Equatable {
    case any
    /// Its first 64 KiB hold this.
    case contains([UInt8])
    /// Its first 8 KiB match this.
    case matches(Pattern)
}

/// Statuses from 100 to 599.
public struct StatusSet: Sendable, Hashable, ExpressibleByArrayLiteral {
    private var bits = SIMD8<UInt64>(repeating: 0)

    public init(arrayLiteral statuses: Int...) {
        for status in statuses { insert(status) }
    }

    public init(_ range: ClosedRange<Int>) {
        for status in range { insert(status) }
    }

    public mutating func insert(_ status: Int) {
        precondition((100...599).contains(status))
        bits[(status - 100) >> 6] |= 1 << UInt64((status - 100) & 63)
    }

    public func contains(_ status: Int) -> Bool {
        guard status >= 100, status <= 599 else { return false }
        return bits[(status - 100) >> 6] & 1 << UInt64((status - 100) & 63) != 0
    }

    public var isEmpty: Bool { bits == SIMD8(repeating: 0) }

    /// The lowest of them, so that most answers need no look at the set; `Int.max` when there is none.
    public var lowest: Int { (100...599).first(where: contains) ?? .max }

    /// `200-299, 304`.
    public var text: String {
        var parts: [String] = []
        var start: Int?
        for status in 100...600 {
            if contains(status) {
                if start == nil { start = status }
            } else if let first = start {
                parts.append(first == status - 1 ? "\(first)" : "\(first)-\(status - 1)")
                start = nil
            }
        }
        return parts.joined(separator: ", ")
    }
}
