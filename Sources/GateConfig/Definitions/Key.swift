/// One key of a definition: its name, what its value looks like, where the value goes, and what it means.
public struct Key<Target>: Sendable {
    let name: String
    let isRequired: Bool
    let describe: @Sendable (Target) -> KeyDescription
    let decode: @Sendable (ConfigNode, inout Target, inout Decoding) -> Void

    /// A key whose value goes to a property.
    ///
    /// The default is what the property holds in a fresh target; `defaultText` says it in words where it has no short form.
    public init<Value>(
        _ name: String, _ shape: Shape<Value>, _ path: any WritableKeyPath<Target, Value> & Sendable,
        required: Bool = false,
        defaultText: String? = nil, example: String? = nil, _ doc: String
    ) {
        self.init(name, shape.form, required, doc: doc, example: example) { target in
            defaultText.map { .words($0) } ?? shape.show(target[keyPath: path]).map { .value($0) }
        } decode: { node, target, decoding in
            if let value = shape.decode(node, &decoding) { target[keyPath: path] = value }
        }
    }

    /// A key whose value goes to an optional property; without `defaultText` its default is said to be none.
    public init<Value>(
        _ name: String, _ shape: Shape<Value>, _ path: any WritableKeyPath<Target, Value?> & Sendable,
        required: Bool = false,
        defaultText: String? = nil, example: String? = nil, _ doc: String
    ) {
        self.init(name, shape.form, required, doc: doc, example: example) { target in
            if let defaultText { return .words(defaultText) }
            return target[keyPath: path].flatMap(shape.show).map { .value($0) }
        } decode: { node, target, decoding in
            if let value = shape.decode(node, &decoding) { target[keyPath: path] = value }
        }
    }

    /// A key that is read elsewhere and stands here for the schema and the reference.
    public static func handledElsewhere(_ name: String, _ form: Form, example: String? = nil, _ doc: String) -> Key {
        Key(name, form, false, doc: doc, example: example) { _ in
            nil
        } decode: { _, _, _ in
        }
    }

    private enum Default {
        case value(String)
        case words(String)
    }

    private init(
        _ name: String, _ form: Form, _ isRequired: Bool, doc: String, example: String?,
        default: @escaping @Sendable (Target) -> Default?,
        decode: @escaping @Sendable (ConfigNode, inout Target, inout Decoding) -> Void
    ) {
        self.name = name
        self.isRequired = isRequired
        self.decode = decode
        describe = { target in
            var description = KeyDescription(
                name: name, doc: doc, form: form, isRequired: isRequired, defaultText: nil, isDefaultValue: false,
                example: example)
            if isRequired { return description }
            switch `default`(target) {
            case .value(let text): (description.defaultText, description.isDefaultValue) = (text, true)
            case .words(let text): description.defaultText = text
            case nil: break
            }
            return description
        }
    }
}

/// Gathers keys, one a line.
@resultBuilder
public enum KeyBuilder<Target> {
    /// One key.
    public static func buildExpression(_ key: Key<Target>) -> [Key<Target>] { [key] }
    /// Keys made elsewhere.
    public static func buildExpression(_ keys: [Key<Target>]) -> [Key<Target>] { keys }
    /// All keys.
    public static func buildBlock(_ keys: [Key<Target>]...) -> [Key<Target>] { keys.flatMap { $0 } }
}
