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

    /// All files that a configuration names.
    struct Wanted: Sendable, Equatable {
        var certificates: Set<Configuration.CertificateFiles> = []
        var demands: Set<Configuration.ClientCertificates> = []
        var ticketKeys: Set<FileReference> = []

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
    /// - Parameter now: seconds since 1970.
    /// - Returns: what is wrong with what was read.
    mutating func fill(_ wanted: Wanted, now: Int64) -> [CertificateFinding] {
        var findings: [CertificateFinding] = []
        let fresh = wanted.paths.reduce(into: [String: FileStamp?]()) { $0[$1] = .some(FileStamp(path: $1)) }
        let isChanged = { [stamps] (file: FileReference) in stamps[file.path] != fresh[file.path] }

        certificates = certificates.filter { wanted.certificates.contains($0.key) }
        for files in wanted.certificates.sorted(by: Self.inOrder)
        where certificates[files] == nil || Self.files(of: files).contains(where: isChanged) {
            var loader = CertificateLoader(files, now: now)
            if let loaded = loader.load() { certificates[files] = loaded }
            findings += loader.findings
        }
        demands = demands.filter { wanted.demands.contains($0.key) }
        for settings in wanted.demands
        where demands[settings] == nil || Self.files(of: settings).contains(where: isChanged) {
            if let demand = ClientDemand.load(settings, &findings) { demands[settings] = demand }
        }
        ticketKeys = ticketKeys.filter { wanted.ticketKeys.contains($0.key) }
        for file in wanted.ticketKeys where ticketKeys[file] == nil || isChanged(file) {
            if let key = TicketKeyFile.load(file, &findings) { ticketKeys[file] = key }
        }
        stamps = fresh
        return findings
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
