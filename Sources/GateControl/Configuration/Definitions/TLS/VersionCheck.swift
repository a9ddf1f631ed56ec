internal import GateConfig

extension Configuration {
    /// Sites with a `min_version` that no listener has, or that all listeners have anyway.
    func checkVersions(_ node: ConfigNode, _ decoding: inout Decoding) {
        let tls = listeners.compactMap(\.tls)
        guard !tls.isEmpty, let places = node["sites"]?.elements, places.count == sites.count else { return }
        for (site, place) in zip(sites, places) {
            guard let version = site.tls.minVersion, let place = place["tls"]?["min_version"] else { continue }
            let reaching = tls.filter { $0.maxVersion >= version }
            if reaching.isEmpty {
                decoding.error(
                    at: place.location,
                    "nobody can reach this site by TLS: the `max_version` of every listener is older; raise one of them"
                )
            } else if reaching.count < tls.count {
                decoding.warning(
                    at: place.location,
                    "listeners whose `max_version` is older do not serve this site; raise it there if they should")
            } else if tls.allSatisfy({ $0.minVersion > version }) {
                decoding.warning(
                    at: place.location,
                    "`min_version` has no effect: that of every listener is newer, and a site cannot lower it; remove it"
                )
            }
        }
    }
}
