internal import GateCertificates
internal import GateConfig
internal import GateCore

extension Configuration {
    static let definition = StructDefinition<Self>(
        "configuration", title: "configuration",
        doc: "The keys at the top level. Keys that begin with `x-` are ignored; they are a place for anchors.",
        example: """
            listeners:
              - address: ":8080"
            sites:
              - routes:
                  - proxy: http://127.0.0.1:3000
            """,
        make: { Self() }, allowsExtensions: true,
        keys: {
            Key("workers", .integer(1...256), \.workers, defaultText: "one per core", "Threads that serve.")
            Key(
                "shutdown_timeout", .duration(), \.shutdownTimeoutMs,
                "How long a graceful stop waits for exchanges to end.")
            Key(
                "state", .stateFolder, \.state,
                defaultText: "`$STATE_DIRECTORY`, else `gatehouse` in `$XDG_STATE_HOME` or `~/.local/state`",
                example: "/var/lib/gatehouse",
                "The folder where keys and certificates live that Gatehouse got or made itself. Only its user can read them. "
                    + "A reload does not change it."
            )
            Key(
                "trusted_proxies", .addressSet(), \.trustedProxies, example: "[10.0.0.0/8]",
                "Addresses and blocks whose X-Forwarded-* and Forwarded fields, and request ids, are believed.")
            Key.handledElsewhere(
                "include", .oneOrMany(.text(words: "the path of a file or a pattern", pattern: nil)),
                example: "[sites/*.yaml]",
                "Files to read as well, relative to the file that names them. Mappings are merged and lists appended; a value "
                    + "that two files set is an error.")
            Key(
                "listeners", .list(Listener.definition.shape, countMin: 1), \.listeners, required: true,
                example: "[{ address: \":8080\" }]",
                "Where clients connect.")
            Key(
                "upstreams", .upstreams, \.upstreams, defaultText: "none",
                "Groups of servers, by name.")
            Key(
                "sites", .list(Site.definition.shape), \.sites, defaultText: "none", "What is served, by host.")
            Key(
                "timeouts", Timeouts.definition.shape, \.timeouts, defaultText: "as below", "How long to wait for what."
            )
            Key("limits", Limits.definition.shape, \.limits, defaultText: "as below", "How much is accepted.")
            Key(
                "resolver", Resolver.definition.shape, \.resolver, defaultText: "as below",
                "How servers' names are looked up.")
            Key(
                "acme", ACMESettings.definition.shape, \.acme, defaultText: "as below",
                "How certificates are got from public authorities.")
            Key("log", Log.definition.shape, \.log, defaultText: "as below", "The error log and the access log.")
        },
        finish: { configuration, node, decoding in
            configuration.checkWildcards(node, &decoding)
            configuration.checkSiteDemands(node, &decoding)
            decoding.checkReferences()
            if !decoding.hasErrors { warnOfUnused(&decoding) }
            configuration.addAnonymousUpstreams()
            configuration.checkSystemTrust(&decoding)
            configuration.checkPassthrough(&decoding)
            configuration.checkVersions(node, &decoding)
            configuration.checkChallenges(node, &decoding)
            configuration.checkStateFolder(node, &decoding)
            configuration.dnsHook = dnsHook(node)
        })

    @Sendable
    private static func warnOfUnused(_ decoding: inout Decoding) {
        for (name, location) in decoding.unusedNames(of: Shape<String>.upstreamKind) {
            decoding.warning(
                at: location, "no route uses the upstream \(quoted(name)); remove it or write `proxy: \(name)`")
        }
    }
}

extension Shape where Value == String {
    fileprivate static var stateFolder: Shape<String> {
        .text("the absolute path of a folder", pattern: "^/.*$") { text in
            guard text.hasPrefix("/") else { return "does not begin with `/`; write the absolute path of a folder" }
            return FileStorage.obstacle(to: text).map { "cannot be used: \($0); mend that, or name another folder" }
        }
    }
}

extension Shape where Value == [Configuration.Upstream] {
    fileprivate static var upstreams: Shape<[Configuration.Upstream]> {
        .map(Configuration.Upstream.definition.shape, of: Shape<String>.upstreamKind) { name, location, upstream in
            var named = upstream
            named.name = name
            named.origin = Origin(location)
            return named
        }
    }
}
