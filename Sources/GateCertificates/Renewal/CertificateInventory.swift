public import FoundationEssentials

/// How a certificate fares, for people: what `gatehouse certificates` shows.
public struct CertificateStatus: Sendable, Equatable, Codable {
    /// Names and addresses that it is for.
    public var names: [String]
    /// Who signed it; nil when there is none yet.
    public var issuer: String?
    /// From when it is valid; nil when there is none yet.
    public var notBefore: Date?
    /// Until when it is valid; nil when there is none yet.
    public var notAfter: Date?
    /// When the next attempt to get or renew it is due.
    public var nextAttempt: Date?
    /// Attempts that failed in a row.
    public var failures: Int
    /// What the last attempt failed of; nil when it did not.
    public var lastError: String?
    /// Whether a client asked for it, and not the configuration.
    public var isOnDemand: Bool

    /// Puts one together; without the facts of a certificate there is none yet.
    public init(
        names: [String], issuer: String? = nil, notBefore: Date? = nil, notAfter: Date? = nil, nextAttempt: Date? = nil,
        failures: Int = 0, lastError: String? = nil, isOnDemand: Bool = false
    ) {
        self.names = names
        self.issuer = issuer
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.nextAttempt = nextAttempt
        self.failures = failures
        self.lastError = lastError
        self.isOnDemand = isOnDemand
    }
}

/// Reads how certificates fare from a storage, whether a proxy runs or not.
public enum CertificateInventory {
    /// All that are in a folder, which is not made if it is not there.
    /// - Throws: `StorageFailure`.
    public static func read(existing folder: String) async throws -> [CertificateStatus] {
        guard FileStorage.exists(folder) else { return [] }
        return try await read(try FileStorage(folder: folder))
    }

    /// All of them, by their first names.
    /// - Throws: `StorageFailure`.
    public static func read(_ storage: any CertificateStorage) async throws -> [CertificateStatus] {
        var all: [CertificateStatus] = []
        for place in try await CertificatePlace.all(in: storage) {
            if let status = await status(place) { all.append(status) }
        }
        return all.sorted { $0.names[0] < $1.names[0] }
    }

    /// Nil for a place where nothing is. One that cannot be read does not hide the others.
    private static func status(_ place: CertificatePlace) async -> CertificateStatus? {
        let record = try? await place.record()
        do {
            let bytes = try await place.bytes()
            let certificate = bytes.flatMap(CertificatePlace.certificate)
            let isDamaged = bytes != nil && certificate == nil
            guard let names = record?.names ?? certificate?.names ?? (isDamaged ? [place.id] : nil) else { return nil }
            var status = status(names, certificate, record)
            if isDamaged { status.lastError = status.lastError ?? "\(place.location) is damaged" }
            return status
        } catch {
            return CertificateStatus(names: record?.names ?? [place.id], lastError: "\(error)")
        }
    }

    private static func status(
        _ names: [String], _ certificate: ManagedCertificate?, _ record: CertificateRecord?
    ) -> CertificateStatus {
        let usual = certificate.map { RenewalSchedule.renewal(notBefore: $0.notBefore, notAfter: $0.notAfter) }
        let due = record?.renewAt ?? usual
        return CertificateStatus(
            names: names, issuer: certificate?.issuer, notBefore: certificate?.notBefore,
            notAfter: certificate?.notAfter, nextAttempt: [due, record?.retryAt].compactMap { $0 }.max(),
            failures: record?.failures ?? 0, lastError: record?.lastError, isOnDemand: record?.isOnDemand ?? false)
    }
}
