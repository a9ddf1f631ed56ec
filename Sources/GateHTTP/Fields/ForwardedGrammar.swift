// Forwarded (RFC 7239 §4) as a whole value: what an earlier hop wrote must be sound before another element is put behind it,
// or a quote that it left open would swallow the element that tells the truth.

import GateCore

public enum ForwardedGrammar {
    /// Whether a value is a list of elements, `token=value;token=value, …`, each value a token or a quoted string.
    /// White space around commas and semicolons is let through, and so are empty elements (RFC 9110 §5.6.1).
    public static func isValid(_ value: Span<UInt8>) -> Bool {
        var i = 0
        while true {
            i = skipBlanks(value, i)
            if i < value.count, !isSeparator(value[i]) {
                guard let end = pair(value, i) else { return false }
                i = skipBlanks(value, end)
            }
            if i == value.count { return true }
            guard isSeparator(value[i]) else { return false }
            i += 1
        }
    }

    private static func isSeparator(_ byte: UInt8) -> Bool { byte == ASCII.comma || byte == ASCII.semicolon }

    private static func skipBlanks(_ value: Span<UInt8>, _ start: Int) -> Int {
        ASCII.trimmed(value, start..<value.count).lowerBound
    }

    /// The index after `token=value`.
    private static func pair(_ value: Span<UInt8>, _ start: Int) -> Int? {
        guard let name = token(value, start), name < value.count, value[name] == UInt8(ascii: "=") else { return nil }
        guard name + 1 < value.count else { return nil }
        return value[name + 1] == UInt8(ascii: "\"") ? quoted(value, name + 1) : token(value, name + 1)
    }

    private static func token(_ value: Span<UInt8>, _ start: Int) -> Int? {
        var i = start
        while i < value.count && ASCII.isToken(value[i]) { i += 1 }
        return i > start ? i : nil
    }

    /// The index after the closing quote.
    private static func quoted(_ value: Span<UInt8>, _ start: Int) -> Int? {
        var i = start + 1
        while i < value.count {
            if value[i] == UInt8(ascii: "\"") { return i + 1 }
            i += value[i] == UInt8(ascii: "\\") ? 2 : 1
        }
        return nil
    }
}
