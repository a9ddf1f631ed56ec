internal import GateCertificates
internal import GateConfig

extension ACMESettings {
    static let definition = StructDefinition<Self>(
        "acme", title: "acme",
        doc:
            "Certificates from public authorities, got and renewed without anybody's doing (RFC 8555): for sites with "
            + "`tls: auto`, and for those with public names and no certificate as soon as a listener speaks TLS.",
        example: """
            listeners:
              - address: ":80"
                redirect_to_https: true
              - address: ":443"
                tls: auto
            acme:
              email: admin@example.com
            sites:
              - hosts: [example.com, www.example.com]
                routes: [{ proxy: "http://127.0.0.1:3000" }]
            """,
        make: { Self() },
        keys: {
            Key(
                "email", .text("an address of e-mail", mailProblem), \.email, defaultText: "none",
                "Where authorities write to when something is wrong with an account.")
            Key(
                "authorities", .list(ACMEAuthority.definition.shape, countMin: 1), \.authorities,
                defaultText: "Let's Encrypt",
                example: "[{ directory: \"https://acme-v02.api.letsencrypt.org/directory\" }]",
                "Who is asked for certificates, in this order: the next one when one fails.")
            Key(
                "challenges", .list(.word(), countMin: 1), \.challenges,
                "How a name is shown to be ours, the preferred way first: `http-01` needs port 80, `tls-alpn-01` port 443, "
                    + "`dns-01` needs `dns` and is the only one for wildcards.")
            Key(
                "dns", .dnsSettings, \.dns, defaultText: "none", example: "{ hook: [/usr/local/bin/dns-hook] }",
                "How records for `dns-01` get to the name server.")
            Key("key", .word(), \.keyKind, "The kind of new certificates' keys.")
            Key(
                "on_demand", OnDemandSettings.definition.shape, \.onDemand, defaultText: "none",
                "Certificates for names that no site has, got when a client asks for one.")
        },
        finish: check)

    @Sendable
    private static func check(_ settings: inout Self, _ node: ConfigNode, _ decoding: inout Decoding) {
        if settings.challenges.contains(.dns01), settings.dns == nil, node["dns"] == nil {
            let place = node["challenges"] ?? node
            decoding.error(
                at: place.location, "`dns-01` needs `dns`, such as `dns: { hook: [/usr/local/bin/dns-hook] }`")
        }
        // Whoever says how records are written wants it used.
        if settings.dns != nil, node["challenges"] == nil { settings.challenges.append(.dns01) }
        if settings.dns != nil, !settings.challenges.contains(.dns01), let place = node["dns"] {
            decoding.error(
                at: place.location, "`dns` has no effect without `dns-01` in `challenges`; add it or remove `dns`")
        }
        if Set(settings.challenges).count < settings.challenges.count, let place = node["challenges"] {
            decoding.error(at: place.location, "a challenge stands there twice; remove one of them")
        }
    }

    @Sendable
    private static func mailProblem(_ text: String) -> String? {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        let isMail =
            parts.count == 2 && !parts[0].isEmpty && parts[1].contains(".") && !text.contains { $0.isWhitespace }
        return isMail ? nil : "is no address of e-mail; write one such as `admin@example.com`"
    }
}

extension ACMEAuthority {
    /// Bytes of a file with trusted certificates at most.
    private static let trustedBytesMax = 1 << 20

