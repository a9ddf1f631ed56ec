// Statuses as a configuration names them: `503`, `5xx`, `500-504`.

/// A set of statuses from 100 to 599.
public struct Statuses: Sendable, Equatable, ExpressibleByArrayLiteral {
    /// As they were written.
    public var ranges: [ClosedRange<Int>]

    /// Makes a set.
    public init(_ ranges: [ClosedRange<Int>]) { self.ranges = ranges }

    public init(arrayLiteral ranges: ClosedRange<Int>...) { self.ranges = ranges }

    /// Reads `503`, `5xx` or `500-504`; nil for anything else.
    static func range(_ text: String) -> ClosedRange<Int>? {
        let bytes = Array(text.utf8)
        if bytes.count == 3, text.hasSuffix("xx"), let first = Int(text.prefix(1)), (1...5).contains(first) {
            return first * 100...first * 100 + 99
        }
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count <= 2, let first = status(parts[0]), let last = status(parts[parts.count - 1]), first <= last
        else { return nil }
        return first...last
    }

    private static func status(_ text: Substring) -> Int? {
        guard text.utf8.count == 3, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text),
            (100...599).contains(number)
        else { return nil }
        return number
    }

    static func text(_ range: ClosedRange<Int>) -> String {
        if range.count == 1 { return "\(range.lowerBound)" }
        if range.lowerBound % 100 == 0, range.count == 100 { return "\(range.lowerBound / 100)xx" }
        return "\(range.lowerBound)-\(range.upperBound)"
    }
}
