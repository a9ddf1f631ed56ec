// Strict-Transport-Security: browsers shall come by https alone (RFC 6797).

import GateCore
import GateHTTP

extension Exchange {
    /// Says it in the site's words, whatever the server says, and never in clear text (RFC 6797 §7.2).
    @inline(__always)
    func addTransportSecurity() {
        if let site = borrowedSite, site.with({ $0.hasTransportSecurity }) { setTransportSecurity(site.object) }
    }

    private func setTransportSecurity(_ site: SiteRuntime) {
        response.remove(.strictTransportSecurity)
        let value = site.transportSecurity
        if isPublicSideSecure { response.add(.strictTransportSecurity, value.span) }
    }
}
