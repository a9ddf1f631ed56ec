internal import GateConfig
internal import GateCore

extension Configuration.Route {
    static let definition = StructDefinition<Self>(
        "route", title: "route",
        doc: "Which requests, and what happens to them: exactly one of proxy, respond and redirect.",
        example: """
            routes:
              - match: { path: [/api/*, /health] }
                proxy: app
                limits: { body: 10MiB }
              - match: { path: /old/* }
                redirect: { to: "https://example.com/new/", status: 308 }
              - proxy: http://127.0.0.1:3000
            """,
        make: { Self(action: .respond(Configuration.FixedResponse())) }, origin: { $0.origin = $1 },
        exclusions: [.exactlyOne("proxy", "respond", "redirect")],
        misplaced: ["rewrite": "is not supported yet; the request's own path is sent"],
        keys: {
            Key("name", .name, \.name, defaultText: "none", "A name for logs.")
            Key(
                "match", Configuration.Match.definition.shape, \.match, defaultText: "every request of the site",
                "Which requests; all conditions must hold.")
            Key(
                "proxy", .proxyTarget, \.proxyTarget, defaultText: "none", example: "app",
                "Forward to an upstream, by its name; or to one server, by its URL.")
            Key(
                "respond", .fixedResponse, \.fixedResponse, defaultText: "none",
                "Give a fixed answer; a number is its status.")
            Key("redirect", .redirect, \.redirect, defaultText: "none", "Send the client elsewhere; text is where to.")
            Key(
                "timeouts", Configuration.TimeoutOverrides.route.shape, \.timeouts, defaultText: "inherited",
                "Timeouts of this route.")
            Key(
                "limits", Configuration.LimitOverrides.route.shape, \.limits, defaultText: "inherited",
                "Limits of this route.")
            Key(
                "upgrade", .list(.upgradeToken), \.upgrade,
                "Protocols that a client may upgrade to, as in the Upgrade field; `[]` is none.")
            Key(
                "encoded", .list(.word()), \.encoded,
                "Percent-encoded octets that the path may hold and that are refused elsewhere: `slash` is %2F, `backslash` "
                    + "%5C, `nul` %00.")
        },
        finish: checkForwardingKeys)

    /// What only forwarded requests have.
    @Sendable
    private static func checkForwardingKeys(_ route: inout Self, _ node: ConfigNode, _ decoding: inout Decoding) {
        if case .proxy = route.action { return }
        guard node["respond"] != nil || node["redirect"] != nil, node["proxy"] == nil else { return }
        let forwarding: Set = ["connect", "first_byte", "read", "tunnel"]
        let useless =
            (node.entries ?? []).filter { $0.key == "upgrade" }
            + (node["timeouts"]?.entries ?? []).filter { forwarding.contains($0.key) }
        for entry in useless {
            decoding.error(
                at: entry.keyLocation, "`\(entry.key)` has no effect here: only a `proxy` route forwards; remove it")
        }
    }

    // MARK: The action, one key at a time

    private var proxyTarget: String? {
        get { if case .proxy(let name) = action { name } else { nil } }
        set { if let newValue { action = .proxy(upstream: newValue) } }
    }

    private var fixedResponse: Configuration.FixedResponse? {
        get { nil }
        set { if let newValue { action = .respond(newValue) } }
    }

    private var redirect: Configuration.Redirect? {
        get { nil }
        set { if let newValue { action = .redirect(newValue) } }
    }
}

extension Configuration.Match {
    static let definition = StructDefinition<Self>(
        "match", title: "match", doc: "Which requests a route takes. Conditions that are left out always hold.",
        make: { Self() },
        keys: {
            Key(
                "host", .oneOrMany(.hostPattern), \.hosts, defaultText: "every host of the site",
                example: "api.example.com",
                "Any of these host names, written as in `hosts` of a site.")
            Key(
                "path", .oneOrMany(.pathPattern), \.paths, defaultText: "every path", example: "/api/*",
                "Any of these paths: `/a` is this one, `/a/*` is all that begins with `/a/`, `*` is every target. They are "
                    + "compared with the normalised path: dot segments removed, `//` merged, percent-encoding undone where "
                    + "it has no meaning.")
        })
}
