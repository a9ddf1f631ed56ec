// What the groups of a route's pattern took of the path, for templates: `{path.1}`, `{path.name}`.

import GateCore

/// The groups that a pattern's names stand for. Made once with the route.
public final class CaptureNames: Sendable {
    /// Each name with the number of its group.
    public let groups: [(name: [UInt8], number: Int)]

    public init(_ groups: [(name: String, number: Int)]) {
        self.groups = groups.map { (Array($0.name.utf8), $0.number) }
    }

    func number(of name: [UInt8]) -> Int? { groups.first { $0.name == name }?.number }
}

/// Ranges of `Exchange.path`. Empty unless the route that was chosen has a pattern.
struct PathCaptures {
    /// By number; the whole match is 0. A group that took no part has an empty range.
    private(set) var ranges: [Range<Int>] = []
    private(set) var names: CaptureNames?

    /// Takes the place of what was there.
    mutating func begin(_ names: CaptureNames?) {
        ranges.removeAll(keepingCapacity: true)
        self.names = names
    }

    mutating func append(_ range: Range<Int>) { ranges.append(range) }

    mutating func removeAll() {
        guard !ranges.isEmpty || names != nil else { return }
        ranges.removeAll(keepingCapacity: true)
        names = nil
    }

    subscript(_ capture: Capture) -> Range<Int> {
        switch capture {
        case .number(let number): self[number]
        case .name(let name): names?.number(of: name).map { self[$0] } ?? 0..<0
        }
    }

    private subscript(_ number: Int) -> Range<Int> { number < ranges.count ? ranges[number] : 0..<0 }
}

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
