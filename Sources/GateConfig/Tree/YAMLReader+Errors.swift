// What the YAML package reports, in the form of our diagnostics.
internal import Yams

extension YamlError {
    func diagnostic(in text: String, name: String) -> Diagnostic {
        func error(_ mark: Mark, _ message: String) -> Diagnostic {
            Diagnostic(.error, at: SourceLocation(file: name, line: mark.line, column: mark.column), message)
        }
        switch self {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            if problem.contains("nesting level") { return error(mark, tooDeep) }
            return error(mark, "this is no YAML: \(problem)\(context.map { " (\($0.text))" } ?? "")\(hint(problem))")
        case .reader(let problem, let offset, _, _):
            let place = text.location(ofCharacter: offset ?? 0, name: name)
            return Diagnostic(.error, at: place, "this is no YAML: \(problem)")
        case .duplicatedKeysInMapping(let keys, let context):
            return duplicate(keys.first ?? "", context.mark, in: text, name: name)
        case .memory:
            return Diagnostic(
                .error, at: SourceLocation(file: name), tooDeep)
        default:
            return Diagnostic(.error, at: SourceLocation(file: name), "this is no YAML")
        }
    }

    private var tooDeep: String { "too many levels of lists and mappings; write it flatter" }

    private func hint(_ problem: String) -> String {
        if problem.contains("cannot start any token") {
            return "; indent with spaces, and quote text that starts with a sign"
        }
        return problem.contains("expected ',' or")
            ? "; quote what holds braces, brackets or commas, such as \"${NAME}\"" : ""
    }

    /// The package names the first of two equal keys; the second is what the user has to remove.
    private func duplicate(_ key: String, _ first: Mark, in text: String, name: String) -> Diagnostic {
        let message = "\(quoted(key)) is written twice in one mapping"
        let second = text.lineOfSecondKey(key, line: first.line, column: first.column)
        guard let second else {
            return Diagnostic(
                .error, at: SourceLocation(file: name, line: first.line, column: first.column), "\(message); remove one"
            )
        }
        return Diagnostic(
            .error, at: SourceLocation(file: name, line: second, column: first.column),
            "\(message), first on line \(first.line); remove one")
    }
}

extension String {
    /// The place of the character with that number, counted from 0.
    func location(ofCharacter offset: Int, name: String) -> SourceLocation {
        var place = SourceLocation(file: name)
        for character in prefix(offset) {
            place.column += 1
            if character.isNewline { place = SourceLocation(file: name, line: place.line + 1, column: 1) }
        }
        return place
    }

    /// The line of the next `key:` in the same column of a block mapping; nil in flow style and where quotes hide it.
    fileprivate func lineOfSecondKey(_ key: String, line: Int, column: Int) -> Int? {
        let lines = split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).dropFirst(line)
        for (index, text) in zip((line + 1)..., lines) {
            let content = text.drop { $0 == " " }
            if content.isEmpty || content.first == "#" { continue }
            let indentation = text.count - content.count
            if indentation < column - 1 { return nil }
            let opens =
                content.hasPrefix("\(key):") || content.hasPrefix("\"\(key)\":") || content.hasPrefix("'\(key)':")
            if indentation == column - 1, opens { return index }
        }
        return nil
    }
}
