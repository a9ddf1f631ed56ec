internal import GateConfig

extension Configuration.SiteTLS {
    static let definition = StructDefinition<Self>(
        "site_tls", title: "site tls", doc: "TLS for a site's hosts, on every listener that speaks it.",
        example: """
            sites:
              - hosts: [example.com]
                tls: auto
                hsts: true
                routes: [{ proxy: app }]
              - hosts: [admin.internal]
                tls:
                  certificates: internal
                  client_certificates: { ca: staff.pem }
                routes: [{ proxy: app }]
            """,
        make: { Self() },
        keys: {
            Key(
                "certificates", .certificateSource, \.source,
                defaultText: "the listener's if they cover it, else `auto`",
                "Files, or a word as `tls` itself.")
            Key("min_version", .word(), \.minVersion, defaultText: "the listener's", "The oldest version spoken.")
            Key(
                "client_certificates", Configuration.ClientCertificates.definition.shape, \.clientCertificates,
                defaultText: "the listener's", "Whether clients show certificates.")
        })
}

extension Shape where Value == Configuration.SiteTLS {
    /// A word, or a mapping.
    static var siteTLS: Shape<Configuration.SiteTLS> {
        .scalarOr(
            Shape<Configuration.CertificateSource>.sourceWord.converted { source, _, _ in
                Configuration.SiteTLS(source: source)
            },
            Configuration.SiteTLS.definition.shape)
    }
}

extension Shape where Value == Configuration.CertificateSource {
    fileprivate static var sourceWord: Shape<Configuration.CertificateSource> {
        .words([("auto", .automatic), ("internal", .internal), ("off", .off)])
    }

    /// A word, or files.
    fileprivate static var certificateSource: Shape<Configuration.CertificateSource> {
        .scalarOr(
            .sourceWord,
            Shape<[Configuration.CertificateFiles]>.list(Configuration.CertificateFiles.definition.shape, countMin: 1)
                .converted { files, _, _ in .files(files) })
    }
}

extension Configuration.HSTS {
    static let definition = StructDefinition<Self>(
        "hsts", title: "hsts",
        doc:
            "Strict-Transport-Security (RFC 6797), which makes clients use https alone for a site. It is sent over TLS only, "
            + "in the place of what servers send.",
        make: { Self() },
        keys: {
            Key(
                "max_age", .duration(0...3650 * 86_400_000), \.maxAgeMs,
                "How long clients remember it; `0s` makes them forget.")
            Key("subdomains", .boolean, \.includesSubdomains, "Whether it holds for all names below the site's, too.")
            Key(
                "preload", .boolean, \.preloads,
                "Whether browsers may take the site into the list that they are shipped with, from which it is hard to "
                    + "get out again. Needs `subdomains` and a year.")
        },
        finish: { hsts, node, decoding in
            guard hsts.preloads, let place = node["preload"] else { return }
            if !hsts.includesSubdomains || hsts.maxAgeMs < 365 * 86_400_000 {
                decoding.error(
                    at: place.location, "`preload` needs `subdomains: true` and a `max_age` of `365d` or more")
            }
        })
}

extension Shape where Value == Configuration.HSTS? {
    /// `true`, `false`, or a mapping.
    static var hsts: Shape<Configuration.HSTS?> {
        .scalarOr(
            Shape<Bool>.boolean.converted { isOn, _, _ in isOn ? .some(Configuration.HSTS()) : .some(nil) }
                .shown { $0 == nil ? "false" : "true" },
            Configuration.HSTS.definition.shape.converted { hsts, _, _ in Optional(hsts) })
    }
}