    static let definition = StructDefinition<Self>(
        "authority", title: "authority", doc: "A certificate authority that speaks ACME.",
        example: """
            listeners:
              - { address: ":443", tls: auto }
            acme:
              authorities:
                - directory: https://acme-v02.api.letsencrypt.org/directory
                - directory: https://acme.zerossl.com/v2/DV90
                  external_account: { key_id: "${EAB_KEY_ID:-key-1}", key: "${EAB_KEY:-c2VjcmV0}" }
            """,
        make: { Self(directory: "") },
        keys: {
            Key(
                "directory",
                .text("a URL such as `https://acme-v02.api.letsencrypt.org/directory`", pattern: "^https://.+$") {
                    text in
                    text.hasPrefix("https://") && text.count > 8 && !text.contains { $0.isWhitespace }
                        ? nil : "is no URL with https; write the URL of the authority's directory"
                }, \.directory, required: true, example: "\"https://acme-v02.api.letsencrypt.org/directory\"",
                "The URL of its directory.")
            Key(
                "profile", .text("the name of a profile"), \.profile, defaultText: "the authority's choice",
                example: "shortlived", "The profile of the certificates: the directory names those that there are.")
            Key(
                "external_account", ExternalAccount.definition.shape, \.externalAccount, defaultText: "none",
                "The account with the authority's customer department, where it demands one.")
            Key(
                "trusted", .trustedCertificates(bytesMax: trustedBytesMax), \.trustedPEM,
                defaultText: "the system's roots", example: "ca.pem",
                "A file in PEM: by whom the authority's own server is believed.")
        })
}

extension ACMEAuthority.ExternalAccount {
    static let definition = StructDefinition<Self>(
        "external_account", title: "external_account",
        doc: "What an authority hands out to bind an ACME account to a customer's (RFC 8555 §7.3.4).",
        make: { Self(keyID: "", key: "") },
        keys: {
            Key("key_id", .text("the key's name"), \.keyID, required: true, example: "kid-1", "The key's name.")
            Key(
                "key",
                .base64URL, \.key, required: true, example: "\"${EAB_KEY}\"",
                "The key, in base64url as the authority shows it.")
        })
}

extension OnDemandSettings {
    static let definition = StructDefinition<Self>(
        "on_demand", title: "on_demand",
        doc:
            "Certificates for names that no site has, got when a client asks for one. A service of yours says for each name "
            + "whether it may have one; without that guard anybody could make Gatehouse order certificates.",
        example: """
            listeners:
              - { address: ":443", tls: auto }
            acme:
              on_demand: { ask: "http://127.0.0.1:9000/may" }
            """,
        make: { Self(ask: "") },
        keys: {
            Key(
                "ask",
                .text("a URL such as `http://127.0.0.1:9000/may`", pattern: "^https?://.+$") { text in
                    (text.hasPrefix("http://") || text.hasPrefix("https://")) && !text.contains { $0.isWhitespace }
                        ? nil : "is no URL; write one such as `http://127.0.0.1:9000/may`"
                }, \.ask, required: true, example: "\"http://127.0.0.1:9000/may\"",
                "The URL that is asked, with `?domain=NAME`. The status 200 allows, 5xx is no answer, and every other one "
                    + "refuses.")
            Key(
                "orders", .integer(1...10_000), \.ordersMax, "New certificates in ten minutes at most, over all names.")
        })
}

extension Shape where Value == String {
    fileprivate static var base64URL: Shape<String> {
        .text("a key in base64url", pattern: "^[A-Za-z0-9_-]+=*$").converted { text, node, decoding in
            if text.utf8.allSatisfy(isKeyByte) { return text }
            // The message goes to logs, so the text stays out of it.
            decoding.error(at: node.location, "the key is no base64url; copy it as the authority shows it")
            return nil
        }
    }

    @Sendable
    private static func isKeyByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "-_=".utf8.contains(byte)
        }
    }

    /// A file with certificates in PEM.
    fileprivate static func trustedCertificates(bytesMax: Int) -> Shape<String> {
        Shape<FileContent>.file(bytesMax: bytesMax).converted { file, node, decoding in
            let text = String(decoding: file.bytes, as: UTF8.self)
            guard text.contains("-----BEGIN CERTIFICATE-----") else {
                decoding.error(at: node.location, "`\(file.path)` has no certificate in PEM; name a file that has one")
                return nil
            }
            return text
        }
    }
}
