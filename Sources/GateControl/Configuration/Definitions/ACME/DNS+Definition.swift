internal import FoundationEssentials
internal import GateCertificates
internal import GateConfig
internal import GateCore

/// What is written about records for DNS-01.
struct DNSText: Sendable {
    var hook: [String] = []
    var server: SocketAddress?
    var zone: String?
    var key: TSIGKey?
    var waitMs = 60_000

    /// Nil when something is missing.
    var settings: DNSSettings? {
        let provider: DNSSettings.Provider
        if !hook.isEmpty {
            provider = .hook(hook)
        } else if let server, let zone {
            provider = .update(DNSSettings.DynamicUpdate(server: server, zone: zone, key: key))
        } else {
            return nil
        }
        return DNSSettings(provider: provider, waitSeconds: waitMs / 1000)
    }

    static let definition = StructDefinition<Self>(
        "acme_dns", title: "dns",
        doc:
            "How records for `dns-01` get to the name server: by a program, or by dynamic updates (RFC 2136). The authority is "
            + "asked to look when the zone's servers show the record.",
        example: """
            listeners:
              - { address: ":443", tls: auto }
            acme:
              challenges: [dns-01]
              dns:
                server: 127.0.0.1:53
                zone: example.com
                key: { name: gatehouse, algorithm: hmac-sha256, secret: "${TSIG_SECRET:-c2VjcmV0}" }
            """,
        make: { Self() }, exclusions: [.atMostOne("hook", "server")],
        keys: {
            Key(
                "hook", .list(.string, countMin: 1), \.hook, defaultText: "none", example: "[/usr/local/bin/dns-hook]",
                "A program and its arguments. It is called with `present NAME VALUE` and `remove NAME VALUE` behind them; "
                    + "the same stands in the environment as `ACME_ACTION`, `ACME_NAME` and `ACME_VALUE`. Status 0 is success."
            )
            Key(
                "server", .nameServer, \.server, defaultText: "none", example: "\"127.0.0.1:53\"",
                "The name server that takes updates, by address; the port is 53 unless one is written.")
            Key(
                "zone", .text("the name of a zone"), \.zone, defaultText: "none", example: "example.com",
                "The zone that the names are in.")
            Key(
                "key", TSIGKey.definition.shape, \.key, defaultText: "none",
                "The key that signs updates (RFC 8945). Without one the server must trust our address.")
            Key(
                "wait", .duration(1000...3_600_000), \.waitMs, "How long the name servers have to show a record.")
        },
        finish: { text, node, decoding in
            if !text.hook.isEmpty, let place = node["zone"] ?? node["key"] {
                decoding.error(at: place.location, "\(place.words) has no effect with `hook`; remove it")
            } else if node["hook"] == nil, node["server"] == nil {
                decoding.error(at: node.location, "`dns` lacks `hook` or `server`; write one of them")
            } else if node["server"] != nil, node["zone"] == nil {
                decoding.error(at: node.location, "`dns` lacks `zone`, such as `zone: example.com`")
            }
        })
}

extension Shape where Value == DNSSettings {
    static var dnsSettings: Shape<DNSSettings> {
        DNSText.definition.shape.converted { text, _, _ in text.settings }
    }
}

extension TSIGKey {
    static let definition = StructDefinition<Self>(
        "tsig_key", title: "key", doc: "A secret that the name server shares with Gatehouse (RFC 8945).",
        make: { Self(name: "", algorithm: .sha256, secret: []) },
        keys: {
            Key(
                "name", .text("the key's name"), \.name, required: true, example: "gatehouse",
                "Its name, as the server has it.")
            Key("algorithm", .word(), \.algorithm, "The hash.")
            Key(
                "secret", .base64, \.secret, required: true, example: "\"${TSIG_SECRET}\"",
                "The secret in base64, as `tsig-keygen` writes it.")
        })
}

extension Shape where Value == [UInt8] {
    fileprivate static var base64: Shape<[UInt8]> {
        Shape<String>.text("a secret in base64", pattern: "^[A-Za-z0-9+/]+=*$").converted { text, node, decoding in
            if let data = Data(base64Encoded: text) { return Array(data) }
            // The message goes to logs, so the text stays out of it.
            decoding.error(at: node.location, "the secret is no base64; copy it as `tsig-keygen` writes it")
            return nil
        }
    }
}
