// Heads as tests see them: text in order, nothing repaired. Written apart from the product's parsers on purpose.

/// One field line.
public struct RawField: Sendable, Equatable, CustomStringConvertible {
    public let name: String
    public let value: String

    public var description: String { "\(name): \(value)" }
}

/// A start line and fields in the order in which they came; names are looked up in any case.
public struct RawHead: Sendable, CustomStringConvertible {
    /// The head as it came, with its empty line.
    public let text: String
    public let startLine: String
    public let fields: [RawField]

    /// Reads a head that ends with its empty line; throws `.malformed` for lines that are none.
    public init(_ text: String) throws {
        self.text = text
        guard text.hasSuffix("\r\n\r\n") else { throw WireFailure(.malformed("no empty line"), had: Array(text.utf8)) }
        var lines = text.components(separatedBy: "\r\n")
        startLine = lines.removeFirst()
        fields = try lines.dropLast(2).map(RawHead.field)
    }

    /// The values of every field with this name, in order.
    public subscript(name: String) -> [String] {
        fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }

    /// The value of the only field with this name; nil when there is none or more than one.
    public func only(_ name: String) -> String? { self[name].count == 1 ? self[name][0] : nil }

    /// Whether there is a field with this name.
    public func has(_ name: String) -> Bool { !self[name].isEmpty }

    /// Whether a list field holds `token` in any case.
    public func lists(_ token: String, in name: String) -> Bool {
        self[name].joined(separator: ",").lowercased().split(separator: ",").contains {
            $0.trimmed == token.lowercased()
        }
    }

    /// Part `index` of the start line, split at single spaces.
    func part(_ index: Int) -> String {
        let parts = startLine.components(separatedBy: " ")
        return index < parts.count ? parts[index] : ""
    }

    public var description: String { text }

    static func field(_ line: String) throws -> RawField {
        guard let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")) else {
            throw WireFailure(.malformed("field line without a colon"), had: Array(line.utf8))
        }
        return RawField(name: String(line[..<colon]), value: line[line.index(after: colon)...].trimmed)
    }
}

extension StringProtocol {
    /// Without spaces and tabs at both ends.
    var trimmed: String {
        var rest = self[...]
        while rest.first == " " || rest.first == "\t" { rest.removeFirst() }
        while rest.last == " " || rest.last == "\t" { rest.removeLast() }
        return String(rest)
    }

    /// The parts between occurrences of `separator`, empty ones included. Works on bytes: to Swift, CRLF is one character.
    func components(separatedBy separator: String) -> [String] {
        let (bytes, wanted) = (Array(utf8), Array(separator.utf8))
        var parts: [String] = []
        var start = 0
        while let at = find(wanted, in: bytes, from: start) {
            parts.append(String(decoding: bytes[start..<at], as: UTF8.self))
            start = at + wanted.count
        }
        return parts + [String(decoding: bytes[start...], as: UTF8.self)]
    }
}
