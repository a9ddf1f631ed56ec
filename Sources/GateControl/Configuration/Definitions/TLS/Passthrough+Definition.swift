internal import GateConfig
internal import GateCore

extension Configuration.Passthrough {
    static let definition = StructDefinition<Self>(
        "passthrough", title: "passthrough",
        doc:
            "Names whose TLS is not ended here: connections that ask for them by SNI go to an upstream as they are, from their "
            + "first byte on. Nothing in them is seen or changed.",
        example: """
            listeners:
              - address: ":443"
                tls:
                  passthrough: [{ names: [db.example.com, "*.raw.example.com"], proxy: tcp://10.0.0.9:5432 }]
            """,
        make: { Self(names: [], upstream: "") }, origin: { $0.origin = $1 },
        keys: {
            Key(
                "names", .list(.passthroughName, countMin: 1), \.names, required: true, example: "[db.example.com]",
                "What clients ask for: names, `*.example.com` for all below one, or `*` for every name. An exact name comes "
                    + "before all others, and a longer ending before a shorter one.")
            Key(
                "proxy", .passthroughTarget, \.upstream, required: true, example: "tcp://10.0.0.9:5432",
                "The name of an upstream whose servers have `http://` (no TLS of ours goes around the client's own), or "
                    + "`tcp://host:port`.")
        })
}

extension Shape where Value == [Configuration.Passthrough] {
    /// Rules; each name stands in one of them.
    static var passthrough: Shape<[Configuration.Passthrough]> {
        Shape<[Configuration.Passthrough]>.list(Configuration.Passthrough.definition.shape).checked {
            rules, node, decoding in
            var known: Set<String> = []
            for name in rules.flatMap(\.names) where !known.insert(name).inserted {
                decoding.error(at: node.location, "\(quoted(name)) stands in `passthrough` twice; keep it once")
            }
        }
    }
}

extension Shape where Value == String {
    fileprivate static var passthroughName: Shape<String> {
        .text("a name such as `db.example.com` or `*.example.com`") { text in
            let name = text.hasPrefix("*.") ? String(text.dropFirst(2)) : text
            let isName = text == "*" || HostName.isValid(name) && !HostName.looksLikeIPv4(name)
            return isName ? nil : "is no DNS name, and SNI knows nothing else"
        }.converted { text, _, _ in text.lowercased() }
    }

    /// An upstream, or the place of a server, which stands for an upstream of its own.
    fileprivate static var passthroughTarget: Shape<String> {
        .either(tcpURL, where: { ServiceURL.looksLikeURL($0.scalar?.text ?? "") }, .reference(to: upstreamKind))
    }

    private static var tcpURL: Shape<String> {
        .text("a place such as `tcp://10.0.0.9:5432`", pattern: "^tcp://[^/]+:[0-9]+$") { text in
            place(text) == nil
                ? "is no place such as `tcp://host:port`; only that or an upstream's name may stand here" : nil
        }.converted { text, _, _ in place(text).map { Configuration.Upstream.anonymousName($0) } }
    }

    @Sendable
    private static func place(_ text: String) -> ServerAddress? {
        guard text.lowercased().hasPrefix("tcp://") else { return nil }
        let rest = text.dropFirst(6)
        guard let colon = rest.lastIndex(of: ":"), rest[rest.index(after: colon)...].allSatisfy(\.isNumber),
            !rest.contains("/"), let url = try? ServiceURL("http://\(rest)")
        else { return nil }
        return url.address
    }
}

extension Configuration {
    /// What clients say in TLS of their own must not go into TLS of ours.
    func checkPassthrough(_ decoding: inout Decoding) {
        warnOfShadows(&decoding)
        for rule in listeners.compactMap(\.tls).flatMap(\.passthrough) {
            guard let place = rule.origin.location, let upstream = upstream(named: rule.upstream),
                upstream.servers.contains(where: \.isSecure)
            else { continue }
            decoding.error(
                at: place,
                "the upstream \(quoted(rule.upstream)) has a server with `https://`, and passthrough brings the client's own "
                    + "TLS; write `http://`")
        }
    }

    /// Names that are a site's, too: what asks for them by TLS never gets there.
    private func warnOfShadows(_ decoding: inout Decoding) {
        let hosts = Set(sites.filter { $0.tls.source != .off }.flatMap(\.certificateHosts))
        for rule in listeners.compactMap(\.tls).flatMap(\.passthrough) {
            guard let place = rule.origin.location else { continue }
            for name in rule.names where hosts.contains(name) {
                decoding.warning(
                    at: place,
                    "connections for \(quoted(name)) are passed on, so the site of that name gets none of this listener's; "
                        + "remove one of the two")
            }
        }
    }
}
