internal import GateConfig

/// Whether the certificates in sites' files are for the sites' hosts.
struct SiteCoverage {
    private(set) var findings: [CertificateFinding] = []

    /// Looks at all sites with files; what cannot be read is somebody else's finding.
    init(_ configuration: Configuration, _ shelf: CertificateShelf) {
        for site in configuration.sites {
            guard case .files(let files) = site.tls.source else { continue }
            check(site, files.filter { shelf.certificates[$0] != nil }, shelf)
        }
    }

    private mutating func check(
        _ site: Configuration.Site, _ files: [Configuration.CertificateFiles], _ shelf: CertificateShelf
    ) {
        let hosts = site.certificateHosts
        let served = shelf.served(files)
        guard let first = files.first, !hosts.isEmpty else { return }
        for (files, certificate) in zip(files, served) where !hosts.contains(where: certificate.covers) {
            find(files, "is not for \(list(hosts)), only for \(list(certificate.names)); name another file")
        }
        guard served.contains(where: { certificate in hosts.contains(where: certificate.covers) }) else { return }
        let missing = hosts.filter { host in !served.contains { $0.covers(host) } }
        if !missing.isEmpty {
            let names = served.flatMap(\.names)
            find(first, "is not for \(list(missing)), only for \(list(names)); get one for all hosts of the site")
        }
    }

    private mutating func find(_ files: Configuration.CertificateFiles, _ words: String) {
        findings.append(CertificateFinding(.error, files.chain, words))
    }

    /// At most five names.
    private func list(_ names: [String]) -> String {
        names.prefix(5).map { quoted($0) }.joined(separator: ", ") + (names.count > 5 ? ", …" : "")
    }
}
