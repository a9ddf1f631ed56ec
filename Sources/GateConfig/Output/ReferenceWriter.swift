// Definitions to the reference page: a section for each struct, a table of its keys, an example.

/// Writes the reference of a definition.
public struct ReferenceWriter {
    private var written: Set<String> = []
    private var sections: [String] = []

    /// The sections of `root` and of all that its keys lead to, in Markdown; headings are of the second level.
    public static func sections(of root: StructDescription) -> String {
        var writer = ReferenceWriter()
        writer.write(root)
        return writer.sections.joined(separator: "\n\n") + "\n"
    }

    private mutating func write(_ description: StructDescription) {
        guard written.insert(description.name).inserted else { return }
        sections.append(section(description))
        for key in description.keys {
            for inner in key.form.structures { write(inner) }
        }
    }

    private func section(_ description: StructDescription) -> String {
        var parts = ["## \(description.title)", description.doc]
        parts += description.exclusions.map { exclusion in
            let words = exclusion.keys.wordList(last: "and")
            return exclusion.isRequired
                ? "Exactly one of \(words) must be there." : "At most one of \(words) may be there."
        }
        parts.append(table(description.keys))
        if let example = description.example { parts.append("```yaml\n\(example)\n```") }
        return parts.joined(separator: "\n\n")
    }

    private func table(_ keys: [KeyDescription]) -> String {
        let head = ["| key | value | default | meaning |", "|---|---|---|---|"]
        let rows = keys.map { key in
            "| `\(key.name)` | \(cell(key.form.reference)) | \(cell(defaultText(key))) | \(cell(meaning(key))) |"
        }
        return (head + rows).joined(separator: "\n")
    }

    private func defaultText(_ key: KeyDescription) -> String {
        if key.isRequired { return "required" }
        guard let text = key.defaultText else { return "none" }
        return key.isDefaultValue ? "`\(text)`" : text
    }

    private func meaning(_ key: KeyDescription) -> String {
        guard let example = key.example else { return key.doc }
        return "\(key.doc) Example: `\(example)`"
    }

    private func cell(_ text: String) -> String {
        text.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
    }
}

extension Form {
    /// The structs that a value of this form holds.
    fileprivate var structures: [StructDescription] {
        switch self {
        case .structure(let description): [description]
        case .list(let form, _), .oneOrMany(let form), .map(let form, _): form.structures
        case .choice(let forms): forms.flatMap(\.structures)
        case .boolean, .integer, .text, .word, .duration, .size, .percentage, .recursive: []
        }
    }

    /// The form as a phrase with its range, structs as links to their sections.
    fileprivate var reference: String {
        switch self {
        case .boolean, .integer, .text: words
        case .word(let words): words.wordList(last: "or")
        case .duration(let range): "duration, `\(Unit.show(range.lowerBound, in: Unit.durations))` or more"
        case .size(let range): "size, \(span(range, Unit.sizes))"
        case .percentage(let range): "`\(range.lowerBound)%` to `\(range.upperBound)%`"
        case .list(let form, _): "list of: \(form.reference)"
        case .oneOrMany(let form): "\(form.reference); or a list of them"
        case .map(let form, let key): "mapping from \(key) to: \(form.reference)"
        case .structure(let description): "[\(description.title)](#\(anchor(description.title)))"
        case .recursive(_, let title): "[\(title)](#\(anchor(title)))"
        case .choice(let forms): forms.map(\.reference).joined(separator: "; or ")
        }
    }

    private func span(_ range: ClosedRange<Int>, _ units: [Unit]) -> String {
        "`\(Unit.show(range.lowerBound, in: units))` to `\(Unit.show(range.upperBound, in: units))`"
    }
}

/// A heading's anchor as Markdown renderers make it.
private func anchor(_ title: String) -> String { String(title.lowercased().map { $0 == " " ? "-" : $0 }) }
