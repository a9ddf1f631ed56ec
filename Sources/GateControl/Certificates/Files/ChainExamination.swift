internal import FoundationEssentials
internal import GateConfig
internal import X509

/// What clients would say to a chain: its times, its order, whether it leads to a root, how it is signed.
struct ChainExamination {
    private let file: FileReference
    private let chain: [Certificate]
    private let now: Int64
    private(set) var findings: [CertificateFinding] = []

    /// - Parameter now: seconds since 1970.
    init(_ file: FileReference, _ chain: [Certificate], now: Int64) {
        precondition(!chain.isEmpty)
        self.file = file
        self.chain = chain
        self.now = now
    }

    /// Looks at everything.
    mutating func run() {
        checkTimes()
        checkPurpose()
        checkSignatures()
        if checkOrder() { checkEnd() }
    }

    private mutating func find(_ gravity: CertificateFinding.Gravity, _ words: String) {
        findings.append(CertificateFinding(gravity, file, words))
    }

    private func name(_ index: Int) -> String { index == 0 ? "the certificate" : "certificate \(index + 1)" }

    // MARK: Times

    /// Whoever has less left of the certificate's life than this should have renewed it: a quarter, at most two weeks.
    private static let leadSecondsMax: Int64 = 14 * 86_400

    /// Looks at the times alone.
    mutating func checkTimes() {
        for (index, certificate) in chain.enumerated() {
            let from = Int64(certificate.notValidBefore.timeIntervalSince1970)
            let until = Int64(certificate.notValidAfter.timeIntervalSince1970)
            if until < now {
                find(.outOfTime, "has expired: \(name(index)) was good until \(CertificateTime.day(until)); renew it")
            } else if from > now {
                find(
                    .outOfTime,
                    "is not valid yet: \(name(index)) is good from \(CertificateTime.day(from)) on; look at this machine's clock"
                )
            } else if until - now < min((until - from) / 4, Self.leadSecondsMax) {
                find(.warning, "expires soon: \(name(index)) is good until \(CertificateTime.day(until)); renew it")
            }
        }
    }

    // MARK: Purpose

    private mutating func checkPurpose() {
        if CertificateNames.of(chain[0]).isEmpty {
            find(.error, "is for no name: it has no subject alternative names, and clients look at nothing else")
        }
        let usages = (try? chain[0].extensions.extendedKeyUsage) ?? nil
        if let usages, !usages.contains(.serverAuth), !usages.contains(.any) {
            find(.error, "is not for servers: its extended key usage lacks `serverAuth`")
        }
    }

    private mutating func checkSignatures() {
        for (index, certificate) in chain.enumerated()
        where certificate.signatureAlgorithm == .sha1WithRSAEncryption && !isSelfSigned(certificate) {
            find(.error, "is signed with SHA-1 (\(name(index))), which clients refuse; get a new one")
        }
    }

    // MARK: Order

    private func isSelfSigned(_ certificate: Certificate) -> Bool { certificate.issuer == certificate.subject }

    private func isIssued(_ certificate: Certificate, by issuer: Certificate) -> Bool {
        certificate.issuer == issuer.subject
            && issuer.publicKey.isValidSignature(certificate.signature, for: certificate)
    }

    /// True if each is issued by the next.
    private mutating func checkOrder() -> Bool {
        for index in chain.indices.dropLast() where !isIssued(chain[index], by: chain[index + 1]) {
            let issuer = chain.firstIndex { isIssued(chain[index], by: $0) }
            let hint =
                issuer.map { "certificate \($0 + 1) did; put it behind \(name(index))" }
                ?? "remove what does not belong there"
            find(.warning, "is out of order: certificate \(index + 2) has not issued \(name(index)); \(hint)")
            return false
        }
        return true
    }

    /// Whether clients can get from the last certificate to a root that they know.
    private mutating func checkEnd() {
        let last = chain[chain.count - 1]
        guard !isSelfSigned(last), isExpectedToGoOn(last), !SystemRoots.names.contains(last.issuer) else { return }
        find(
            .warning,
            "is incomplete: the issuer of \(name(chain.count - 1)), \(last.issuer), is missing; append its certificate, or "
                + "clients that do not have it refuse")
    }

    /// A second certificate may well be right below a private root; a lone one, or one that says where its issuer's
    /// certificate is to be found, most likely is not.
    private func isExpectedToGoOn(_ last: Certificate) -> Bool {
        if chain.count == 1 { return true }
        let access = (try? last.extensions.authorityInformationAccess) ?? nil
        return access?.contains { $0.method == .issuingCA } ?? false
    }
}
