internal import FoundationEssentials
internal import GateConfig
internal import GateTLS
internal import SwiftASN1
internal import X509

/// Whether connections to servers can come about with what the files say.
enum ServerFileExamination {
    /// - Parameter now: seconds since 1970.
    static func findings(_ configuration: Configuration, now: Int64) -> [CertificateFinding] {
        configuration.upstreams.map(\.tls).flatMap { tls in trust(tls, now) + credential(tls, now) }
    }

    private static func trust(_ tls: Configuration.ServerTLS, _ now: Int64) -> [CertificateFinding] {
        guard let file = tls.files.authorities.first, let trust = tls.trust else { return [] }
        return AuthorityExamination.findings(file, trust.authorities, now: now)
    }

    private static func credential(_ tls: Configuration.ServerTLS, _ now: Int64) -> [CertificateFinding] {
        guard let file = tls.files.chain, let credential = tls.certificate else { return [] }
        return [time(file, credential, now), purpose(file, credential)].compactMap { $0 }
    }

    private static func time(_ file: FileReference, _ credential: TLSCredential, _ now: Int64) -> CertificateFinding? {
        if credential.notAfter < now {
            let day = CertificateTime.day(credential.notAfter)
            return CertificateFinding(
                .outOfTime, file, "has expired: it was good until \(day), and servers refuse it; renew it")
        }
        guard credential.notBefore > now else { return nil }
        let day = CertificateTime.day(credential.notBefore)
        return CertificateFinding(
            .outOfTime, file, "is not valid yet: it is good from \(day) on; look at this machine's clock")
    }

    /// Not every server looks at it.
    private static func purpose(_ file: FileReference, _ credential: TLSCredential) -> CertificateFinding? {
        guard let leaf = credential.chain.first.flatMap({ try? Certificate(derEncoded: $0) }),
            let usages = (try? leaf.extensions.extendedKeyUsage) ?? nil, !usages.contains(.clientAuth),
            !usages.contains(.any)
        else { return nil }
        return CertificateFinding(
            .warning, file,
            "is not for clients: its extended key usage lacks `clientAuth`, and most servers refuse it; get one for clients"
        )
    }
}
