import GateCore

/// Which names a public authority gives certificates for.
package enum PublicNames {
    /// Names that are set aside for what nobody else can see (RFC 2606, RFC 6761, RFC 6762, RFC 7686, RFC 8375, and
    /// `internal`, which ICANN has reserved).
    private static let reserved: Set<Substring> = [
        "localhost", "test", "invalid", "example", "local", "internal", "onion",
    ]
    private static let reservedBelow = ["home.arpa"]

    /// False for addresses, for names without a dot, and for those set aside. Wildcards are judged by what follows `*.`.
    package static func contains(_ name: String) -> Bool {
        let name = name.hasPrefix("*.") ? String(name.dropFirst(2)) : name
        guard IPAddress(name) == nil, !name.contains(":") else { return false }
        let labels = name.lowercased().split(separator: ".")
        guard labels.count > 1, let last = labels.last, !reserved.contains(last) else { return false }
        return !reservedBelow.contains { name == $0 || name.hasSuffix(".\($0)") }
    }
}
