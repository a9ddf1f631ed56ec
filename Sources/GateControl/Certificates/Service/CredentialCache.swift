internal import GateCertificates
internal import GateTLS

/// Certificates in PEM as the library serves them. What stays the same stays the same object, so that nothing changes for
/// those who use it.
struct CredentialCache: Sendable {
    private var certificates: [String: TLSCredential] = [:]
    private var challenges: [String: TLSCredential] = [:]

    /// A certificate that was got or made; nil when the library refuses it.
    mutating func served(_ certificate: ManagedCertificate) -> ServedCertificate? {
        let credential =
            certificates[certificate.chainPEM]
            ?? (try? TLSCredential(chainPEM: Array(certificate.chainPEM.utf8), keyPEM: Array(certificate.keyPEM.utf8)))
        certificates[certificate.chainPEM] = credential
        return credential.map { ServedCertificate(credential: $0, names: certificate.names) }
    }

    /// A challenge's certificate; nil when the library refuses it.
    mutating func credential(_ challenge: ChallengeCertificate) -> TLSCredential? {
        let credential =
            challenges[challenge.certificatePEM]
            ?? (try? TLSCredential(
                chainPEM: Array(challenge.certificatePEM.utf8), keyPEM: Array(challenge.keyPEM.utf8)))
        challenges[challenge.certificatePEM] = credential
        return credential
    }

    /// Forgets all others.
    mutating func trim(_ certificates: [ManagedCertificate], _ challenges: [ChallengeCertificate]) {
        let chains = Set(certificates.map(\.chainPEM))
        let texts = Set(challenges.map(\.certificatePEM))
        self.certificates = self.certificates.filter { chains.contains($0.key) }
        self.challenges = self.challenges.filter { texts.contains($0.key) }
    }
}
