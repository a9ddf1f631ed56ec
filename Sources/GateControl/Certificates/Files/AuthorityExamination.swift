internal import FoundationEssentials
internal import GateConfig
internal import GateTLS
internal import SwiftASN1
internal import X509

/// Whether anybody can be believed by a file of authorities.
enum AuthorityExamination {
    /// - Parameters:
    ///   - chain: the DER of the file's certificates.
    ///   - now: seconds since 1970.
    /// - Returns: nothing while one of them is good.
    static func findings(_ file: FileReference, _ chain: [[UInt8]], now: Int64) -> [CertificateFinding] {
        let ends = chain.compactMap { try? Certificate(derEncoded: $0) }
            .map { Int64($0.notValidAfter.timeIntervalSince1970) }
        guard let last = ends.max(), ends.count == chain.count, last < now else { return [] }
        let words = chain.count == 1 ? "the authority was" : "the last of its authorities was"
        return [
            CertificateFinding(
                .outOfTime, file,
                "has expired: \(words) good until \(CertificateTime.day(last)), and nobody is believed any more; renew it"
            )
        ]
    }

    /// As `findings`, for authorities that sign clients' certificates: one that may not sign does not count there.
    static func findings(signersIn file: FileReference, _ chain: [[UInt8]], now: Int64) -> [CertificateFinding] {
        let certificates = chain.compactMap { try? Certificate(derEncoded: $0) }
        guard certificates.count == chain.count, !certificates.contains(where: maySign) else {
            return findings(file, chain, now: now)
        }
        return [
            CertificateFinding(
                .error, file,
                "has no authority: what is there was issued by \(certificates[0].issuer) and must not sign others; name the "
                    + "certificate of who issued it")
        ]
    }

    /// An authority, or somebody who vouches for nobody else.
    private static func maySign(_ certificate: Certificate) -> Bool {
        if certificate.issuer == certificate.subject { return true }
        switch (try? certificate.extensions.basicConstraints) ?? nil {
        case .isCertificateAuthority: return true
        default: return false
        }
    }
}
