internal import GateCore

/// Which identity answers to which name. Immutable: a change of certificates is another table.
public final class ServerNames: Sendable {
    private let table: NameTable
    /// Names whose answer is known, whoever else would have one.
    private let exceptions: [String: NameTable.Answer]
    private let owners: (any NameOwners)?
    /// Certificates that prove control of a name to a certification authority (RFC 8737), by name.
    private let challenges: [String: TLSCredential]
    /// For clients that name nobody, and came to an address that no identity is for.
    public let fallback: ServerIdentity?

    /// A table that knows nobody.
    public static let empty = ServerNames(identities: [:], fallback: nil)

    /// - Parameters:
    ///   - identities: by name in lower case: `example.com`, or `*.example.com` for any one label in front.
    ///   - fallback: for clients that name nobody.
    ///   - unknown: for names that nobody answers to, where those are not refused. Nil: the fallback.
    ///   - exceptions: what is known of single names, in lower case. They come first.
    ///   - owners: who has names besides. They come before `identities`.
    ///   - challenges: for `acme-tls/1`, by name in lower case.
    public init(
        identities: [String: ServerIdentity], fallback: ServerIdentity?, unknown: ServerIdentity? = nil,
        exceptions: [String: NameTable.Answer] = [:], owners: (any NameOwners)? = nil,
        challenges: [String: TLSCredential] = [:]
    ) {
        table = NameTable(identities: identities, fallback: unknown ?? fallback)
        self.exceptions = exceptions
        self.owners = owners
        self.challenges = challenges
        self.fallback = fallback
    }

    /// What becomes of a client that asks for the name, in any case of letters, with or without a dot at its end.
    public func answer(for name: String) -> NameTable.Answer {
        guard let name = HostName.plain(name) else { return table.answer(for: "") }
        return exceptions[name] ?? (owners?.table(for: name) ?? table).answer(for: name)
    }

    /// Who answers to the name; nil when no certificate is for it.
    public func identity(for name: String) -> ServerIdentity? {
        guard case .identity(let identity) = answer(for: name) else { return nil }
        return identity
    }

    /// The certificate that answers a challenge for the name.
    public func challenge(for name: String) -> TLSCredential? {
        challenges.isEmpty ? nil : HostName.plain(name).flatMap { challenges[$0] }
    }
}
