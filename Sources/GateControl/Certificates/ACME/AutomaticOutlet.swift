public import GateCertificates

/// Where certificates that were got, and answers to challenges, go: the workers in the end. Calls return when every worker
/// has what it was given.
public struct AutomaticOutlet: Sendable {
    /// Takes all certificates that there are now.
    public var setCertificates: @Sendable ([ManagedCertificate]) -> Void
    /// Takes the certificates for clients that speak `acme-tls/1`, in the place of all former ones.
    public var setChallenges: @Sendable ([ChallengeCertificate]) -> Void
    /// Takes the answers to `/.well-known/acme-challenge/TOKEN`, by token, in the place of all former ones.
    public var setTokens: @Sendable ([String: String]) -> Void
    /// Says that there will be no certificate for a name that a client asked for.
    public var refuse: @Sendable (_ name: String) -> Void

    /// Puts one together.
    public init(
        setCertificates: @escaping @Sendable ([ManagedCertificate]) -> Void,
        setChallenges: @escaping @Sendable ([ChallengeCertificate]) -> Void,
        setTokens: @escaping @Sendable ([String: String]) -> Void, refuse: @escaping @Sendable (_ name: String) -> Void
    ) {
        self.setCertificates = setCertificates
        self.setChallenges = setChallenges
        self.setTokens = setTokens
        self.refuse = refuse
    }
}
