// How servers are spoken to over TLS.

/// What a client's connections have in common, whatever server they go to.
public struct ClientTLSSettings: Sendable {
    /// What a server's chain must lead to: any certificate of these, a root or not. Nil: nothing is verified, the name
    /// neither.
    public var trust: TrustStore?
    /// What is shown to servers that ask for a certificate.
    public var credential: TLSCredential?
    public var minVersion = TLSVersion.tls12
    public var maxVersion = TLSVersion.tls13
    /// For the key exchange, the most wanted first.
    public var groups = TLSGroup.standard
    /// Whether connections may resume earlier ones.
    public var resumes = true

    /// Verifies with `trust`, and has defaults for the rest.
    public init(trust: TrustStore?) { self.trust = trust }
}

extension ClientTLSSettings: Equatable {
    /// Whether connections made with either cannot be told apart: what matters is in the certificates, not who read them.
    public static func == (a: ClientTLSSettings, b: ClientTLSSettings) -> Bool {
        a.minVersion == b.minVersion && a.maxVersion == b.maxVersion && a.groups == b.groups && a.resumes == b.resumes
            && isSame(a.trust, b.trust) && a.credential?.chain == b.credential?.chain
    }

    private static func isSame(_ a: TrustStore?, _ b: TrustStore?) -> Bool {
        a === b || a != nil && b != nil && a?.authorities == b?.authorities
    }
}
