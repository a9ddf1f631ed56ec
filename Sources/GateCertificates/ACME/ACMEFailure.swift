import FoundationEssentials

/// Why an authority gave no certificate, in words for operators: what happened, and where there is something to do, what.
struct ACMEFailure: Error, Sendable, CustomStringConvertible {
    enum Kind: Sendable, Equatable {
        /// No answer, or none that makes sense.
        case unreachable
        /// The authority says no; its word for it.
        case refused(String)
        /// It looked for the challenge's answer and did not find it.
        case rejected(ChallengeKind)
        /// It did not come to an end within the time that we wait.
        case late
        /// Nothing that we can do satisfies the authority.
        case unsolvable
    }

    var kind: Kind
    var description: String
    /// Not before this time the authority wants to be asked again.
    var retryAfter: Date?

    init(_ kind: Kind, _ description: String, retryAfter: Date? = nil) {
        self.kind = kind
        self.description = description
        self.retryAfter = retryAfter
    }

    /// What an authority's problem document says.
    init(_ problem: ACMEProblem, status: Int, doing: String, retryAfter: Date?) {
        let type = String(problem.word)
        let details = problem.line ?? "status \(status)"
        let advice = Self.advice(type).map { "; \($0)" } ?? ""
        self.init(.refused(type), "the authority refused \(doing): \(details)\(advice)", retryAfter: retryAfter)
    }

    var isRateLimit: Bool { kind == .refused("rateLimited") }

    /// What an authority that has trouble may ask for; limits may last a week and longer.
    private static let troubleSecondsMax = 86_400.0

    /// Until when the authority is to be left alone; nil when it does not say.
    func blockedUntil(now: Date) -> Date? {
        isRateLimit ? retryAfter : retryAfter.map { min($0, now.addingTimeInterval(Self.troubleSecondsMax)) }
    }

    /// What comes from the network stays one line of bounded length in the log.
    static func oneLine(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.prefix(1000).map { $0.value < 32 || $0.value == 127 ? " " : $0 }))
    }

    /// What an operator can do about a type of problem (RFC 8555 §6.7).
    private static func advice(_ type: String) -> String? {
        switch type {
        case "externalAccountRequired": "set `external_account` with the key that the authority hands out"
        case "caa": "allow the authority in the domain's CAA record"
        case "rejectedIdentifier": "this authority gives no certificates for such names"
        case "invalidProfile": "set `profile` to one that the authority's directory names, or leave it out"
        case "invalidContact", "unsupportedContact": "set `email` to an address that exists"
        case "userActionRequired": "somebody must accept the authority's new terms"
        case "dns": "make the name's records lead here"
        case "connection": "the authority must reach this server on port 80 or 443"
        case "badCSR": "set `key` to another kind"
        default: nil
        }
    }
}
