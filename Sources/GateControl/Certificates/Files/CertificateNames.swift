internal import GateCore
internal import SwiftASN1
internal import X509

/// What a certificate is for.
enum CertificateNames {
    /// DNS names and addresses of the subject alternative names, in lower case. The subject does not count (RFC 9525 §2).
    static func of(_ certificate: Certificate) -> [String] {
        let names = (try? certificate.extensions.subjectAlternativeNames) ?? nil
        return (names ?? SubjectAlternativeNames()).compactMap { name in
            switch name {
            case .dnsName(let name): name.lowercased()
            case .ipAddress(let octets): address(octets.bytes)
            default: nil
            }
        }
    }

    private static func address(_ bytes: ArraySlice<UInt8>) -> String? {
        let bits = bytes.reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
        switch bytes.count {
        case 4: return "\(IPAddress(v4: UInt32(truncatingIfNeeded: bits)))"
        case 16:
            return "\(IPAddress(high: UInt64(truncatingIfNeeded: bits >> 64), low: UInt64(truncatingIfNeeded: bits)))"
        default: return nil
        }
    }
}
