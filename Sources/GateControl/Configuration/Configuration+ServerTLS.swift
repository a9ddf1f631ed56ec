public import GateConfig
public import GateTLS

extension Configuration {
    /// How servers with `https://` are spoken to.
    public struct ServerTLS: Sendable {
        /// Those whose signature is enough. Nil: the system's.
        public var trust: TrustStore?
        /// What the servers' certificates must be for: a DNS name or an address. Nil: the host of each server's URL.
        public var name: String?
        /// What the servers are asked for by SNI. Default the name that is verified.
        public var sni = SNI.verified
        /// What is shown to servers that ask for a certificate. Nil: nothing.
        public var certificate: TLSCredential?
        /// Where the two come from, so that they can be read again.
        public var files = ServerFiles()
        /// The oldest version. Default 1.2.
        public var minVersion = TLSVersion.tls12
        /// The newest version. Default 1.3.
        public var maxVersion = TLSVersion.tls13
        /// Whether connections resume earlier ones. Default true.
        public var resumes = true
        /// Nothing is verified. Default false.
        public var isInsecure = false

        /// The defaults.
        public init() {}
    }

    /// Files about servers' TLS. They are watched.
    public struct ServerFiles: Sendable, Equatable {
        /// Those whose signature is enough; empty: no files.
        public var authorities: [FileReference] = []
        /// The chain of what is shown to servers; nil: nothing is, or it comes from no file.
        public var chain: FileReference?
        /// Its key.
        public var key: FileReference?

        /// None.
        public init() {}

        /// All of them.
        public var all: [FileReference] { authorities + [chain, key].compactMap { $0 } }
    }

    /// What a server is asked for.
    public enum SNI: Sendable, Equatable {
        /// The name that is verified, unless it is an address.
        case verified
        /// Nothing.
        case off
        /// This name.
        case name(String)
    }
}

extension Configuration.ServerTLS: Equatable {
    /// Certificates are equal if their bytes are.
    public static func == (a: Self, b: Self) -> Bool {
        a.trust?.authorities == b.trust?.authorities && a.certificate?.chain == b.certificate?.chain
            && a.name == b.name && a.sni == b.sni && a.minVersion == b.minVersion && a.maxVersion == b.maxVersion
            && a.resumes == b.resumes && a.isInsecure == b.isInsecure
    }
}
