/// Certificates by their names, so that ten thousand of them are found as fast as one.
struct CertificateIndex: Sendable {
    /// The certificates in their order.
    let certificates: [ServedCertificate]
    private let byName: [String: [Int]]

    init(_ certificates: [ServedCertificate]) {
        self.certificates = certificates
        byName = certificates.indices.reduce(into: [:]) { table, index in
            for name in Set(certificates[index].names) { table[name, default: []].append(index) }
        }
    }

    /// All names that stand in them.
    var names: some Sequence<String> { byName.keys }

    /// Those that are good for a host, as `ServedCertificate.covers` has it, in their order.
    func covering(_ host: String) -> [ServedCertificate] {
        var found = byName[host] ?? []
        if !host.hasPrefix("*."), let dot = host.firstIndex(of: "."), dot != host.startIndex {
            found += byName["*\(host[dot...])"] ?? []
        }
        return Set(found).sorted().map { certificates[$0] }
    }
}
