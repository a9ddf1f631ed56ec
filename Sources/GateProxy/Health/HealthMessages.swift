// What workers and the control plane tell each other of servers' health.

public import GateCore

/// Names a server across threads and plans.
public struct ServerKey: Sendable, Hashable {
    public let upstream: String
    public let name: String
    public let address: SocketAddress?

    public init(upstream: String, server: ServerPlan) {
        self.upstream = upstream
        name = server.name
        address = server.address
    }

    /// Whether it means this server of its upstream.
    func names(_ server: ServerPlan) -> Bool { server.name == name && server.address == address }
}

/// What checks found out about a server.
public struct HealthVerdict: Sendable, Equatable {
    public let server: ServerKey
    public let isUp: Bool
    /// For people.
    public let reason: String

    public init(server: ServerKey, isUp: Bool, reason: String) {
        self.server = server
        self.isUp = isUp
        self.reason = reason
    }
}

/// A worker has ejected a server.
struct EjectionNotice: Sendable {
    let server: ServerKey
    let untilMs: UInt64
    let count: Int
    let reason: String
}

/// A server as it is now.
public struct ServerStatus: Sendable, Equatable {
    /// Whether a server takes requests.
    public enum Health: String, Sendable {
        case healthy
        /// Requests failed; it is left alone for a while.
        case ejected
        /// Checks failed.
        case down
        /// Its configuration keeps requests away: weight 0, or a name that does not resolve.
        case unused
    }

    public var server: ServerKey
    public var health: Health
    /// Too few servers of the upstream are fit, so that health is ignored.
    public var isPanicking: Bool
    /// Why its health is, or was last, what it is not now; empty when it never changed.
    public var reason: String
    /// Nanoseconds of the wall clock at the last change; 0 when there was none.
    public var changedWallNs: UInt64
    /// How often it was ejected, less what good behaviour made up for.
    public var ejectionCount: Int
    /// Idle connections.
    public var idleCount: Int
}
