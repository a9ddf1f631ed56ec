internal import FoundationEssentials
internal import GateCertificates

/// The certificates in a state folder, as people and programs read them.
public struct CertificateListing: Sendable {
    private let certificates: [CertificateStatus]

    /// Reads the folder; one that is not there has no certificates. It blocks.
    /// - Parameter configuration: what it wants and nobody has tried to get yet is listed, too.
    /// - Throws: `StorageFailure` when the folder cannot be read.
    public init(stateFolder: String, configuration: Configuration = Configuration()) throws {
        let wanted = CertificateOffer(configuration).wantedPublicly
        self.init(
            try waitFor { try await CertificateInventory.read(existing: stateFolder) }, wanted: wanted.map(\.names))
    }

    init(_ certificates: [CertificateStatus], wanted: [[String]] = []) {
        let known = Set(certificates.map { Set($0.names) })
        let pending = wanted.filter { !known.contains(Set($0)) }.map { CertificateStatus(names: $0) }
        self.certificates = (certificates + pending).sorted { $0.names[0] < $1.names[0] }
    }

    /// A list in JSON; times are as RFC 3339 writes them.
    public func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        return String(decoding: try encoder.encode(certificates), as: UTF8.self)
    }

    /// A table.
    public func text() -> String {
        guard !certificates.isEmpty else { return "no certificates" }
        let head = ["NAMES", "ISSUER", "EXPIRES", "NEXT ATTEMPT", "FAILURES", "LAST ERROR"]
        let rows = [head] + certificates.map(Self.cells)
        let widths = head.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { Self.line($0, widths) }.joined(separator: "\n")
    }

    private static func cells(_ one: CertificateStatus) -> [String] {
        [
            one.names.joined(separator: ","), one.issuer ?? "-", time(one.notAfter), nextAttempt(one),
            "\(one.failures)", one.lastError ?? "-",
        ]
    }

    /// Before its first attempt has ended nothing else is known of a certificate.
    private static func nextAttempt(_ one: CertificateStatus) -> String {
        let isPending = one.notAfter == nil && one.nextAttempt == nil && one.lastError == nil && one.failures == 0
        return isPending ? "pending" : time(one.nextAttempt)
    }

    private static func line(_ cells: [String], _ widths: [Int]) -> String {
        var line = zip(cells, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ")
        while line.hasSuffix(" ") { line.removeLast() }
        return line
    }

    private static func time(_ date: Date?) -> String { date?.ISO8601Format() ?? "-" }
}
