public import GateConfig

extension Configuration {
    /// TLS on a listener.
    public struct ListenerTLS: Sendable, Equatable {
        /// Certificates for the names that stand in them, the default one first. May be empty: sites have their own, or get
        /// theirs by themselves.
        public var certificates: [CertificateFiles]
        /// The oldest version spoken. Default TLS 1.2.
        public var minVersion: TLSVersion
        /// The newest version spoken. Default TLS 1.3.
        public var maxVersion: TLSVersion
        /// Groups for the key exchange, the preferred one first; never empty.
        public var groups: [TLSGroup]
        /// What clients get who name a host that no certificate is for. Default a refusal.
        public var unknownNames: UnknownNames
        /// How sessions are resumed. Default keys that change every 12 hours.
        public var tickets: SessionTickets
        /// Whether requests are taken before the handshake has ended (RFC 8446 §8, RFC 8470). Default false.
        public var takesEarlyData: Bool
        /// Whether clients show certificates. Nil: they are not asked.
        public var clientCertificates: ClientCertificates?
        /// Names whose TLS is not ended here. Default none.
        public var passthrough: [Passthrough] = []
        /// Where it was written.
        public var origin: Origin

        /// Makes settings; every argument left out has its default.
        public init(
            certificates: [CertificateFiles] = [], minVersion: TLSVersion = .tls12, maxVersion: TLSVersion = .tls13,
            groups: [TLSGroup] = [.x25519MLKEM768, .x25519, .p256], unknownNames: UnknownNames = .refuse,
            tickets: SessionTickets = .rotating(everyMs: SessionTickets.rotationMs), takesEarlyData: Bool = false,
            clientCertificates: ClientCertificates? = nil, origin: Origin = Origin()
        ) {
            self.certificates = certificates
            self.minVersion = minVersion
            self.maxVersion = maxVersion
            self.groups = groups
            self.unknownNames = unknownNames
            self.tickets = tickets
            self.takesEarlyData = takesEarlyData
            self.clientCertificates = clientCertificates
            self.origin = origin
        }
    }

    /// A certificate's files.
    public struct CertificateFiles: Sendable, Hashable {
        /// PEM: the certificate, then those that lead to its root.
        public var chain: FileReference
        /// PEM: the private key.
        public var key: FileReference
        /// An OCSP response in DER, shown to clients. Nil: one is fetched where the certificate names a responder.
        public var staple: FileReference?
        /// Where it was written.
        public var origin: Origin

        /// Names the files.
        public init(
            chain: FileReference, key: FileReference, staple: FileReference? = nil, origin: Origin = Origin()
        ) {
            self.chain = chain
            self.key = key
            self.staple = staple
            self.origin = origin
        }
    }

    /// A version of TLS.
    public enum TLSVersion: String, Sendable, CaseIterable, Comparable {
        /// RFC 5246; with AEAD ciphers and forward secrecy only.
        case tls12 = "1.2"
        /// RFC 8446.
        case tls13 = "1.3"

        /// By age.
        public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }

    /// A group for the key exchange.
    public enum TLSGroup: String, Sendable, CaseIterable {
        /// X25519 with ML-KEM-768, which recordings cannot be broken with by quantum computers to come. TLS 1.3 only.
        case x25519MLKEM768 = "X25519MLKEM768"
        /// RFC 7748.
        case x25519 = "X25519"
        /// NIST's curve with 256 bits.
        case p256 = "P-256"
        /// NIST's curve with 384 bits.
        case p384 = "P-384"
    }

    /// What clients get who name a host that no certificate is for.
    public enum UnknownNames: String, Sendable, CaseIterable {
        /// The handshake ends with `unrecognized_name`.
        case refuse
        /// The default certificate.
        case `default`
    }

    /// How sessions are resumed: by tickets that only Gatehouse can read.
    public enum SessionTickets: Sendable, Hashable {
        /// Not at all.
        case off
        /// With random keys, of which a new one comes so often; the former two are still understood.
        case rotating(everyMs: Int)
        /// With keys from files, the one for new tickets first.
        case files([FileReference])

        /// Milliseconds from one key to the next, where nothing else is said: 12 hours.
        public static let rotationMs = 12 * 3_600_000
    }

    /// Whether clients show certificates, and which ones are accepted.
    public struct ClientCertificates: Sendable, Hashable {
        /// Whether a client must have one. Default it must.
        public var mode: Mode
        /// PEM: the authorities that sign them. Nil only with `Mode.none`.
        public var authorities: FileReference?
        /// PEM: revocation lists of all these authorities. Nil: none is looked at.
        public var revocations: FileReference?
        /// Certificates between a client's and its authority at most, 0...16. Default 3.
        public var depthMax: Int

        /// Makes settings.
        public init(
            mode: Mode = .required, authorities: FileReference? = nil, revocations: FileReference? = nil,
            depthMax: Int = 3
        ) {
            self.mode = mode
            self.authorities = authorities
            self.revocations = revocations
            self.depthMax = depthMax
        }

        /// Whether a client must have a certificate.
        public enum Mode: String, Sendable, CaseIterable {
            /// It is not asked for one.
            case none
            /// It is asked, and may have none. A bad one ends the handshake.
            case optional
            /// Without a good one the handshake ends.
            case required
        }
    }
}
