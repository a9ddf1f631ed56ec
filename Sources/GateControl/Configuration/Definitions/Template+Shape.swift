internal import GateConfig
internal import GateProxy

extension Shape where Value == Template {
    /// Text whose variables all stand in one kind of place.
    static func template(
        _ words: String, as place: ValuePlace, knownBy moment: Variable.Moment,
        _ rule: @escaping @Sendable (String) -> String? = { _ in nil }
    ) -> Shape<Template> {
        Shape<String>.text(words, rule).converted { text, node, decoding in
            Template.read(node, &decoding) { () throws(Template.Failure) in
                try Template(text, as: place, knownBy: moment)
            }
        }
    }

    /// A URL or a part of one.
    static func url(
        _ words: String, pattern: String? = nil, knownBy moment: Variable.Moment,
        _ rule: @escaping @Sendable (String) -> String? = { _ in nil }
    ) -> Shape<Template> {
        Shape<String>.text(words, pattern: pattern, rule).converted { text, node, decoding in
            Template.read(node, &decoding) { () throws(Template.Failure) in
                try Template(url: text, knownBy: moment)
            }
        }
    }
}

extension Template {
    /// What `make` makes, or its failure as an error at `node`.
    static func read(
        _ node: ConfigNode, _ decoding: inout Decoding, _ make: () throws(Template.Failure) -> Template
    ) -> Template? {
        do throws(Template.Failure) {
            return try make()
        } catch {
            decoding.error(at: node.location, error.words(isShown: { node.scalar?.source.contains($0) ?? false }))
            return nil
        }
    }
}

extension Template.Failure {
    /// What is wrong and how to mend it. What came from the environment is not shown.
    func words(isShown: (String) -> Bool) -> String {
        switch self {
        case .unclosedBrace: return "`{` without its `}`; write `{{` for the brace itself"
        case .strayBrace: return "`}` without its `{`; write `}}` for the brace itself"
        case .unknownVariable(let name):
            guard isShown(name) else { return "there is a variable that nobody knows" }
            let hint = suggestion(for: name, among: Variable.names)
            return "there is no variable \(quoted(name))"
                + (hint.isEmpty ? "; the reference of `access_log` lists them" : hint)
        case .unknownYet(let name):
            return "\(quoted(name)) is not known yet when this is written; use a variable of the request"
        }
    }
}
