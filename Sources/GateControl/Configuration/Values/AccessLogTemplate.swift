/// A line of the access log as text with variables in braces: `{client.address} {status}`; `{{` and `}}` are braces.
public struct AccessLogTemplate: Sendable, Hashable {
    /// A part of the line.
    public enum Piece: Sendable, Hashable {
        /// Copied as it is.
        case text(String)
        /// Replaced for each exchange.
        case variable(AccessLogVariable)
    }

    /// Why a text is no template.
    public enum Failure: Error, Equatable {
        /// A `{` without its `}`.
        case unclosedBrace
        /// A `}` without its `{`.
        case strayBrace
        /// No variable has this name.
        case unknownVariable(String)
    }

    /// The parts in order.
    public let pieces: [Piece]

    /// Reads a template.
    public init(_ text: String) throws(Failure) {
        var reader = Reader(rest: text[...])
        try reader.readAll()
        pieces = reader.pieces
    }

    private struct Reader {
        var rest: Substring
        var pieces: [Piece] = []
        var literal = ""

        mutating func readAll() throws(Failure) {
            while let character = rest.popFirst() {
                switch character {
                case "{" where rest.first == "{", "}" where rest.first == "}":
                    rest.removeFirst()
                    literal.append(character)
                case "{": try readVariable()
                case "}": throw .strayBrace
                default: literal.append(character)
                }
            }
            endLiteral()
        }

        mutating func readVariable() throws(Failure) {
            guard let end = rest.firstIndex(of: "}") else { throw .unclosedBrace }
            let name = String(rest[..<end])
            guard let variable = AccessLogVariable(rawValue: name) else { throw .unknownVariable(name) }
            endLiteral()
            pieces.append(.variable(variable))
            rest = rest[rest.index(after: end)...]
        }

        mutating func endLiteral() {
            if !literal.isEmpty { pieces.append(.text(literal)) }
            literal = ""
        }
    }
}
