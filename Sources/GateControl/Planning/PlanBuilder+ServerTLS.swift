// TLS to servers, as the data plane wants it.

import GateConfig
import GateCore
import GateProxy
import GateTLS

extension PlanBuilder {
    /// Who a server must be.
    func tlsName(_ address: ServerAddress, _ tls: Configuration.ServerTLS) -> TLSServerName {
        var name = TLSServerName(tls.name ?? Self.hostText(address))
        switch tls.sni {
        case .verified: break
        case .off: name.sni = nil
        case .name(let sni): name.sni = sni
        }
        return name
    }

    private static func hostText(_ address: ServerAddress) -> String {
        switch address {
        case .socket(.ip(let ip, _)): "\(ip)"
        case .socket(.unix): "localhost"
        case .name(let name, _), .service(let name): name
        }
    }

    /// What makes the TLS of an upstream's servers; nil where none has any.
    func tls(_ upstream: Configuration.Upstream, _ notes: inout [String]) -> ClientTLSContext? {
        guard upstream.servers.contains(where: \.isSecure) else { return nil }
        do throws(CertificateError) {
            return try ClientTLSContext(settings(upstream.tls))
        } catch {
            notes.append("upstream \(upstream.name): no TLS to its servers: \(error)")
            return nil
        }
    }

    private func settings(_ tls: Configuration.ServerTLS) throws(CertificateError) -> ClientTLSSettings {
        var settings = ClientTLSSettings(trust: try trust(tls))
        settings.credential = tls.certificate
        settings.minVersion = version(tls.minVersion)
        settings.maxVersion = version(tls.maxVersion)
        settings.resumes = tls.resumes
        return settings
    }

    private func trust(_ tls: Configuration.ServerTLS) throws(CertificateError) -> TrustStore? {
        if tls.isInsecure { return nil }
        if let named = tls.trust { return named }
        return try SystemTrust.store()
    }

    private func version(_ version: Configuration.TLSVersion) -> TLSVersion {
        switch version {
        case .tls12: .tls12
        case .tls13: .tls13
        }
    }
}
