internal import GateConfig
internal import GateProxy

/// A site or a route: what may change requests and responses.
protocol RewritingPlace: Sendable {
    var rewriting: Configuration.Rewriting { get set }
}

extension Configuration.Site: RewritingPlace {}
extension Configuration.Route: RewritingPlace {}

extension Key where Target: RewritingPlace & SendableMetatype {
    /// The keys of `Configuration.Rewriting`.
    static var rewriting: [Key<Target>] {
        [
            Key(
                "rewrite", RewritePlan.definition.shape, \.rewriting.target, defaultText: "inherited, or none",
                "What servers get in the place of the client's path and query. What an inner place writes takes the "
                    + "place of all that an outer one has."),
            Key(
                "host", .hostField, \.rewriting.host, defaultText: "inherited, or that of the upstream",
                example: "server",
                "What servers get as Host: `keep` is what the client sent, `server` host and port of the server's URL; "
                    + "anything else is a host of your own."),
            Key(
                "request_fields", FieldEdits.request.shape.inPlace, \.rewriting.requestFields, defaultText: "none",
                "Changes to the fields that servers get, on top of those of outer places."),
            Key(
                "response_fields", FieldEdits.response.shape.inPlace, \.rewriting.responseFields, defaultText: "none",
                "Changes to the fields that clients get, on top of those of outer places; also in answers of "
                    + "Gatehouse's own."),
            Key(
                "hide", .hiddenFields, \.rewriting.hidden, defaultText: "inherited, or none", example: "backend",
                "Fields of servers that clients do not get: names, starts of names as in `X-Debug-*`, or the word "
                    + "`backend` for those that tell what servers run: "
                    + FieldPattern.backend.map { "`\($0.shown)`" }.joined(separator: ", ") + "."),
            Key(
                "map_back", .boolean, \.rewriting.mapsBack, defaultText: "inherited, or true",
                "Whether `Location`, `Content-Location`, `Refresh`, `Link` and `Set-Cookie` of servers are mapped to the "
                    + "name and path that the client used. `false` is for applications that know it themselves."),
            Key(
                "error_pages", .errorPages, \.rewriting.errorPages, defaultText: "none",
                example: "{ 404: pages/404.html, 5xx: { body: \"Sorry, {request.id}\" } }",
                "Pages for errors, by status or family of statuses: the name of a file, or a mapping. A page for one "
                    + "status comes before one for its family, an inner place's before an outer's."),
            Key(
                "replace_errors", .oneOrMany(.statusPattern), \.rewriting.replacedErrors,
                defaultText: "inherited, or none", example: "[404, 5xx]",
                "Statuses from 400 on of servers whose answers get the page that `error_pages` has, or Gatehouse's own."
            ),
        ]
    }
}

extension Shape where Value == FieldEdits {
    /// As the only place so far.
    fileprivate var inPlace: Shape<[FieldEdits]> { converted { edits, _, _ in [edits] } }
}

extension Shape where Value == HostField {
    static var hostField: Shape<HostField> {
        Shape<String>.text("`keep`, `server`, or a host such as `app.internal`") { text in
            if ["keep", "server"].contains(text) { return nil }
            let isPlain = !text.contains(".") && !text.contains(":")
            let hint = isPlain ? suggestion(for: text, among: ["keep", "server"]) : ""
            if !hint.isEmpty { return "is not known here" + hint }
            return HostText.isValid(text) ? nil : "is no host; write `keep`, `server`, or a host such as `app.internal`"
        }.converted { text, _, _ in
            switch text {
            case "keep": .keep
            case "server": .server
            default: .fixed(text)
            }
        }.shown(show)
    }

    @Sendable
    private static func show(_ field: HostField) -> String {
        switch field {
        case .keep: "keep"
        case .server: "server"
        case .fixed(let host): host
        }
    }
}
