import Logging

extension SolverSet {
    /// The ways that settings allow.
    init(_ settings: ACMESettings, responder: any ChallengeResponder, time: TimeSource, log: Logger) {
        self.init(
            settings.challenges.compactMap { kind -> (ChallengeKind, any ChallengeSolver)? in
                switch kind {
                case .http01: return (kind, HTTPChallengeSolver(responder: responder))
                case .tlsALPN01: return (kind, TLSALPNChallengeSolver(responder: responder, time: time))
                case .dns01: return settings.dns.map { (kind, DNSChallengeSolver($0, time: time, log: log)) }
                }
            })
    }
}
