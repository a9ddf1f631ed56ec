// JSON to write, with keys in the order given: a generated file must not change when nothing did.

/// A JSON value.
public indirect enum JSONValue: Sendable, Equatable {
    /// `true` or `false`.
    case bool(Bool)
    /// A whole number.
    case number(Int)
    /// Text.
    case string(String)
    /// Values in order.
    case array([JSONValue])
    /// Values by name, in order.
    case object([Member])

    /// A named value.
    public struct Member: Sendable, Equatable {
        /// The name.
        public var name: String
        /// The value.
        public var value: JSONValue
    }

    /// An object of pairs.
    public static func members(_ pairs: [(String, JSONValue)]) -> JSONValue {
        .object(pairs.map { Member(name: $0.0, value: $0.1) })
    }

    /// The text, indented by two spaces; arrays of plain values stand on one line.
    public func text(indentation: Int = 0) -> String {
        switch self {
        case .bool(let value): return "\(value)"
        case .number(let value): return "\(value)"
        case .string(let value): return JSONValue.escaped(value)
        case .array(let values) where values.allSatisfy(\.isPlain):
            return "[\(values.map { $0.text() }.joined(separator: ", "))]"
        case .array(let values):
            return block("[", values.map { $0.text(indentation: indentation + 1) }, "]", indentation)
        case .object(let members) where members.isEmpty: return "{}"
        case .object(let members):
            let lines = members.map { "\(JSONValue.escaped($0.name)): \($0.value.text(indentation: indentation + 1))" }
            return block("{", lines, "}", indentation)
        }
    }

    private var isPlain: Bool {
        switch self {
        case .bool, .number, .string: true
        case .array, .object: false
        }
    }

    private func block(_ open: String, _ lines: [String], _ close: String, _ indentation: Int) -> String {
        let outer = String(repeating: "  ", count: indentation)
        return "\(open)\n\(lines.map { "\(outer)  \($0)" }.joined(separator: ",\n"))\n\(outer)\(close)"
    }

    private static func escaped(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
