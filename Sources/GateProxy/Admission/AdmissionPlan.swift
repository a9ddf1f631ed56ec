// How much of an upstream is used at once, as the configuration says.

/// Bounds over an upstream as a whole, counted over all workers. `Int.max` is none.
public struct BreakerPlan: Sendable, Equatable {
    /// Open connections, the idle ones among them.
    public var connectionsMax = Int.max
    /// Connections that are being made.
    public var pendingMax = Int.max
    /// Requests under way.
    public var requestsMax = Int.max
    /// Those among them that are tried again.
    public var retriesMax = Int.max
    public init() {}
}

/// How the number of requests under way follows the upstream's latency. For each worker.
public struct AdaptivePlan: Sendable, Equatable {
    public var limitStart = 20
    public var limitMin = 4
    public var limitMax = 1000
    /// How much longer than usual answers may take before the limit shrinks, in percent.
    public var tolerancePercent = 150
    /// Between two looks at the limit.
    public var windowMs = 1000
    public init() {}
}
