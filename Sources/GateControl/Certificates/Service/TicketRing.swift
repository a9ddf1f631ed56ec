internal import GateTLS

/// The keys of session tickets that are in use at the moment, and when they change by themselves.
struct TicketRing: Sendable {
    private(set) var keys: TicketKeys
    /// Seconds since 1970 at which a new key comes; nil for keys from files.
    private(set) var dueSeconds: Int64?
    private let periodSeconds: Int64

    /// Random keys. The first change comes after a period.
    init(everyMs: Int, now: Int64) {
        keys = TicketKeys([.random()])
        periodSeconds = max(1, Int64(everyMs / 1000))
        dueSeconds = now + periodSeconds
    }

    /// Keys from files, at least one.
    init(_ keys: [TicketKey]) {
        self.keys = TicketKeys(keys)
        (dueSeconds, periodSeconds) = (nil, 0)
    }

    /// Brings a new key when it is due; the two before it still open tickets.
    /// - Returns: true if there is a new one.
    mutating func turn(now: Int64) -> Bool {
        guard let dueSeconds, dueSeconds <= now else { return false }
        keys = keys.rotated(keeping: 2)
        self.dueSeconds = now + periodSeconds
        return true
    }
}
