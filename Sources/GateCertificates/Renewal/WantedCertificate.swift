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

    /// Names the certificate in storage: one of its names, and a mark of the whole set. The order of the names says nothing:
    /// to authorities they are a set (RFC 8555 §7.4), and a certificate for the same set counts against their limits.
    var id: String { id(leading) }

    /// Names under which the same set may be stored from the time when its first name led.
    var formerIDs: [String] { names.filter { $0 != leading }.map(id) }

    /// The first by the alphabet, wildcards last.
    private var leading: String { names.sorted().first { !$0.hasPrefix("*") } ?? names.sorted()[0] }

    private func id(_ name: String) -> String {
        let mark = SHA256.hash(data: Array(names.sorted().joined(separator: ",").utf8)).prefix(4)
        let first = name.hasPrefix("*") ? "wildcard_" + name.dropFirst() : name
        return "\(first.prefix(180))-\(mark.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined())"
    }
}
