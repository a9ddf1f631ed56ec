internal import GateConfig
internal import SwiftASN1
internal import X509

/// The authorities that the machine trusts, by name: whether a chain that ends below one of them is whole.
enum SystemRoots {
    private static let places = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
    ]
    private static let bytesMax = 16 << 20

    /// The authorities' names; empty where the machine has none. Read once, when somebody asks first.
    static let names: Set<DistinguishedName> = {
        for place in places {
            guard let bytes = try? FileReference(place).read(bytesMax: bytesMax) else { continue }
            let documents = (try? PEMDocument.parseMultiple(pemString: String(decoding: bytes, as: UTF8.self))) ?? []
            return Set(documents.compactMap { try? Certificate(pemDocument: $0).subject })
        }
        return []
    }()
}
