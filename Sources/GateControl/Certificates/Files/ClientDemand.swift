internal import Crypto
internal import GateConfig
internal import GateTLS

/// What clients must show, made from its files.
struct ClientDemand: Sendable {
    let authentication: ClientAuthentication
    /// Keeps sessions of other demands out: a mark of all that this one says.
    let sessionScope: [UInt8]

    /// Bytes of a file of authorities or of lists at most.
    static let bytesMax = 64 << 20

    /// Reads the files.
    /// - Parameter now: seconds since 1970.
    /// - Returns: nil when clients are not asked, or when a file cannot be used, of which `findings` hears.
    static func load(
        _ settings: Configuration.ClientCertificates, now: Int64, _ findings: inout [CertificateFinding]
    ) -> ClientDemand? {
        guard settings.mode != .none, let file = settings.authorities else { return nil }
        guard let authorities = read(file, &findings) else { return nil }
        let lists = settings.revocations.map { read($0, &findings) } ?? []
        guard let lists else { return nil }
        guard let trust = trust(settings, authorities, lists, &findings) else { return nil }
        let doubts = examine(settings, trust, lists, now)
        findings += doubts
        guard !doubts.contains(where: { $0.gravity == .error }) else { return nil }
        return ClientDemand(
            authentication: ClientAuthentication(
                mode: settings.mode == .required ? .required : .optional, trust: trust, depthMax: settings.depthMax,
                name: settings.demandName),
            sessionScope: scope(settings, authorities, lists))
    }

    private static func examine(
        _ settings: Configuration.ClientCertificates, _ trust: TrustStore, _ lists: [UInt8], _ now: Int64
    ) -> [CertificateFinding] {
        guard let file = settings.authorities else { return [] }
        var findings = AuthorityExamination.findings(signersIn: file, trust.authorities, now: now)
        if let file = settings.revocations, let lists = try? RevocationListFacts.all(pem: lists) {
            findings += RevocationExamination.findings(file, lists, trust.authorities, now: now)
        }
        return findings
    }

    /// First without the lists, so that a finding names the right file.
    private static func trust(
        _ settings: Configuration.ClientCertificates, _ authorities: [UInt8], _ lists: [UInt8],
        _ findings: inout [CertificateFinding]
    ) -> TrustStore? {
        var file = settings.authorities
        do throws(GateTLS.CertificateError) {
            let plain = try TrustStore(authoritiesPEM: authorities)
            guard let revocations = settings.revocations else { return plain }
            file = revocations
            return try TrustStore(authoritiesPEM: authorities, revocationListsPEM: lists)
        } catch {
            if let file { findings.append(CertificateFinding(.error, file, "cannot be used: \(error)")) }
            return nil
        }
    }

    private static func scope(
        _ settings: Configuration.ClientCertificates, _ authorities: [UInt8], _ lists: [UInt8]
    ) -> [UInt8] {
        let head = "\(settings.mode.rawValue) \(settings.depthMax) \(authorities.count) \(lists.count) "
        return Array(SHA256.hash(data: Array(head.utf8) + authorities + lists))
    }

    private static func read(_ file: FileReference, _ findings: inout [CertificateFinding]) -> [UInt8]? {
        do throws(FileUnreadable) {
            return try file.read(bytesMax: bytesMax)
        } catch {
            findings.append(CertificateFinding(.error, file, "cannot be read: \(error.reason)"))
            return nil
        }
    }
}
