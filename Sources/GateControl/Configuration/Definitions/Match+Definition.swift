internal import GateConfig
internal import GateCore
internal import GateHTTP

extension Configuration.Match {
    static let definition: StructDefinition<Self> = StructDefinition(
        "match", title: "match",
        doc:
            "Which requests a route takes. All conditions must hold; those that are left out always do. A list holds if one of "
            + "its elements does.",
        example: """
            routes:
              - match:
                  path: [/api/*, "/img/*.png", { regex: "^/u/(?<id>[0-9]+)$" }]
                  method: [GET, HEAD]
                  field: { Accept: { contains: json } }
                  cookie: { beta: "1" }
                  not: { client: [10.0.0.0/8] }
                respond: 200
            """,
        make: { Self() },
        keys: {
            Key(
                "host", .oneOrMany(.hostPattern), \.hosts, defaultText: "every host of the site",
                example: "api.example.com",
                "Any of these host names, written as in `hosts` of a site.")
            Key(
                "path", .oneOrMany(.pathPattern), \.paths, defaultText: "every path", example: "/api/*",
                "Any of these paths: `/a` is this one, `/a/*` is `/a` and all that begins with `/a/`, `*` is every target. "
                    + "Elsewhere `*` is any text within a segment (`/img/*.png`), and a segment `**` any number of segments "
                    + "(`/a/**/b`). They are compared with the normalised path: dot segments removed, `//` merged, "
                    + "percent-encoding undone where it has no meaning. A nested route is compared with the whole path, too."
            )
            Key(
                "method", .oneOrMany(.method), \.methods, defaultText: "every method", example: "[GET, HEAD]",
                "Any of these methods.")
            Key("scheme", .word(Configuration.Scheme.self), \.scheme, defaultText: "both", "How the client came.")
            Key(
                "listener", .oneOrMany(.reference(to: "listener name")), \.listeners, defaultText: "every listener",
                "Any of these listeners, by name.")
            Key(
                "client",
                Shape<[AddressBlock]>.oneOrMany(.addressBlock).converted { blocks, _, _ in AddressSet(blocks) },
                \.clients, defaultText: "every client", example: "[10.0.0.0/8]",
                "Clients with these addresses. Behind trusted proxies the client is whom they name.")
            Key(
                "field", .namedTests("a field name", fieldNameProblem), \.fields, defaultText: "none",
                example: "{ X-Beta: \"1\" }",
                "What fields of the request must be like. Fields that say who the client is (Forwarded, X-Forwarded-*, X-Real-IP) are only "
                    + "there if a trusted proxy sent them.")
            Key(
                "query", .namedTests("a parameter's name"), \.query, defaultText: "none", example: "{ version: \"2\" }",
                "What parameters of the query must be like, once decoded.")
            Key(
                "cookie", .namedTests("a cookie's name", cookieNameProblem), \.cookies, defaultText: "none",
                example: "{ beta: { present: true } }",
                "What cookies must be like.")
            Key("all", .list(nested, countMin: 1), \.all, defaultText: "none", "All of these must hold as well.")
            Key("any", .list(nested, countMin: 1), \.any, defaultText: "none", "At least one of these must hold.")
            Key("not", .oneOrMany(nested), \.none, defaultText: "none", "None of these may hold.")
        })

    private static var nested: Shape<Self> { .recursive("match", title: "match") { Configuration.Match.definition } }

    @Sendable
    private static func fieldNameProblem(_ name: String) -> String? {
        if name.lowercased() == "cookie" { return "has a condition of its own; write `cookie: { name: value }`" }
        if name.lowercased() == "host" { return "has a condition of its own; write `host: example.com`" }
        return FieldRules.isName(name) ? nil : "is no field name; use letters, digits and `-`"
    }

    @Sendable
    private static func cookieNameProblem(_ name: String) -> String? {
        FieldRules.isName(name) ? nil : "is no cookie name; use letters, digits, `-` and `_`"
    }
}

extension Shape where Value == String {
    /// A method, as it is sent.
    fileprivate static var method: Shape<String> {
        .text("a method such as `GET`", pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$") { text in
            guard FieldRules.isName(text) else { return "is no method; write one such as `GET`" }
            let isKnown = Method.allCases.contains { "\($0.name)" == text.uppercased() && $0 != .other }
            return isKnown && text != text.uppercased() ? "is not in capitals; write `\(text.uppercased())`" : nil
        }
    }
}

extension Shape where Value == [Configuration.NamedTests] {
    /// Tests by name.
    fileprivate static func namedTests(
        _ words: String, _ problem: @escaping @Sendable (String) -> String? = { _ in nil }
    ) -> Shape<[Configuration.NamedTests]> {
        .entries(Shape<[Configuration.ValueTest]>.oneOrMany(.valueTest), key: words) {
            name, location, tests, decoding in
            if name.isEmpty { decoding.error(at: location, "the name is empty; write \(words)") }
            if let problem = problem(name) { decoding.error(at: location, "\(quoted(name)) \(problem)") }
            return tests.map { Configuration.NamedTests(name: name, tests: $0) }
        }
    }
}
