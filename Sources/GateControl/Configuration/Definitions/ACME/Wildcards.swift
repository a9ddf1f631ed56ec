internal import GateCertificates
internal import GateConfig

extension Configuration {
    /// Sites whose wildcards no challenge can get a certificate for (RFC 8555 §7.1.3: authorities want DNS-01 for them).
    func checkWildcards(_ node: ConfigNode, _ decoding: inout Decoding) {
        guard listeners.contains(where: { $0.tls != nil }), !acme.challenges.contains(.dns01),
            let places = node["sites"]?.elements, places.count == sites.count
        else { return }
        // What listeners have may cover it; that is seen when the files are read.
        let hasFiles = listeners.contains { $0.tls.map { !$0.certificates.isEmpty } ?? false }
        for (site, place) in zip(sites, places) {
            let isAutomatic = site.tls.source == .automatic || (site.tls.source == nil && !hasFiles)
            guard isAutomatic, let host = site.hosts.first(where: Self.isPublicWildcard) else { continue }
            decoding.error(
                at: (place["hosts"] ?? place).location,
                "`\(host)` needs `dns-01`, and `acme` has none; set `dns` there, or name files in `tls`")
        }
    }

    private static func isPublicWildcard(_ host: HostPattern) -> Bool {
        guard case .suffix(let name) = host else { return false }
        return PublicNames.contains(name)
    }
}
