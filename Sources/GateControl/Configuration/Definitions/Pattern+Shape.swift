internal import GateConfig
internal import GatePattern

extension Shape where Value == Pattern {
    /// A regular expression.
    static var pattern: Shape<Pattern> {
        Shape<String>.text("a regular expression such as `^/u/[0-9]+$`").converted { text, node, decoding in
            do throws(PatternError) {
                return try Pattern(text)
            } catch {
                let place = error.offset > 0 ? " (at byte \(error.offset) of it)" : ""
                decoding.error(at: node.location, "\(node.words) is no regular expression: \(error.message)\(place)")
                return nil
            }
        }.shown { $0.text }
    }

    /// `{ regex: … }`.
    static var patternMapping: Shape<Pattern> {
        PatternMapping.definition.shape.converted { mapping, _, _ in mapping.pattern }
    }
}

private struct PatternMapping: Sendable {
    var pattern: Pattern?

    static let definition = StructDefinition<Self>(
        "regex", title: "regex",
        doc:
            "A regular expression as PCRE2 reads it, over bytes. It may match anywhere unless `^` and `$` say otherwise; letters' "
            + "case counts unless it begins with `(?i)`. What takes too long to match ends the request with 500, so write no "
            + "repetition within a repetition, and begin with `^` and plain text where you can: such routes are found without "
            + "trying each.",
        make: { Self() },
        keys: {
            Key("regex", .pattern, \.pattern, required: true, example: "\"^/u/(?<id>[0-9]+)$\"", "The expression.")
        })
}
