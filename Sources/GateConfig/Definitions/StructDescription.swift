/// What the schema and the reference need to know of a definition.
public struct StructDescription: Sendable {
    /// The name in the schema, unique among all definitions.
    public var name: String
    /// The heading in the reference, and the word in messages: `listener`.
    public var title: String
    /// A paragraph for the reference.
    public var doc: String
    /// YAML for the reference.
    public var example: String?
    /// The keys in order.
    public var keys: [KeyDescription]
    /// Keys that exclude each other.
    public var exclusions: [Exclusion]
    /// Whether keys that begin with `x-` are allowed and ignored.
    public var allowsExtensions: Bool
}

/// What the schema and the reference need to know of a key.
public struct KeyDescription: Sendable {
    /// The key.
    public var name: String
    /// What it means, in one or two sentences.
    public var doc: String
    /// What its value may look like.
    public var form: Form
    /// Whether it must be there.
    public var isRequired: Bool
    /// Its default as a user would write it, or words.
    public var defaultText: String?
    /// Whether `defaultText` is a value and not words.
    public var isDefaultValue: Bool
    /// A value as a user would write it.
    public var example: String?
}

/// Keys of which a struct has at most one, or exactly one.
public struct Exclusion: Sendable {
    /// The keys.
    public var keys: [String]
    /// Whether one of them must be there.
    public var isRequired: Bool

    /// At most one of the keys.
    public static func atMostOne(_ keys: String...) -> Exclusion { Exclusion(keys: keys, isRequired: false) }
    /// Exactly one of the keys.
    public static func exactlyOne(_ keys: String...) -> Exclusion { Exclusion(keys: keys, isRequired: true) }
}
