internal import GateTLS

/// A certificate that is there to be served, wherever it came from.
struct ServedCertificate: Sendable {
    let credential: TLSCredential
    /// In lower case; wildcards as `*.example.com`.
    let names: [String]

    /// Whether it is good for a host: a name, an address, or a wildcard, which must stand in it as such.
    func covers(_ host: String) -> Bool { host.hasPrefix("*.") ? names.contains(host) : credential.covers(host) }

    /// The most wanted first: small and fast keys before large ones, and the one that lasts longer among equals. Clients
    /// that do not understand one get the next.
    static func isPreferred(_ a: ServedCertificate, over b: ServedCertificate) -> Bool {
        if a.rank != b.rank { return a.rank < b.rank }
        return a.credential.notAfter > b.credential.notAfter
    }

    private var rank: Int {
        switch credential.keyKind {
        case .ecdsa: 0
        case .ed25519: 1
        case .rsa: 2
        }
    }
}
