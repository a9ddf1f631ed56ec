import Crypto

/// A set of names that one certificate is to cover.
public struct WantedCertificate: Sendable, Hashable {
    /// In lower case, each once, in the order in which they were asked for; the first one names the certificate.
    public let names: [String]
    /// Whether a client asked for it, and not the configuration.
    public let isOnDemand: Bool

    /// Names at most for one certificate: what Let's Encrypt takes.
    public static let namesMax = 100

    /// Wants a certificate for 1...100 names or addresses. Letters become small ones, and repetitions fall away.
    public init(names: [String], isOnDemand: Bool = false) {
        var seen: Set<String> = []
        self.names = names.map { $0.lowercased() }.filter { seen.insert($0).inserted }
        self.isOnDemand = isOnDemand
        precondition(!self.names.isEmpty)
        precondition(self.names.count <= Self.namesMax)
    }

    /// Names the certificate in storage: its first name, and a mark of the whole set, whatever its order.
    var id: String {
        let mark = SHA256.hash(data: Array(names.sorted().joined(separator: ",").utf8)).prefix(4)
        let first = names[0].hasPrefix("*") ? "wildcard_" + names[0].dropFirst() : names[0]
        return "\(first.prefix(180))-\(mark.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined())"
    }
}
