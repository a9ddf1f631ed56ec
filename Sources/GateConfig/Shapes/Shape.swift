/// How a node of the tree becomes a value: what it may look like, how it is read, and how a default is shown.
public struct Shape<Value>: Sendable {
    /// What the value may look like.
    public let form: Form
    /// Reads a node. Nil: it does not fit, which is then recorded.
    public let decode: @Sendable (ConfigNode, inout Decoding) -> Value?
    /// The value as a user would write it; nil if it has no short form.
    public let show: @Sendable (Value) -> String?

    /// Makes a shape.
    public init(
        _ form: Form, show: @escaping @Sendable (Value) -> String? = { _ in nil },
        decode: @escaping @Sendable (ConfigNode, inout Decoding) -> Value?
    ) {
        self.form = form
        self.show = show
        self.decode = decode
    }

    /// The same, with another way to show a value.
    public func shown(_ show: @escaping @Sendable (Value) -> String?) -> Shape<Value> {
        Shape(form, show: show, decode: decode)
    }

    /// The same, turned into another value, which may fail with a finding of its own.
    public func converted<Other>(
        _ convert: @escaping @Sendable (Value, ConfigNode, inout Decoding) -> Other?
    ) -> Shape<Other> {
        let decode = self.decode
        return Shape<Other>(form) { node, decoding in
            guard let value = decode(node, &decoding) else { return nil }
            return convert(value, node, &decoding)
        }
    }

    /// The same with a further look at the value, which may record findings.
    public func checked(_ check: @escaping @Sendable (Value, ConfigNode, inout Decoding) -> Void) -> Shape<Value> {
        converted { value, node, decoding in
            check(value, node, &decoding)
            return value
        }.shown(show)
    }

    /// The same, or a word that stands for a value of its own: `off`.
    public func orWord(_ word: String, _ value: Value) -> Shape<Value> where Value: Equatable & Sendable {
        let (form, decode, show) = (form, decode, show)
        return Shape(.choice([form, .word([word])])) { node, decoding in
            if node.scalar?.text == word { return value }
            return decode(node, &decoding)
        }.shown { $0 == value ? word : show($0) }
    }

    /// The same; each value of that kind may be used once in the whole configuration.
    public func unique(_ kind: String) -> Shape<Value> where Value: CustomStringConvertible & SendableMetatype {
        checked { value, node, decoding in decoding.declare(kind, "\(value)", at: node.location) }
    }
}

extension Shape {
    /// A shape made from text that one function reads; the function says what is wrong as a message.
    static func scalar(
        _ form: Form, _ read: @escaping @Sendable (String) -> Reading<Value>
    ) -> Shape<Value> {
        Shape(form) { node, decoding in
            guard let scalar = node.scalar else {
                decoding.mismatch(node, expected: form.words)
                return nil
            }
            switch read(scalar.text) {
            case .value(let value): return value
            case .mismatch: decoding.mismatch(node, expected: form.words)
            case .failure(let message): decoding.error(at: node.location, "\(quoted(scalar.source)) \(message)")
            }
            return nil
        }
    }
}

/// What came of reading a text.
enum Reading<Value> {
    /// It fits.
    case value(Value)
    /// It is something else altogether.
    case mismatch
    /// It nearly fits; the message goes on after the quoted text.
    case failure(String)
}
