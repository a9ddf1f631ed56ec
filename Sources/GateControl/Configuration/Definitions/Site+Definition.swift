internal import GateConfig
internal import GateCore

extension Configuration.Site {
    static let definition = StructDefinition<Self>(
        "site", title: "site",
        doc:
            "What is served for some hosts. The most exact host wins: a name before `*.` patterns, a longer pattern before a "
            + "shorter one, that before regular expressions in their order, and any of them before the site without hosts.",
        example: """
            sites:
              - hosts: [example.com, "*.example.com"]
                routes:
                  - match: { path: /healthz }
                    respond: { body: ok }
                  - proxy: app
            """,
        make: { Self() }, origin: { $0.origin = $1 }, misplaced: actions,
        keys: {
            Key(
                "name", Shape<String>.name.unique("site name"), \.name, defaultText: "the first host",
                "A name for logs.")
            Key(
                "hosts", .oneOrMany(Shape<Configuration.HostPattern>.hostPattern.unique("site host")), \.hosts,
                defaultText: "any host", example: "[example.com, \"*.example.com\"]",
                "Host names without port; `*.example.com` is every name below `example.com`, but not that name itself.")
            Key(
                "tls", .siteTLS, \.tls, defaultText: "as below",
                "TLS for these hosts, where listeners speak it. `auto` gets a certificate from a public authority, or from "
                    + "the internal one for names that are not public; `internal` gets it from the internal one; `off`: the "
                    + "site is not there for clients that speak TLS.")
            Key(
                "hsts", .hsts, \.hsts, defaultText: "false",
                "Strict-Transport-Security, which makes clients use https alone. `true` is the short form of a mapping "
                    + "without keys.")
            Key(
                "routes", .list(Configuration.Route.definition.shape, countMin: 1), \.routes, required: true,
                "The routes in order; the first that matches answers.")
            Key(
                "timeouts", Configuration.TimeoutOverrides.site.shape, \.timeouts, defaultText: "inherited",
                "Timeouts of this site.")
            Key(
                "limits", Configuration.LimitOverrides.site.shape, \.limits, defaultText: "inherited",
                "Limits of this site.")
            Key<Configuration.Site>.rewriting
        },
        finish: { site, node, decoding in
            if node["hosts"] == nil { decoding.declare("site host", "*", at: node.location) }
            site.checkCaptures(&decoding)
            if !decoding.hasErrors { warnOfUnreachable(site.routes, &decoding) }
        })

    private static let actions = ["proxy", "respond", "redirect", "match"].reduce(into: [String: String]()) {
        $0[$1] = "has no effect here; it belongs in an entry of `routes`"
    }

    /// Warns of routes behind others that take all their requests.
    private static func warnOfUnreachable(_ routes: [Configuration.Route], _ decoding: inout Decoding) {
        var coverage = Configuration.RouteCoverage()
        for route in routes {
            if let earlier = coverage.covering(route.match), let location = route.origin.location {
                let place = earlier.origin.location.map { " on line \($0.line)" } ?? ""
                decoding.warning(
                    at: location,
                    "this route is never reached: the route\(place) takes its requests; move this one before it")
            }
            coverage.add(route)
            warnOfUnreachable(route.routes, &decoding)
        }
    }
}
