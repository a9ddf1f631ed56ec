/// Which identity answers to which name. Immutable: a change of certificates is another table.
public final class ServerNames: Sendable {
    /// Names in lower case, without a dot at the end.
    private let exact: [String: ServerIdentity]
    /// What stands behind `*.`.
    private let wildcards: [String: ServerIdentity]
    /// Certificates that prove control of a name to a certification authority (RFC 8737), by name.
    private let challenges: [String: TLSCredential]
    /// For clients that name nobody, and for unknown names where they are not refused.
    public let fallback: ServerIdentity?

    /// A table that knows nobody.
    public static let empty = ServerNames(identities: [:], fallback: nil)

    /// - Parameters:
    ///   - identities: by name in lower case: `example.com`, or `*.example.com` for any one label in front.
    ///   - fallback: for clients that name nobody.
    ///   - challenges: for `acme-tls/1`, by name in lower case.
    public init(
        identities: [String: ServerIdentity], fallback: ServerIdentity?, challenges: [String: TLSCredential] = [:]
    ) {
        var exact: [String: ServerIdentity] = [:]
        var wildcards: [String: ServerIdentity] = [:]
        for (name, identity) in identities {
            if name.hasPrefix("*.") { wildcards[String(name.dropFirst(2))] = identity } else { exact[name] = identity }
        }
        self.exact = exact
        self.wildcards = wildcards
        self.challenges = challenges
        self.fallback = fallback
    }

    /// Who answers to the name: an exact entry, or a wildcard for its first label. In any case of letters, which are those
    /// of ASCII (RFC 6066 §3): what is not is nobody's name, though its lower case may look like one.
    public func identity(for name: String) -> ServerIdentity? {
        guard name.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
        let name = name.lowercased()
        if let identity = exact[name] { return identity }
        guard !wildcards.isEmpty, let dot = name.firstIndex(of: "."), dot != name.startIndex else { return nil }
        return wildcards[String(name[name.index(after: dot)...])]
    }

    /// The certificate that answers a challenge for the name.
    public func challenge(for name: String) -> TLSCredential? {
        challenges.isEmpty ? nil : challenges[name.lowercased()]
    }
}
