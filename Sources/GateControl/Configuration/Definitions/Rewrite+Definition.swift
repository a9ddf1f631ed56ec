internal import GateConfig
internal import GatePattern
internal import GateProxy

extension RewritePlan {
    static let definition = StructDefinition<Self>(
        "rewrite", title: "rewrite",
        doc:
            "What servers get in the place of the client's path and query. It works on the normalised path that routes "
            + "see, in this order: `strip_prefix`, `replace`, `regex`, `add_prefix`; or `path` alone. The result is normalised again. "
            + "A target that nothing here changes still goes on in its normalised form.",
        example: """
            routes:
              - match: { path: /shop/* }
                rewrite:
                  strip_prefix: /shop
                  add_prefix: /v2
                  query: { set: { from: gate }, remove: [debug, utm_*] }
                proxy: app
            """,
        make: { Self() },
        exclusions: [
            .atMostOne("path", "strip_prefix"), .atMostOne("path", "replace"), .atMostOne("path", "regex"),
            .atMostOne("path", "add_prefix"),
        ],
        keys: {
            Key(
                "strip_prefix", .pathPrefix, \.stripPrefix, defaultText: "none", example: "/shop",
                "Taken off the front: of `/shop/cart` it leaves `/cart`, of `/shop` it leaves `/`, and `/shopping` stays."
            )
            Key(
                "replace", Replacement.definition.shape, \.replacement, defaultText: "none",
                example: "{ from: /v1/, to: /v2/ }", "A text that takes another's place wherever it stands in the path."
            )
            Key(
                "regex", .rewriteExpression, \.expression, defaultText: "none",
                example: "{ pattern: \"^/([0-9]+)/\", to: \"/archive/{regex.1}/\" }",
                "What takes the place of the text that a regular expression finds first.")
            Key(
                "add_prefix", .pathPrefix, \.addPrefix, defaultText: "none", example: "/v2",
                "Put in front, after the others.")
            Key(
                "path", .rewrittenPath, \.path, defaultText: "none", example: "/users/{path.id}",
                "Takes the place of the whole path; with variables.")
            Key(
                "query", QueryEdits.definition.shape, \.query, defaultText: "none", "Changes to the query.")
        })
}

extension RewritePlan.Replacement {
    static let definition = StructDefinition<Self>(
        "replace", title: "replace", doc: "A text that takes another's place wherever it stands in the path.",
        make: { Self(from: [0x2F], to: Template([])) },
        keys: {
            Key(
                "from", .pathText, \.from, required: true, example: "/v1/",
                "The text, compared with the normalised path.")
            Key(
                "to", .pathTemplate, \.to, required: true, example: "/v2/",
                "What stands there instead; with variables, may be empty.")
        })
}

/// A pattern and what takes the place of its match, as written.
private struct WrittenExpression: Sendable {
    var pattern: Pattern?
    var to = ""

    static let definition = StructDefinition<Self>(
        "rewrite_regex", title: "rewrite regex",
        doc:
            "What takes the place of the text that a regular expression finds first in the path. The expression is one of "
            + "PCRE2 over bytes, as in `match`; when it takes too long to match, the request ends with 500.",
        make: { Self() },
        keys: {
            Key(
                "pattern", .pattern, \.pattern, required: true, example: "\"^/([0-9]+)/\"",
                "The expression, matched with the normalised path.")
            Key(
                "to", .anyString, \.to, required: true, example: "\"/archive/{regex.1}/\"",
                "The text; `{regex.1}` and `{regex.name}` are groups of the expression, and other variables may stand "
                    + "beside them.")
        })
}

extension Shape where Value == RewritePlan.Expression {
    fileprivate static var rewriteExpression: Shape<RewritePlan.Expression> {
        WrittenExpression.definition.shape.converted { written, node, decoding in
            guard let pattern = written.pattern, let place = node["to"] else { return nil }
            if let problem = URLText.problem(written.to) {
                decoding.error(at: place.location, "\(place.words) \(problem)")
                return nil
            }
            let to = Template.read(place, &decoding) { () throws(Template.Failure) in
                try Template(written.to, as: .path, knownBy: .request, groupsOf: pattern)
            }
            return to.map { RewritePlan.Expression(pattern: pattern, to: $0) }
        }
    }
}

