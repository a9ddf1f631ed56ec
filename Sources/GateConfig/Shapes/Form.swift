// What a value may look like, as data: the schema and the reference are written from it.

/// What a value may look like.
public indirect enum Form: Sendable {
    /// `true` or `false`.
    case boolean
    /// A whole number.
    case integer(ClosedRange<Int>)
    /// Text; `pattern` is a regular expression that all accepted texts match, `words` a phrase such as `a host name`.
    case text(words: String, pattern: String?)
    /// One of some words.
    case word([String])
    /// A duration, in milliseconds.
    case duration(ClosedRange<Int>)
    /// A size, in bytes.
    case size(ClosedRange<Int>)
    /// A percentage.
    case percentage(ClosedRange<Int>)
    /// Values in order; `countMin` of them at least.
    case list(Form, countMin: Int)
    /// One value, or several as a list.
    case oneOrMany(Form)
    /// Values by name.
    case map(Form, key: String)
    /// Keys with meanings of their own.
    case structure(StructDescription)
    /// A struct that this form is a part of, by its name and title.
    case recursive(name: String, title: String)
    /// Any of several.
    case choice([Form])
}

extension Form {
    /// A phrase for "expected …": `a duration such as `30s``.
    public var words: String {
        switch self {
        case .boolean: "`true` or `false`"
        case .integer(let range): "a whole number\(rangeWords(range))"
        case .text(let words, _): words
        case .word(let words): words.count == 1 ? "`\(words[0])`" : words.wordList(last: "or")
        case .duration: "a duration such as `30s`"
        case .size: "a size such as `16KiB`"
        case .percentage: "a percentage such as `20%`"
        case .list(let form, _): "a list of \(form.words)"
        case .oneOrMany(let form): "\(form.words), or a list of them"
        case .map(let form, let key): "a mapping from \(key) to \(form.words)"
        case .structure(let description): "a mapping of \(description.title) keys"
        case .recursive(_, let title): "a mapping of \(title) keys"
        case .choice(let forms): forms.map(\.words).joined(separator: ", or ")
        }
    }

    private func rangeWords(_ range: ClosedRange<Int>) -> String {
        if range.upperBound == .max { return range.lowerBound == 0 ? "" : " from \(range.lowerBound)" }
        return " from \(range.lowerBound) to \(range.upperBound)"
    }
}

extension [String] {
    /// `` `a`, `b` or `c` ``.
    func wordList(last conjunction: String) -> String {
        let words = map { "`\($0)`" }
        guard let final = words.last, words.count > 1 else { return words.first ?? "" }
        return words.dropLast().joined(separator: ", ") + " \(conjunction) \(final)"
    }
}
