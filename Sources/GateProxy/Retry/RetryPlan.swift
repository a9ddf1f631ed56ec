// When a request is tried again, as the configuration says.

/// How often a request is tried again, after what, and what share of the traffic that may be.
public struct RetryPlan: Sendable, Equatable {
    public var attemptsMax = 1
    /// After which failures.
    public var triggers: RetryTriggers = [.connect, .reset, .timeout]
    /// After which answers.
    public var statuses: StatusSet = [] {
        didSet { lowestStatus = statuses.lowest }
    }
    /// Answers below this need no look at the set.
    private(set) var lowestStatus = Int.max
    /// From the beginning of an attempt to the head of its answer, in milliseconds; 0 is off.
    public var perTryMs = 0
    /// The second retry waits up to this long, each further one twice as long. The first goes to another server at once.
    public var backoffMs = 25
    public var backoffMsMax = 250
    /// Retries as a share of requests, in percent.
    public var budgetPercent = 20
    /// Retries a second that are always allowed.
    public var perSecondMin = 10
    /// Milliseconds without an answer after which a second server is asked beside the first; 0 is off.
    public var hedgeAfterMs = 0
    public init() {}

    /// The longest wait before the next attempt, after so many.
    func delayMsMax(afterAttempts attempts: Int) -> Int {
        guard attempts >= 2, backoffMs > 0 else { return 0 }
        return min(backoffMsMax, backoffMs << min(attempts - 2, 16))
    }
}

/// Failures after which a request may be tried again.
public struct RetryTriggers: OptionSet, Sendable, Hashable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// No connection came about, in time or at all; with TLS to its end.
    public static let connect = RetryTriggers(rawValue: 1)
    /// The connection ended before the answer's head was there.
    public static let reset = RetryTriggers(rawValue: 2)
    /// The answer's head was not there in time.
    public static let timeout = RetryTriggers(rawValue: 4)
    /// The answer's head broke HTTP's rules.
    public static let badResponse = RetryTriggers(rawValue: 8)
}

extension EndReason {
    /// What kinds of failure it is, for the rules of retries.
    var retryTriggers: RetryTriggers {
        switch self {
        case .connectFailed, .serverCertificateExpired, .serverCertificateName, .serverCertificateIssuer,
            .serverCertificateUnfit, .serverTLSVersion, .serverTLSAlert, .serverTLSFailed, .streamRefused,
            .serverNotHTTP2:
            .connect
        case .connectTimeout: [.connect, .timeout]
        case .firstByteTimeout, .readTimeout: .timeout
        case .serverClosed, .serverWriteFailed, .cutResponse, .serverReset: .reset
        case .serverSilent: [.reset, .timeout]
        case .badResponse: .badResponse
        default: []
        }
    }

    /// A connection that was kept may have ended in the meantime; that says nothing about the server.
    var mayBeStaleness: Bool { self == .serverClosed || self == .serverWriteFailed || self == .streamRefused }
}
