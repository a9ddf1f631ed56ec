import GateCore
import GateHTTP
import GateTLS

/// What a worker was given for TLS besides plans.
struct TLSMaterial {
    /// By `ListenerPlan.key`.
    var names: [String: ServerNames] = [:]
    /// By `ListenerPlan.key`.
    var ticketKeys: [String: TicketKeys] = [:]
    /// Answers to challenges, by token.
    var challenges: [String: [UInt8]] = [:]

    /// Forgets what belongs to listeners that are gone.
    mutating func keep(_ keys: Set<String>) {
        names = names.filter { keys.contains($0.key) }
        ticketKeys = ticketKeys.filter { keys.contains($0.key) }
    }

    private static let challengePath: StaticString = "/.well-known/acme-challenge/"

    /// What a certification authority gets that asks whether we control a name (RFC 8555 §8.3); nil for all others. It
    /// comes before sites and redirects: nothing of theirs may stand in its way.
    func answer(to exchange: Exchange) -> FixedAnswer? {
        let path = exchange.path
        let count = Self.challengePath.utf8CodeUnitCount
        guard path.count > count, ASCII.spells(path.extracting(0..<count), Self.challengePath),
            exchange.method == .get || exchange.method == .head,
            let answer = challenges[path.extracting(count...).text]
        else { return nil }
        return FixedAnswer(
            status: 200, fields: [FixedAnswer.Field("Content-Type", "application/octet-stream")], body: answer)
    }
}
