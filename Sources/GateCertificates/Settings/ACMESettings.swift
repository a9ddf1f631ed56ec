/// How certificates are got: what an operator can say about it.
public struct ACMESettings: Sendable, Equatable {
    /// Where authorities write to when something is wrong. Default none.
    public var email: String?
    /// Asked in this order, the next one when one fails. Default Let's Encrypt.
    public var authorities: [ACMEAuthority]
    /// The ways to show that a name is ours, the preferred one first. DNS-01 needs `dns`.
    public var challenges: [ChallengeKind]
    /// How records for DNS-01 get to the name server. Default none.
    public var dns: DNSSettings?
    /// The kind of new certificates' keys.
    public var keyKind: CertificateKeyKind
    /// Certificates for names that the configuration does not have. Default none.
    public var onDemand: OnDemandSettings?

    /// Makes settings; every argument left out has its default.
    public init(
        email: String? = nil, authorities: [ACMEAuthority] = [.letsEncrypt],
        challenges: [ChallengeKind] = [.http01, .tlsALPN01], dns: DNSSettings? = nil,
        keyKind: CertificateKeyKind = .ecdsaP256, onDemand: OnDemandSettings? = nil
    ) {
        self.email = email
        self.authorities = authorities
        self.challenges = challenges
        self.dns = dns
        self.keyKind = keyKind
        self.onDemand = onDemand
    }
}

/// A certificate authority that speaks ACME (RFC 8555).
public struct ACMEAuthority: Sendable, Equatable {
    /// The URL of its directory, with `https`.
    public var directory: String
    /// The profile of certificates to order (draft-ietf-acme-profiles). Default the authority's own choice.
    public var profile: String?
    /// The account with the authority's customer department that ACME's is bound to (RFC 8555 §7.3.4). Default none.
    public var externalAccount: ExternalAccount?
    /// Certificates in PEM by which the authority's own server is believed. Default the system's.
    public var trustedPEM: String?

    /// Makes an authority; every argument left out has its default.
    public init(
        directory: String, profile: String? = nil, externalAccount: ExternalAccount? = nil, trustedPEM: String? = nil
    ) {
        self.directory = directory
        self.profile = profile
        self.externalAccount = externalAccount
        self.trustedPEM = trustedPEM
    }

    /// Let's Encrypt, for everybody and without an account elsewhere.
    public static let letsEncrypt = ACMEAuthority(directory: "https://acme-v02.api.letsencrypt.org/directory")

    /// What an authority hands out to bind an account.
    public struct ExternalAccount: Sendable, Equatable {
        /// The key's name.
        public var keyID: String
        /// The key of HMAC-SHA256, in base64url as authorities show it.
        public var key: String

        /// Puts one together.
        public init(keyID: String, key: String) {
            self.keyID = keyID
            self.key = key
        }
    }
}

/// The ways to show an authority that a name is ours; the raw values are those of RFC 8555 and RFC 8737.
public enum ChallengeKind: String, Sendable, CaseIterable, Codable {
    /// A file on port 80 (RFC 8555 §8.3).
    case http01 = "http-01"
    /// A certificate on port 443 (RFC 8737).
    case tlsALPN01 = "tls-alpn-01"
    /// A record in the DNS (RFC 8555 §8.4); the only one for wildcards.
    case dns01 = "dns-01"
}

/// Certificates for names that the configuration does not have, got when a client asks for one.
public struct OnDemandSettings: Sendable, Equatable {
    /// The URL that is asked for permission, with `?domain=NAME`; the status 200 allows.
    public var ask: String
    /// New certificates in ten minutes, over all names. Default 20.
    public var ordersMax: Int

    /// Makes settings; every argument left out has its default.
    public init(ask: String, ordersMax: Int = 20) {
        self.ask = ask
        self.ordersMax = ordersMax
    }
}
