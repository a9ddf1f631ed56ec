internal import GateConfig
internal import GateProxy

extension FieldEdits {
    static let request = definition("request_fields", .request)
    static let response = definition("response_fields", .response)

    private static func definition(_ name: String, _ moment: Variable.Moment) -> StructDefinition<Self> {
        StructDefinition<Self>(
            name, title: name,
            doc:
                "Changes to fields, in this order, whatever the order here: `remove`, `rename`, `set`, `add`, `default`. "
                + "What a site says comes before what its routes say. Values hold variables in braces, and `{{` for a brace; "
                + "line ends and other control characters never get in through them, and a value that comes to nothing "
                + "leaves its field out.",
            example: """
                routes:
                  - \(name):
                      remove: [X-Debug, X-Internal-*]
                      rename: { X-Old: X-New }
                      set: { X-Route: "{route}" }
                      default: { X-Tenant: none }
                    proxy: app
                """,
            make: { Self() },
            keys: {
                Key(
                    "remove", .oneOrMany(.fieldPattern), \.remove, defaultText: "none",
                    example: "[X-Debug, X-Internal-*]",
                    "Names, or starts of names as in `X-Internal-*`.")
                Key(
                    "rename", .renamings, \.rename, defaultText: "none", example: "{ X-Old: X-New }",
                    "Fields that get another name; those that have it already stay beside them.")
                Key(
                    "set", .fieldLines(moment), \.set, defaultText: "none", example: "{ X-Route: \"{route}\" }",
                    "Fields that take the place of all of their name.")
                Key(
                    "add", .fieldLines(moment), \.add, defaultText: "none", example: "{ Link: [\"</a>\", \"</b>\"] }",
                    "Fields that stand beside those of their name; a value, or several.")
                Key(
                    "default", .fieldLines(moment), \.defaults, defaultText: "none", example: "{ X-Tenant: none }",
                    "Fields that are added where there is none of their name.")
            })
    }
}

extension FieldPattern {
    /// What servers tell of themselves.
    static let backend: [FieldPattern] = [
        .name("server"), .name("x-powered-by"), .name("x-aspnet-version"), .name("x-aspnetmvc-version"), .name("via"),
        .name("x-runtime"), .name("x-version"), .name("x-generator"), .prefix("x-drupal-"), .name("x-served-by"),
        .name("x-backend-server"),
    ]

    private static func name(_ text: String) -> FieldPattern { .name(Array(text.utf8)) }
    private static func prefix(_ text: String) -> FieldPattern { .prefix(Array(text.utf8)) }

    /// As a user would write it.
    var shown: String {
        switch self {
        case .name(let name): String(decoding: name, as: UTF8.self)
        case .prefix(let prefix): String(decoding: prefix, as: UTF8.self) + "*"
        }
    }
}

extension FieldRules {
    /// Why a field may not be edited, to follow its quoted name; nil if it may.
    @Sendable
    static func editProblem(_ name: String) -> String? {
        guard isName(name) else { return "is no field name; use letters, digits and `-`" }
        switch name.lowercased() {
        case "host": return "has a key of its own; write `host`"
        case "content-length", "transfer-encoding", "connection", "keep-alive", "upgrade", "trailer", "te",
            "proxy-connection", "expect", "date":
            return "is made by Gatehouse itself; remove it"
        default: return nil
        }
    }
}

extension Shape where Value == FieldPattern {
    /// `Name`, or `Start-*`.
    static var fieldPattern: Shape<FieldPattern> {
        Shape<String>.text("a field name such as `X-Debug` or `X-Internal-*`") { text in
            if text == "*" { return "is every field; write names, or their starts as in `X-Internal-*`" }
            return FieldRules.editProblem(text.hasSuffix("*") ? String(text.dropLast()) + "x" : text)
        }.converted { text, _, _ in
            let name = Array(text.lowercased().utf8)
            return text.hasSuffix("*") ? .prefix(Array(name.dropLast())) : .name(name)
        }.shown { $0.shown }
    }
}

extension Shape where Value == [FieldPattern] {
    /// Names, or `backend`.
    static var hiddenFields: Shape<[FieldPattern]> {
        Shape<[FieldPattern]>.oneOrMany(.fieldPattern).orWord("backend", FieldPattern.backend)
    }
}

extension Shape where Value == [FieldLine] {
    /// A value, or several, for each name.
    static func fieldLines(_ moment: Variable.Moment) -> Shape<[FieldLine]> {
        let value = Shape<Template>.template("a field value", as: .field, knownBy: moment) { text in
            FieldRules.isValue(text) ? nil : "has characters that a field value may not hold"
        }
        let lines = Shape<[[FieldLine]]>.entries(Shape<[Template]>.oneOrMany(value), key: "a field name") {
            name, location, values, decoding -> [FieldLine]? in
            if let problem = FieldRules.editProblem(name) {
                decoding.error(at: location, "\(quoted(name)) \(problem)")
                return nil
            }
            return values?.map { FieldLine(name: name, value: $0) }
        }
        return lines.converted { lines, _, _ in lines.flatMap { $0 } }
    }
}

extension Shape where Value == [FieldEdits.Renaming] {
    fileprivate static var renamings: Shape<[FieldEdits.Renaming]> {
        let newName = Shape<String>.text("a field name", FieldRules.editProblem)
        return .entries(newName, key: "a field name") { name, location, other, decoding in
            if let problem = FieldRules.editProblem(name) {
                decoding.error(at: location, "\(quoted(name)) \(problem)")
                return nil
            }
            return other.map { FieldEdits.Renaming(from: name, to: $0) }
        }
    }
}
