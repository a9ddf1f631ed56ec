internal import FoundationEssentials
internal import GateCertificates

/// The certificates in a state folder, as people and programs read them.
public struct CertificateListing: Sendable {
    private let certificates: [CertificateStatus]

    /// Reads the folder; one that is not there has no certificates. It blocks.
    /// - Throws: `StorageFailure` when it cannot be read.
    public init(stateFolder: String) throws {
        certificates = try waitFor { try await CertificateInventory.read(existing: stateFolder) }
    }

    init(_ certificates: [CertificateStatus]) { self.certificates = certificates }

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
            one.names.joined(separator: ","), one.issuer ?? "-", time(one.notAfter), time(one.nextAttempt),
            "\(one.failures)", one.lastError ?? "-",
        ]
    }

    private static func line(_ cells: [String], _ widths: [Int]) -> String {
        var line = zip(cells, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ")
        while line.hasSuffix(" ") { line.removeLast() }
        return line
    }

    private static func time(_ date: Date?) -> String { date?.ISO8601Format() ?? "-" }
}
