internal import GateConfig
internal import SwiftASN1
internal import X509

/// The authorities that the machine trusts, by name: whether a chain that ends below one of them is whole.
enum SystemRoots {
    /// The authorities' names; empty where the machine has none. Read once, when somebody asks first.
    static let names: Set<DistinguishedName> = {
        for place in SystemTrust.places {
            guard let bytes = try? FileReference(place).read(bytesMax: SystemTrust.bytesMax) else { continue }
            let documents = (try? PEMDocument.parseMultiple(pemString: String(decoding: bytes, as: UTF8.self))) ?? []
            return Set(documents.compactMap { try? Certificate(pemDocument: $0).subject })
        }
        return []
    }()
}
