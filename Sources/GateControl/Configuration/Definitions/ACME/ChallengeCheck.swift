internal import GateCertificates
internal import GateConfig
internal import Glibc

extension Configuration {
    /// HTTP-01 comes in clear text (RFC 8555 §8.3), and nobody listens for that.
    func checkChallenges(_ node: ConfigNode, _ decoding: inout Decoding) {
        guard acme.challenges == [.http01], acme.dns == nil, let place = node["acme"]?["challenges"],
            !listeners.isEmpty,
            listeners.allSatisfy({ $0.tls != nil })
        else { return }
        decoding.error(
            at: place.location,
            "`http-01` needs a listener without `tls`, and there is none; add one, such as "
                + "`{ address: \":80\", redirect_to_https: true }`, or another challenge")
    }

    /// The program that writes records, and where it is named.
    @Sendable
    static func dnsHook(_ node: ConfigNode) -> FileReference? {
        guard let place = node["acme"]?["dns"]?["hook"]?.elements?.first, let program = place.scalar?.text else {
            return nil
        }
        return FileReference(program, origin: Origin(place.location))
    }

    /// Whoever can write there can put certificates and keys of their own into service.
    func checkStateFolder(_ node: ConfigNode, _ decoding: inout Decoding) {
        guard let state, let place = node["state"] else { return }
        var facts = stat()
        guard stat(state, &facts) == 0, facts.st_mode & 0o002 != 0 else { return }
        decoding.warning(
            at: place.location,
            "every user of this machine can write to \(quoted(state)), where keys live; do `chmod 700 \(state)`")
    }
}
