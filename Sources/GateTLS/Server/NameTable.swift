/// Identities by name, and what there is for names that have none.
public struct NameTable: Sendable {
    /// What becomes of a client that asks for a name.
    public enum Answer: Sendable {
        /// A certificate is for the name.
        case identity(ServerIdentity)
        /// No certificate is for the name. Where such names are not refused, this one answers to it.
        case unknown(fallback: ServerIdentity?)
        /// The name is not to be had over TLS, wherever unknown names lead.
        case refused
    }

    private let exact: [String: ServerIdentity]
    /// By what stands behind `*.`.
    private let wildcards: [String: ServerIdentity]
    private let otherwise: Answer

    /// A table that has no name, and wants none.
    public static let refusing = NameTable(otherwise: .refused)

    /// - Parameters:
    ///   - identities: by name in lower case: `example.com`, or `*.example.com` for any one label in front.
    ///   - fallback: for names that are not there, where those are not refused.
    public init(identities: [String: ServerIdentity], fallback: ServerIdentity?) {
        self.init(identities: identities, otherwise: .unknown(fallback: fallback))
    }

    private init(identities: [String: ServerIdentity] = [:], otherwise: Answer) {
        var exact: [String: ServerIdentity] = [:]
        var wildcards: [String: ServerIdentity] = [:]
        for (name, identity) in identities {
            if name.hasPrefix("*.") { wildcards[String(name.dropFirst(2))] = identity } else { exact[name] = identity }
        }
        self.exact = exact
        self.wildcards = wildcards
        self.otherwise = otherwise
    }

    /// Who answers to a plain name (`HostName.plain`): an exact entry, or a wildcard for its first label.
    public func answer(for name: String) -> Answer {
        if let identity = exact[name] { return .identity(identity) }
        guard !wildcards.isEmpty, let dot = name.firstIndex(of: "."), dot != name.startIndex,
            let identity = wildcards[String(name[name.index(after: dot)...])]
        else { return otherwise }
        return .identity(identity)
    }
}

/// Knows which names are somebody's who wants something else for them than a listener does.
public protocol NameOwners: Sendable {
    /// The table of a plain name's owner; nil: the listener's own. Called in handshakes.
    func table(for name: String) -> NameTable?
}