extension QueryEdits {
    static let definition = StructDefinition<Self>(
        "query", title: "query",
        doc: "Changes to the query, in this order: `remove`, `set`, `add`. Names are written and compared decoded.",
        make: { Self() },
        keys: {
            Key(
                "remove", .oneOrMany(.queryName), \.remove, defaultText: "none", example: "[debug, utm_*]",
                "Parameters that go, by name; `utm_*` is every name that begins so.")
            Key(
                "set", .queryParameters, \.set, defaultText: "none", example: "{ lang: en }",
                "Parameters that take the place of all of their name. Values are plain text with variables.")
            Key(
                "add", .queryParameters, \.add, defaultText: "none", example: "{ tag: new }",
                "Parameters that stand beside those of their name.")
        })
}

extension Shape where Value == [UInt8] {
    /// `/shop`, without a slash at its end, in the form that routing sees.
    fileprivate static var pathPrefix: Shape<[UInt8]> {
        Shape<String>.text("a path such as `/shop`", pattern: "^/") { text in
            guard text.hasPrefix("/") else { return "does not begin with `/`; put one before it" }
            if text == "/" { return "is no prefix; leave the key out" }
            return URLText.problem(text, isPath: true)
        }.converted { text, _, _ in
            let path = PathText.normalised(text) ?? text
            return Array((path.hasSuffix("/") ? String(path.dropLast()) : path).utf8)
        }
    }

    /// A part of a path in the form that routing sees.
    fileprivate static var pathText: Shape<[UInt8]> {
        Shape<String>.text("a part of a path") { URLText.problem($0, isPath: true) }
            .converted { text, _, _ in Array((PathText.normalised(text) ?? text).utf8) }
    }
}

extension Shape where Value == Template {
    fileprivate static var rewrittenPath: Shape<Template> {
        .url("a path such as `/users/{path.id}`", pattern: "^/", knownBy: .request) { text in
            guard text.hasPrefix("/") else { return "does not begin with `/`; put one before it" }
            if text.contains("?") { return "has a query; write it under `query`" }
            return URLText.problem(text)
        }
    }

    fileprivate static var pathTemplate: Shape<Template> {
        Shape<String>.anyString.converted { text, node, decoding in
            if let problem = URLText.problem(text) {
                decoding.error(at: node.location, "\(node.words) \(problem)")
                return nil
            }
            return Template.read(node, &decoding) { () throws(Template.Failure) in
                try Template(text, as: .path, knownBy: .request)
            }
        }
    }

    /// Plain text with variables, as the value of a parameter.
    fileprivate static var queryValue: Shape<Template> {
        Shape<String>.anyString.converted { text, node, decoding in
            Template.read(node, &decoding) { () throws(Template.Failure) in
                try Template(text, as: .query, knownBy: .request)
            }.map(URLText.encodedForQuery)
        }
    }
}

extension Shape where Value == QueryEdits.Name {
    fileprivate static var queryName: Shape<QueryEdits.Name> {
        Shape<String>.text("the name of a parameter") { text in
            text == "*" ? "is every parameter; write a name, or its start as in `utm_*`" : nil
        }.converted { text, _, _ in
            text.hasSuffix("*") ? .prefix(Array(text.dropLast().utf8)) : .exact(Array(text.utf8))
        }
    }
}

extension Shape where Value == [QueryEdits.Parameter] {
    fileprivate static var queryParameters: Shape<[QueryEdits.Parameter]> {
        .entries(Shape<Template>.queryValue, key: "the name of a parameter") { name, _, value, _ in
            value.map {
                QueryEdits.Parameter(
                    name: Array(name.utf8), encodedName: URLText.encodedForQuery(Array(name.utf8)), value: $0)
            }
        }
    }
}
