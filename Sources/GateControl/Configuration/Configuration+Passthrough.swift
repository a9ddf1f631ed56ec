public import GateConfig

extension Configuration {
    /// Names whose connections a listener passes on as they are, without ending their TLS.
    public struct Passthrough: Sendable, Equatable {
        /// What clients ask for by SNI, in lower case: `db.example.com`, `*.example.com` for all below it, or `*` for every
        /// name. Never empty.
        public var names: [String]
        /// The name of the upstream that answers them. Its servers are reached without TLS of our own.
        public var upstream: String
        /// Where it was written.
        public var origin: Origin

        /// Makes a rule.
        public init(names: [String], upstream: String, origin: Origin = Origin()) {
            self.names = names
            self.upstream = upstream
            self.origin = origin
        }
    }
}
