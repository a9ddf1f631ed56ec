internal import GateConfig
internal import GateCore

extension Configuration.Route {
    static let definition: StructDefinition<Self> = StructDefinition(
        "route", title: "route",
        doc:
            "Which requests, and what happens to them: one of proxy, split, respond and redirect, or routes within the route, or both.",
        example: """
            routes:
              - match: { path: [/api/*, /health] }
                proxy: app
                limits: { body: 10MiB }
              - match: { path: /old/* }
                redirect: { to: "https://example.com/new/", status: 308 }
              - proxy: http://127.0.0.1:3000
            """,
        make: { Self(action: .pass) }, origin: { $0.origin = $1 },
        exclusions: [.atMostOne("proxy", "split", "respond", "redirect")],
        keys: {
            Key("name", .name, \.name, defaultText: "none", "A name for logs.")
            Key(
                "match", Configuration.Match.definition.shape, \.match, defaultText: "every request of the site",
                "Which requests; all conditions must hold.")
            Key(
                "proxy", .proxyTarget, \.proxyTarget, defaultText: "none", example: "app",
                "Forward to an upstream, by its name; or to one server, by its URL.")
            Key(
                "split", .split, \.split, defaultText: "none",
                example: "[{ proxy: stable, weight: 95 }, { proxy: canary, weight: 5 }]",
                "Forward to one of several upstreams, by weight and always the same for the same client.")
            Key(
                "respond", .fixedResponse, \.fixedResponse, defaultText: "none",
                "Give a fixed answer; a number is its status.")
            Key("redirect", .redirect, \.redirect, defaultText: "none", "Send the client elsewhere; text is where to.")
            Key(
                "mirror", .mirror, \.mirror, defaultText: "inherited; nobody at the outermost", example: "shadow",
                "Copy forwarded requests to a second upstream, whose answers are thrown away.")
            Key(
                "routes", .list(.recursive("route", title: "route") { Configuration.Route.definition }, countMin: 1),
                \.routes, defaultText: "none",
                "Routes within this one: asked in order, before its own action, of requests that this one's `match` takes. They "
                    + "inherit its settings. What none of them takes gets this route's action; if it has none, the next route's."
            )
            Key(
                "timeouts", Configuration.TimeoutOverrides.route.shape, \.timeouts, defaultText: "inherited",
                "Timeouts of this route.")
            Key(
                "limits", Configuration.LimitOverrides.route.shape, \.limits, defaultText: "inherited",
                "Limits of this route.")
            Key(
                "upgrade", .list(.upgradeToken), \.upgrade, defaultText: "inherited; `[websocket]` at the outermost",
                "Protocols that a client may upgrade to, as in the Upgrade field; `[]` is none.")
            Key(
                "encoded", .list(.word()), \.encoded, defaultText: "inherited; none at the outermost",
                "Percent-encoded octets that the path may hold and that are refused elsewhere: `slash` is %2F, `backslash` "
                    + "%5C, `nul` %00.")
            Key(
                "grpc_web", .boolean, \.translatesGRPCWeb, defaultText: "inherited; `false` at the outermost",
                "Whether gRPC-Web, which browsers speak, is turned into gRPC, in its binary and in its text form. The fields "
                    + "that browsers ask for (CORS) are yours to set.")
            Key<Configuration.Route>.rewriting
        },
        finish: { route, node, decoding in
            checkAction(&route, node, &decoding)
            checkForwardingKeys(&route, node, &decoding)
        })

    private static func checkAction(_ route: inout Self, _ node: ConfigNode, _ decoding: inout Decoding) {
        guard !actionKeys.contains(where: { node[$0] != nil }), node["routes"] == nil else { return }
        decoding.error(
            at: node.location,
            "the route lacks what it does: write one of `proxy`, `split`, `respond` or `redirect`, or `routes`")
    }

    private static let actionKeys = ["proxy", "split", "respond", "redirect"]

    /// What only forwarded requests have.
    private static func checkForwardingKeys(_ route: inout Self, _ node: ConfigNode, _ decoding: inout Decoding) {
        guard node["respond"] != nil || node["redirect"] != nil else { return }
        guard node["proxy"] == nil, node["split"] == nil, node["routes"] == nil else { return }
        let forwarding: Set = ["connect", "first_byte", "read", "tunnel"]
        let useless =
            (node.entries ?? []).filter { forwardingKeys.contains($0.key) }
            + (node["timeouts"]?.entries ?? []).filter { forwarding.contains($0.key) }
        for entry in useless {
            decoding.error(
                at: entry.keyLocation, "`\(entry.key)` has no effect here: only a `proxy` route forwards; remove it")
        }
    }

    private static let forwardingKeys: Set = [
        "upgrade", "mirror", "grpc_web", "rewrite", "host", "request_fields", "hide", "map_back", "replace_errors",
    ]

    // MARK: The action, one key at a time

    private var proxyTarget: String? {
        get { if case .proxy(let name) = action { name } else { nil } }
        set { if let newValue { action = .proxy(upstream: newValue) } }
    }

    private var split: Configuration.Split? {
        get { nil }
        set { if let newValue { action = .split(newValue) } }
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
