// Definitions to JSON Schema, draft 2020-12, for editors. It accepts what the decoder accepts, except that it cannot see
// environment references: wherever a value is more than free text, a text with `${` passes.

/// Writes the schema of a definition.
public struct SchemaWriter {
    private var definitions: [String: JSONValue] = [:]

    /// The schema of `root`, as text that ends in a newline.
    public static func schema(of root: StructDescription) -> String {
        var writer = SchemaWriter()
        return writer.document(root).text() + "\n"
    }

    private mutating func document(_ root: StructDescription) -> JSONValue {
        let body = structure(root)
        let environment = JSONValue.members([
            ("description", .string("A reference to an environment variable.")), ("type", .string("string")),
            ("pattern", .string("\\$\\{")),
        ])
        definitions["environment"] = environment
        let sorted = definitions.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        return .members(
            [
                ("$schema", .string("https://json-schema.org/draft/2020-12/schema")),
                ("title", .string(root.title)),
            ] + body + [("$defs", .members(sorted))])
    }

    private mutating func structure(_ description: StructDescription) -> [(String, JSONValue)] {
        var pairs: [(String, JSONValue)] = [("description", .string(description.doc)), ("type", .string("object"))]
        let properties = description.keys.map { ($0.name, property($0)) }
        pairs.append(("properties", .members(properties)))
        if description.allowsExtensions { pairs.append(("patternProperties", .members([("^x-", .bool(true))]))) }
        pairs.append(("additionalProperties", .bool(false)))
        let required = description.keys.filter(\.isRequired).map { JSONValue.string($0.name) }
        if !required.isEmpty { pairs.append(("required", .array(required))) }
        return pairs + description.exclusions.map(exclusion)
    }

    /// `oneOf` over which key is there; where none has to be, that is one more alternative.
    private func exclusion(_ exclusion: Exclusion) -> (String, JSONValue) {
        let present = exclusion.keys.map { JSONValue.members([("required", .array([.string($0)]))]) }
        if exclusion.isRequired { return ("oneOf", .array(present)) }
        let none = JSONValue.members([("not", .members([("anyOf", .array(present))]))])
        return ("oneOf", .array(present + [none]))
    }

    private mutating func property(_ key: KeyDescription) -> JSONValue {
        var pairs: [(String, JSONValue)] = [("description", .string(key.doc))]
        pairs += form(key.form)
        if key.isDefaultValue, let text = key.defaultText, let value = plainValue(text, key.form) {
            pairs.append(("default", value))
        }
        return .members(pairs)
    }

    /// A default as JSON; nil for lists and the like, which editors do not offer.
    private func plainValue(_ text: String, _ form: Form) -> JSONValue? {
        switch form {
        case .boolean: .bool(text == "true")
        case .integer: Int(text).map { .number($0) }
        case .choice(let forms): forms.compactMap { plainValue(text, $0) }.first
        case .text where text.hasPrefix("\""): .string(String(text.dropFirst().dropLast()))
        case .text, .word, .duration, .size, .percentage: .string(text)
        case .list, .oneOrMany, .map, .structure, .recursive: nil
        }
    }

    // MARK: Forms

    private mutating func form(_ form: Form) -> [(String, JSONValue)] {
        switch form {
        case .text(_, nil): [("type", .string("string"))]
        case .boolean, .integer, .word, .duration, .size, .percentage, .text: anyOf(plain(form) + [environment])
        case .list(let element, let countMin): list(element, countMin)
        case .oneOrMany(let element): anyOf([.members(self.form(element)), .members(list(element, 1))])
        case .map(let element, _):
            [("type", .string("object")), ("additionalProperties", .members(self.form(element)))]
        case .structure(let description): [("$ref", .string("#/$defs/\(define(description))"))]
        case .recursive(let name, _): [("$ref", .string("#/$defs/\(name)"))]
        case .choice(let forms): anyOf(forms.flatMap { choice($0) } + [environment])
        }
    }

    private var environment: JSONValue { .members([("$ref", .string("#/$defs/environment"))]) }

    private func anyOf(_ values: [JSONValue]) -> [(String, JSONValue)] { [("anyOf", .array(values))] }

    private mutating func choice(_ form: Form) -> [JSONValue] {
        let values = plain(form)
        return values.isEmpty ? [.members(self.form(form))] : values
    }

    private mutating func list(_ element: Form, _ countMin: Int) -> [(String, JSONValue)] {
        var pairs: [(String, JSONValue)] = [("type", .string("array")), ("items", .members(form(element)))]
        if countMin > 0 { pairs.append(("minItems", .number(countMin))) }
        return pairs
    }

    private mutating func define(_ description: StructDescription) -> String {
        if definitions[description.name] == nil {
            definitions[description.name] = .bool(true)  // Stands in while the body is written.
            definitions[description.name] = .members(structure(description))
        }
        return description.name
    }

    /// The schemas of a form that is one scalar; empty for others.
    private func plain(_ form: Form) -> [JSONValue] {
        switch form {
        case .boolean: [.members([("type", .string("boolean"))])]
        case .integer(let range): [integer(range)]
        case .word(let words): [words.contains("off") && words.count == 1 ? off : enumeration(words)]
        case .duration: [pattern("^[0-9]+(ms|s|m|h|d)$")]
        case .size(let range): [integer(range), pattern("^[0-9]+(KiB|MiB|GiB)?$")]
        case .percentage: [pattern("^[0-9]+%$")]
        case .text(_, let text?): [pattern(text)]
        case .text(_, nil): [.members([("type", .string("string"))])]
        case .list, .oneOrMany, .map, .structure, .recursive, .choice: []
        }
    }

    private var off: JSONValue { .members([("const", .string("off"))]) }

    private func enumeration(_ words: [String]) -> JSONValue {
        let values = words.map { word in Int(word).map { JSONValue.number($0) } ?? .string(word) }
        return .members([("enum", .array(values))])
    }

    private func pattern(_ pattern: String) -> JSONValue {
        .members([("type", .string("string")), ("pattern", .string(pattern))])
    }

    private func integer(_ range: ClosedRange<Int>) -> JSONValue {
        var pairs: [(String, JSONValue)] = [("type", .string("integer")), ("minimum", .number(range.lowerBound))]
        if range.upperBound != .max { pairs.append(("maximum", .number(range.upperBound))) }
        return .members(pairs)
    }
}
