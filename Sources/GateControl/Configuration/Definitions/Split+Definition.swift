internal import GateConfig

extension Configuration.Split {
    static let definition = StructDefinition<Self>(
        "split", title: "split",
        doc:
            "Upstreams that share a route's requests by weight: a new version for a few, say. The same client goes to the same "
            + "upstream as long as the weights stay; when they change, only as many clients move as must.",
        example: """
            routes:
              - split:
                  to:
                    - { proxy: http://10.0.0.1:8080, weight: 95 }
                    - { proxy: http://10.0.0.2:8080, weight: 5 }
                  by: { cookie: session }
                  sticky: release
            """,
        make: { Self(choices: []) },
        keys: {
            Key(
                "to", .list(Configuration.SplitChoice.definition.shape, countMin: 1), \.choices, required: true,
                example: "[{ proxy: stable, weight: 95 }, { proxy: canary, weight: 5 }]", "The upstreams.")
            Key(
                "by", .balanceKey, \.key, defaultText: "client_address",
                "What decides: `client_address`, `path`, `query`, or one of `{ field: NAME }`, `{ cookie: NAME }`, "
                    + "`{ query: NAME }`. A request that has none is decided by the client's address.")
            Key(
                "sticky", .cookieName, \.cookie, defaultText: "none",
                "A cookie that Gatehouse sets, so that a client stays where it was when weights or its address change. Whoever "
                    + "knows another client's cookie can go where that one goes.")
        },
        finish: { split, node, decoding in
            guard !split.choices.isEmpty, split.choices.allSatisfy({ $0.weight == 0 }) else { return }
            decoding.error(at: node.location, "every weight is 0, so that nobody goes anywhere; raise one")
        })
}

extension Configuration.SplitChoice {
    fileprivate static let definition = StructDefinition<Self>(
        "split_choice", title: "split choice", doc: "One of a split's upstreams.",
        make: { Self(upstream: "", weight: 0) },
        keys: {
            Key(
                "proxy", .proxyTarget, \.upstream, required: true, example: "canary",
                "The name of an upstream, or the URL of one server.")
            Key(
                "weight", .integer(0...10_000), \.weight, required: true, example: "5",
                "Its share against the other weights; at 0 it takes only clients whose `sticky` cookie names it.")
        })
}

extension Configuration.Mirror {
    static let definition = StructDefinition<Self>(
        "mirror", title: "mirror",
        doc:
            "A second upstream that gets copies of requests, as it would get the requests themselves. Its answers are thrown "
            + "away, nobody waits for it, and when it is slow copies are left out. Copies have effects if the upstream has "
            + "any: it needs data of its own.",
        make: { Self(upstream: "") },
        keys: {
            Key(
                "to", .proxyTarget, \.upstream, required: true, example: "shadow",
                "The upstream's name, or a server's URL.")
            Key("share", .percentage(), \.sharePercent, "How many of the requests are copied.")
            Key(
                "body", .size(0...(16 << 20)), \.bodyBytesMax,
                "A request with a larger body is not copied. Bodies are kept in memory until they are whole.")
            Key(
                "in_flight", .integer(1...10_000), \.inFlightMax,
                "Copies under way on one worker; further ones are left out.")
        })
}

extension Shape where Value == Configuration.Split {
    /// The upstreams, or a mapping.
    static var split: Shape<Configuration.Split> {
        .either(
            Shape<[Configuration.SplitChoice]>.list(Configuration.SplitChoice.definition.shape, countMin: 1)
                .converted { choices, node, decoding in
                    if !choices.isEmpty && choices.allSatisfy({ $0.weight == 0 }) {
                        decoding.error(at: node.location, "every weight is 0, so that nobody goes anywhere; raise one")
                    }
                    return Configuration.Split(choices: choices)
                },
            where: { $0.elements != nil }, Configuration.Split.definition.shape)
    }
}

extension Shape where Value == Configuration.Mirror {
    /// Where to, or a mapping.
    static var mirror: Shape<Configuration.Mirror> {
        .scalarOr(
            Shape<String>.proxyTarget.converted { name, _, _ in Configuration.Mirror(upstream: name) },
            Configuration.Mirror.definition.shape)
    }
}
