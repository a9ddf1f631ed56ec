public import GateCore

/// How records for DNS-01 get to the name server, and when they are taken to be there.
public struct DNSSettings: Sendable, Equatable {
    /// Who writes the records.
    public var provider: Provider
    /// Seconds that the name servers have to show a record, 1...3600. Default 60.
    public var waitSeconds: Int

    /// Makes settings; every argument left out has its default.
    public init(provider: Provider, waitSeconds: Int = 60) {
        self.provider = provider
        self.waitSeconds = waitSeconds
    }

    /// Who writes the records.
    public enum Provider: Sendable, Equatable {
        /// A program: its path and arguments, to which `present|remove NAME VALUE` is appended.
        case hook([String])
        /// A name server that takes updates (RFC 2136).
        case update(DynamicUpdate)
    }

    /// A name server that takes updates (RFC 2136), signed (RFC 8945) if it has a key.
    public struct DynamicUpdate: Sendable, Equatable {
        /// Where it listens, over UDP and TCP.
        public var server: SocketAddress
        /// The zone that holds the names.
        public var zone: String
        /// The key that signs. Without one the server must trust addresses.
        public var key: TSIGKey?

        /// Puts one together.
        public init(server: SocketAddress, zone: String, key: TSIGKey? = nil) {
            self.server = server
            self.zone = zone
            self.key = key
        }
    }
}

/// A secret that a name server shares with us (RFC 8945).
public struct TSIGKey: Sendable, Equatable {
    /// The key's name, as the server knows it.
    public var name: String
    /// The hash.
    public var algorithm: Algorithm
    /// The secret's bytes.
    public var secret: [UInt8]

    /// Puts one together.
    public init(name: String, algorithm: Algorithm, secret: [UInt8]) {
        self.name = name
        self.algorithm = algorithm
        self.secret = secret
    }

    /// Hashes that RFC 8945 §6 wants or allows; the raw values are their names there.
    public enum Algorithm: String, Sendable, CaseIterable {
        /// HMAC with SHA-256.
        case sha256 = "hmac-sha256"
        /// HMAC with SHA-384.
        case sha384 = "hmac-sha384"
        /// HMAC with SHA-512.
        case sha512 = "hmac-sha512"
    }
}
