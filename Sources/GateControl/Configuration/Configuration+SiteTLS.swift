extension Configuration {
    /// TLS for a site's hosts.
    public struct SiteTLS: Sendable, Equatable {
        /// Where its certificate comes from. Nil: from the listener's certificates if they cover its hosts, else from an
        /// authority, public for public names and the internal one for others.
        public var source: CertificateSource?
        /// The oldest version spoken. Nil: the listener's.
        public var minVersion: TLSVersion?
        /// Whether clients show certificates. Nil: as the listener says.
        public var clientCertificates: ClientCertificates?

        /// Makes settings; every argument left out is the listener's.
        public init(
            source: CertificateSource? = nil, minVersion: TLSVersion? = nil,
            clientCertificates: ClientCertificates? = nil
        ) {
            self.source = source
            self.minVersion = minVersion
            self.clientCertificates = clientCertificates
        }
    }

    /// Where a site's certificate comes from.
    public enum CertificateSource: Sendable, Equatable {
        /// From a public authority, by ACME (RFC 8555); from the internal one for names that are not public.
        case automatic
        /// From the internal authority.
        case `internal`
        /// From nowhere: the site is not there for clients that speak TLS.
        case off
        /// From files; never empty.
        case files([CertificateFiles])
    }

    /// Strict-Transport-Security (RFC 6797): clients use https alone for the site from then on.
    public struct HSTS: Sendable, Equatable {
        /// Milliseconds for which clients remember it; 0 makes them forget. Default 730 days.
        public var maxAgeMs: Int
        /// Whether it holds for all names below the site's, too. Default false.
        public var includesSubdomains: Bool
        /// Whether browsers may take the site into the lists that they are shipped with. Default false.
        public var preloads: Bool

        /// Makes settings; every argument left out has its default.
        public init(maxAgeMs: Int = 730 * 86_400_000, includesSubdomains: Bool = false, preloads: Bool = false) {
            self.maxAgeMs = maxAgeMs
            self.includesSubdomains = includesSubdomains
            self.preloads = preloads
        }
    }
}
