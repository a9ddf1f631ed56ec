// The tree between text and types. It has no opinion on meaning: `on`, `12` and `"12"` are scalars, and the shape that
// decodes them decides.

/// A value in a configuration text, with its place.
public struct ConfigNode: Sendable {
    /// What stands there.
    public enum Value: Sendable {
        /// Nothing, `~` or `null`.
        case null
        /// One word, number or text.
        case scalar(Scalar)
        /// Values in order.
        case list([ConfigNode])
        /// Values by name, in order, each name once.
        case map([Entry])
        /// A scalar whose environment reference failed, which has been reported; whatever was expected, it is not missed.
        case unreadable
    }

    /// One word, number or text.
    public struct Scalar: Sendable {
        /// The text after environment references were replaced.
        public var text: String
        /// The text as written. Messages show this one, so that what the environment holds stays secret.
        public var source: String
        /// True if written in quotes or as a block.
        public var isQuoted: Bool
    }

    /// A named value.
    public struct Entry: Sendable {
        /// The name.
        public var key: String
        /// Where the name stands.
        public var keyLocation: SourceLocation
        /// The value.
        public var value: ConfigNode
    }

    /// What stands there.
    public var value: Value
    /// Where it starts.
    public var location: SourceLocation

    /// The scalar, if this is one.
    public var scalar: Scalar? {
        if case .scalar(let scalar) = value { scalar } else { nil }
    }

    /// The entries, if this is a map.
    public var entries: [Entry]? {
        if case .map(let entries) = value { entries } else { nil }
    }

    /// The elements, if this is a list.
    public var elements: [ConfigNode]? {
        if case .list(let elements) = value { elements } else { nil }
    }

    /// The value of that name, if this is a map that has it.
    public subscript(key: String) -> ConfigNode? {
        entries?.first { $0.key == key }?.value
    }

    /// What stands there, for messages: `a list`, or the text as written.
    public var words: String {
        switch value {
        case .null: "nothing"
        case .scalar(let scalar): quoted(scalar.source)
        case .list: "a list"
        case .map: "a mapping"
        case .unreadable: "text"
        }
    }
}

/// Text made fit for a message: in backquotes, on one line, without control characters, not too long.
public func quoted(_ text: String) -> String {
    var shown = "`"
    for (count, scalar) in text.unicodeScalars.enumerated() {
        if count == 60 { return shown + "…`" }
        let isControl =
            scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value) || [0x2028, 0x2029].contains(scalar.value)
        if isControl { shown += "\\u{\(String(scalar.value, radix: 16))}" } else { shown.unicodeScalars.append(scalar) }
    }
    return shown + "`"
}
