// The groups of a route's pattern, as templates name them: `{path.1}`, `{path.name}`.

import GateCore

/// A group of a pattern.
public enum Capture: Sendable, Hashable {
    /// From 1; 0 is the whole match.
    case number(Int)
    case name([UInt8])

    /// `1` or `name`; nil for what cannot be one.
    init?(_ text: Substring) {
        if let number = Int(text), text.utf8.first.map(ASCII.isDigit) == true {
            guard (0...99).contains(number) else { return nil }
            self = .number(number)
        } else {
            let bytes = Array(text.utf8)
            guard let first = bytes.first, ASCII.isLetter(first) || first == 0x5F else { return nil }
            guard bytes.allSatisfy({ ASCII.isLetter($0) || ASCII.isDigit($0) || $0 == 0x5F }) else { return nil }
            self = .name(bytes)
        }
    }

    var text: String {
        switch self {
        case .number(let number): "\(number)"
        case .name(let name): String(decoding: name, as: UTF8.self)
        }
    }
}
