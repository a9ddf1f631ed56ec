/// The ways to show that a name is ours, the preferred one first.
struct SolverSet: Sendable {
    private let solvers: [(kind: ChallengeKind, solver: any ChallengeSolver)]

    init(_ solvers: [(ChallengeKind, any ChallengeSolver)]) {
        self.solvers = solvers.map { (kind: $0.0, solver: $0.1) }
    }

    var kinds: [ChallengeKind] { solvers.map(\.kind) }

    /// Those but some.
    func without(_ kinds: Set<ChallengeKind>) -> SolverSet {
        SolverSet(solvers.filter { !kinds.contains($0.kind) }.map { ($0.kind, $0.solver) })
    }

    /// The same with another one in front.
    func rotated(by count: Int) -> SolverSet {
        guard !solvers.isEmpty else { return self }
        let first = count % solvers.count
        return SolverSet((solvers[first...] + solvers[..<first]).map { ($0.kind, $0.solver) })
    }

    /// The first way that the authority offers, too.
    func choice(
        of authorization: ACMEAuthorization
    ) -> (kind: ChallengeKind, challenge: ACMEChallenge, solver: any ChallengeSolver)? {
        for (kind, solver) in solvers {
            let offer = authorization.challenges.first {
                $0.type == kind.rawValue && $0.token.map(Self.isToken) ?? false
            }
            if let offer { return (kind, offer, solver) }
        }
        return nil
    }

    /// RFC 8555 §8: a token becomes part of a path, so it is looked at before.
    private static func isToken(_ text: String) -> Bool {
        (1...256).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"): true
                default: false
                }
            }
    }
}
