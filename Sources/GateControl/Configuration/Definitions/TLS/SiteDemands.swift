internal import GateCertificates
internal import GateConfig

extension Configuration {
    /// Sites that demand or promise of TLS what no listener could keep.
    func checkSiteDemands(_ node: ConfigNode, _ decoding: inout Decoding) {
        guard let places = node["sites"]?.elements, places.count == sites.count else { return }
        let hasTLS = listeners.contains { $0.tls != nil }
        for (site, place) in zip(sites, places) {
            let asks = (site.tls.clientCertificates?.mode ?? .none) != .none
            let tls = place["tls"] ?? place
            if asks && site.tls.source == .off {
                decoding.error(
                    at: tls.location,
                    "a site that is kept off TLS gets no certificates of clients; remove `off` or `client_certificates`"
                )
            } else if asks && !hasTLS {
                decoding.error(
                    at: (tls["client_certificates"] ?? tls).location,
                    "no listener speaks TLS, so no client can show a certificate; give a listener `tls`")
            }
            checkNames(site, tls, &decoding)
        }
    }

    /// Nobody can get a certificate for names that are known only when a client comes, but on demand.
    private func checkNames(_ site: Site, _ place: ConfigNode, _ decoding: inout Decoding) {
        guard site.certificateHosts.isEmpty, acme.onDemand == nil else { return }
        let word: String
        switch site.tls.source {
        case .automatic: word = "auto"
        case .internal: word = "internal"
        case .off, .files, nil: return
        }
        decoding.error(
            at: place.location,
            "`\(word)` needs names, and the site has none; add them to `hosts`, or name files in `certificates`")
    }
}
