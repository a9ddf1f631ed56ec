internal import GateConfig
internal import GateTLS

/// Everything that a configuration's files about TLS come to. A value: a copy is filled for a new configuration or after a
/// change of files, and takes the place of the former one when it is good.
struct CertificateShelf: Sendable {
    /// The certificates by their files.
    private(set) var certificates: [Configuration.CertificateFiles: LoadedCertificate] = [:]
    /// What clients must show, by the settings that say so.
    private(set) var demands: [Configuration.ClientCertificates: ClientDemand] = [:]
    /// The keys of session tickets, by file.
    private(set) var ticketKeys: [FileReference: TicketKey] = [:]
    /// The state in which each file was read last, whether it was good or not.
    private var stamps: [String: FileStamp?] = [:]
    /// What was of no use when it was read last; an earlier state of it may still be there.
    private var broken = Wanted()

    /// All files that a configuration names.
    struct Wanted: Sendable, Equatable {
        var certificates: Set<Configuration.CertificateFiles> = []
        var demands: Set<Configuration.ClientCertificates> = []
        var ticketKeys: Set<FileReference> = []

        /// None.
        init() {}

        /// Collects them from listeners and sites.
        init(_ configuration: Configuration) {
            for tls in configuration.listeners.compactMap(\.tls) {
                certificates.formUnion(tls.certificates)
                if let demand = tls.clientCertificates { demands.insert(demand) }
                if case .files(let files) = tls.tickets { ticketKeys.formUnion(files) }
            }
            for tls in configuration.sites.map(\.tls) {
                if case .files(let files) = tls.source { certificates.formUnion(files) }
                if let demand = tls.clientCertificates { demands.insert(demand) }
            }
        }

        /// Forgets all others.
        mutating func formIntersection(_ others: Wanted) {
            certificates.formIntersection(others.certificates)
            demands.formIntersection(others.demands)
            ticketKeys.formIntersection(others.ticketKeys)
        }

        /// The paths of all of them.
        var paths: Set<String> {
            var files = Array(ticketKeys)
            for certificate in certificates { files += CertificateShelf.files(of: certificate) }
            for demand in demands { files += CertificateShelf.files(of: demand) }
            return Set(files.map(\.path))
        }
    }

    /// Reads what is new or has changed since it was read, drops what is not wanted any more, and keeps what is there in the
    /// place of what cannot be read.
    /// - Parameters:
    ///   - now: seconds since 1970.
    ///   - retriesBroken: what was of no use before is read again, even if it has not changed since.
    /// - Returns: what is wrong with what was read.
    mutating func fill(_ wanted: Wanted, now: Int64, retriesBroken: Bool = false) -> [CertificateFinding] {
        var findings: [CertificateFinding] = []
        let fresh = wanted.paths.reduce(into: [String: FileStamp?]()) { $0[$1] = .some(FileStamp(path: $1)) }
        let isChanged = { [stamps] (file: FileReference) in stamps[file.path] != fresh[file.path] }

        let former = broken
        if retriesBroken { broken = Wanted() } else { broken.formIntersection(wanted) }

        certificates = certificates.filter { wanted.certificates.contains($0.key) }
        let before = certificates
        for files in wanted.certificates.sorted(by: Self.inOrder)
        where certificates[files] == nil || Self.files(of: files).contains(where: isChanged)
            || retriesBroken && former.certificates.contains(files)
        {
            var loader = CertificateLoader(files, now: now)
            if let loaded = loader.load() {
                certificates[files] = loaded
                broken.certificates.remove(files)
            } else {
                broken.certificates.insert(files)
            }
            findings += loader.findings
        }
        findings += lostNames(since: before)
        demands = demands.filter { wanted.demands.contains($0.key) }
        for settings in wanted.demands
        where demands[settings] == nil || Self.files(of: settings).contains(where: isChanged)
            || retriesBroken && former.demands.contains(settings)
        {
            if let demand = ClientDemand.load(settings, now: now, &findings) {
                demands[settings] = demand
                broken.demands.remove(settings)
            } else if settings.mode != .none {
                broken.demands.insert(settings)
            }
        }
        ticketKeys = ticketKeys.filter { wanted.ticketKeys.contains($0.key) }
        for file in wanted.ticketKeys
        where ticketKeys[file] == nil || isChanged(file) || retriesBroken && former.ticketKeys.contains(file) {
            if let key = TicketKeyFile.load(file, &findings) {
                ticketKeys[file] = key
                broken.ticketKeys.remove(file)
            } else {
                broken.ticketKeys.insert(file)
            }
        }
        stamps = fresh
        return findings
    }

    /// Names that a file was for and that no certificate is for now.
    private func lostNames(
        since before: [Configuration.CertificateFiles: LoadedCertificate]
    ) -> [CertificateFinding] {
        let changed = before.filter { files, former in
            certificates[files].map { $0.names != former.names } ?? false
        }
        guard !changed.isEmpty else { return [] }
        let index = CertificateIndex(served(Array(certificates.keys)))
        return changed.sorted { Self.inOrder($0.key, $1.key) }.compactMap { files, former in
            let lost = former.names.filter { index.covering($0).isEmpty }
            guard !lost.isEmpty else { return nil }
            let words = NameList.text(lost)
            return CertificateFinding(
                .warning, files.chain,
                "is no longer for \(words), and neither is another file; clients who ask for it may be refused")
        }
    }

    /// True if a file is in another state than when it was read.
    func isOutdated(_ wanted: Wanted) -> Bool {
        wanted.paths.contains { stamps[$0] != .some(FileStamp(path: $0)) }
    }

    private static func files(of certificate: Configuration.CertificateFiles) -> [FileReference] {
        [certificate.chain, certificate.key] + [certificate.staple].compactMap { $0 }
    }

    private static func files(of demand: Configuration.ClientCertificates) -> [FileReference] {
        [demand.authorities, demand.revocations].compactMap { $0 }
    }

    /// Findings come in the order of the files' names.
    private static func inOrder(_ a: Configuration.CertificateFiles, _ b: Configuration.CertificateFiles) -> Bool {
        (a.chain.path, a.key.path) < (b.chain.path, b.key.path)
    }
}
