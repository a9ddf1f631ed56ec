internal import GateConfig
internal import GateTLS

/// Whether lists of revoked certificates let anybody in.
enum RevocationExamination {
    /// - Parameters:
    ///   - authorities: the DER of those who sign clients' certificates.
    ///   - now: seconds since 1970.
    static func findings(
        _ file: FileReference, _ lists: [RevocationListFacts], _ authorities: [[UInt8]], now: Int64
    ) -> [CertificateFinding] {
        let known = Set(authorities.compactMap { CertificateFacts(der: $0)?.subject })
        return lists.flatMap { list in
            [outdated(file, list, now), foreign(file, list, known)].compactMap { $0 }
        }
    }

    private static func outdated(
        _ file: FileReference, _ list: RevocationListFacts, _ now: Int64
    ) -> CertificateFinding? {
        guard let until = list.nextUpdate, until < now else { return nil }
        return CertificateFinding(
            .outOfTime, file,
            "is outdated: the list of \(list.issuer) was good until \(CertificateTime.day(until)), and an outdated list "
                + "refuses everybody; get a new one")
    }

    private static func foreign(
        _ file: FileReference, _ list: RevocationListFacts, _ known: Set<String>
    ) -> CertificateFinding? {
        guard !known.contains(list.issuer) else { return nil }
        return CertificateFinding(
            .warning, file,
            "has a list of \(list.issuer), who is not in `ca`; clients whose certificate another authority has signed are "
                + "refused, unless there is a list of that one, too")
    }
}
