internal import GateConfig

extension Configuration.ListenerTLS {
    static let definition = StructDefinition<Self>(
        "listener_tls", title: "tls", doc: "TLS on a listener: versions 1.2 and 1.3, AEAD ciphers only.",
        example: """
            listeners:
              - address: ":443"
                tls: auto
              - address: ":8443"
                tls:
                  certificates: [{ chain: cert.pem, key: key.pem }]
                  min_version: "1.3"
            """,
        make: { Self() }, origin: { $0.origin = $1 },
        keys: {
            Key(
                "certificates", .list(Configuration.CertificateFiles.definition.shape), \.certificates,
                defaultText: "those of the sites",
                "Certificates for the names that stand in them. Of several for a name each client gets the one that it "
                    + "understands. The first is for clients that name no host.")
            Key("min_version", .word(), \.minVersion, "The oldest version spoken: `\"1.2\"` or `\"1.3\"`, in quotes.")
            Key("max_version", .word(), \.maxVersion, "The newest version spoken.")
            Key(
                "groups", .list(.word(), countMin: 1), \.groups,
                "Groups for the key exchange, the preferred one first. X25519MLKEM768 needs TLS 1.3.")
            Key(
                "unknown_names", .word(), \.unknownNames,
                "What clients get who name a host that no certificate is for: `refuse` ends the handshake, `default` is "
                    + "the first certificate.")
            Key(
                "tickets", .tickets, \.tickets, defaultText: "as below",
                "How sessions are resumed: by tickets that only Gatehouse can read; `off`: not at all.")
            Key(
                "early_data", .boolean, \.takesEarlyData,
                "Whether requests that clients send with their first bytes (0-RTT) are taken. An attacker can repeat them, "
                    + "so only methods that change nothing are.")
            Key(
                "client_certificates", Configuration.ClientCertificates.definition.shape, \.clientCertificates,
                defaultText: "none", "Whether clients show certificates. Sites may say otherwise.")
            Key(
                "passthrough", .passthrough, \.passthrough, defaultText: "none",
                "Names whose connections go to upstreams as they are.")
        },
        finish: check)

    @Sendable
    private static func check(_ tls: inout Self, _ node: ConfigNode, _ decoding: inout Decoding) {
        if tls.minVersion > tls.maxVersion {
            let place = node["min_version"] ?? node["max_version"] ?? node
            decoding.error(at: place.location, "`min_version` is newer than `max_version`; make it older")
        }
        if tls.maxVersion < .tls13, tls.groups == [.x25519MLKEM768], let groups = node["groups"] {
            decoding.error(
                at: groups.location, "X25519MLKEM768 needs TLS 1.3; add another group or raise `max_version`")
        }
        guard tls.takesEarlyData, let place = node["early_data"] else { return }
        if tls.tickets == .off {
            decoding.error(at: place.location, "`early_data` needs `tickets`; remove one of the two")
        }
        if tls.maxVersion < .tls13 {
            decoding.error(at: place.location, "`early_data` needs TLS 1.3; remove it or raise `max_version`")
        }
    }
}

extension Shape where Value == Configuration.ListenerTLS? {
    /// `auto`, or a mapping.
    static var listenerTLS: Shape<Configuration.ListenerTLS?> {
        .scalarOr(
            .words([("auto", .some(Configuration.ListenerTLS())), ("off", nil)]),
            Configuration.ListenerTLS.definition.shape.converted { tls, _, _ in Optional(tls) })
    }
}

extension Configuration.CertificateFiles {
    static let definition = StructDefinition<Self>(
        "certificate", title: "certificate",
        doc:
            "A certificate in files, which are watched: a new certificate is in use seconds after it is there, and one that is "
            + "not whole or does not fit its key changes nothing.",
        make: { Self(chain: FileReference(""), key: FileReference("")) }, origin: { $0.origin = $1 },
        keys: {
            Key(
                "chain", .fileReference, \.chain, required: true, example: "cert.pem",
                "A file in PEM: the certificate, then those that lead to its root, each issued by the next.")
            Key(
                "key", .fileReference, \.key, required: true, example: "key.pem",
                "A file in PEM: the private key, without a passphrase.")
            Key(
                "staple", .fileReference, \.staple, defaultText: "fetched",
                "A file with an OCSP response in DER. Without it one is fetched and renewed where the certificate names "
                    + "a responder.")
        })
}

extension Shape where Value == Configuration.SessionTickets {
    /// `off`, or a mapping.
    fileprivate static var tickets: Shape<Configuration.SessionTickets> {
        TicketSettings.definition.shape.converted { settings, _, _ in settings.tickets }.orWord("off", .off)
    }
}

/// What is written about tickets.
private struct TicketSettings: Sendable {
    var keys: [FileReference] = []
    var rotationMs = Configuration.SessionTickets.rotationMs

    var tickets: Configuration.SessionTickets { keys.isEmpty ? .rotating(everyMs: rotationMs) : .files(keys) }

    static let definition = StructDefinition<Self>(
        "tickets", title: "tickets",
        doc:
            "Session tickets let clients come back without a whole handshake. Their keys never leave memory, unless files "
            + "have them so that several Gatehouses understand each other's tickets.",
        make: { Self() }, exclusions: [.atMostOne("keys", "rotate")],
        keys: {
            Key(
                "rotate", .duration(60_000...7 * 86_400_000), \.rotationMs,
                "How often a new key comes. Tickets of the two before it are still understood.")
            Key(
                "keys", .list(.fileReference, countMin: 1), \.keys, defaultText: "random", example: "[current.key]",
                "Files of 80 random bytes each (or 48, with AES-128), as nginx takes them. The first makes tickets, the others are still "
                    + "understood. The files are watched.")
        })
}

extension Configuration.ClientCertificates {
    static let definition = StructDefinition<Self>(
        "client_certificates", title: "client_certificates", doc: "Whether clients show certificates, and which ones.",
        example: """
            listeners:
              - address: ":443"
                tls:
                  certificates: [{ chain: cert.pem, key: key.pem }]
                  client_certificates: { mode: optional, ca: clients.pem }
            """,
        make: { Self() },
        keys: {
            Key(
                "mode", .word(), \.mode,
                "`required`: without a good one the handshake ends; `optional`: a client may have none; `none`: it is not "
                    + "asked, which a site can say where its listener asks.")
            Key(
                "ca", .fileReference, \.authorities, defaultText: "none", example: "clients.pem",
                "A file in PEM: the authorities that sign clients' certificates.")
            Key(
                "crl", .fileReference, \.revocations, defaultText: "none", example: "revoked.pem",
                "A file in PEM: the authorities' lists of revoked certificates, one of each. A list that is outdated "
                    + "refuses everybody.")
            Key(
                "depth", .integer(0...16), \.depthMax,
                "Certificates between a client's and the authority's at most.")
        },
        finish: { settings, node, decoding in
            if settings.mode != .none, node["ca"] == nil {
                decoding.error(at: node.location, "`client_certificates` lacks `ca`, such as `ca: clients.pem`")
            }
            if settings.mode == .none, let place = node["ca"] ?? node["crl"] {
                decoding.error(at: place.location, "\(place.words) has no effect with `mode: none`; remove it")
            }
        })
}
