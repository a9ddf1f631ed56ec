// What every subject of a pattern must begin with, so that routes with patterns can be found by hash. It may be shorter
// than what could be found, never longer.

extension Pattern {
    /// The bytes that every match begins with; empty when they are not plain to see.
    public var literalPrefix: String {
        var reading = PrefixReading(Array(text.utf8))
        return reading.prefix()
    }
}

/// Reads literal bytes behind `^`.
private struct PrefixReading {
    private let text: [UInt8]
    private var at = 0

    init(_ text: [UInt8]) { self.text = text }

    mutating func prefix() -> String {
        // A bar anywhere may be a second alternative; nothing is gained by finding out.
        guard text.first == UInt8(ascii: "^"), !text.contains(UInt8(ascii: "|")) else { return "" }
        at = 1
        var literal: [UInt8] = []
        while let byte = next() { literal.append(byte) }
        // A quantifier makes the last byte optional or one of many.
        if at < text.count, "*?{+".utf8.contains(text[at]), !literal.isEmpty { literal.removeLast() }
        return String(decoding: literal, as: UTF8.self)
    }

    /// The next literal byte; nil at the first thing that is none.
    private mutating func next() -> UInt8? {
        guard at < text.count else { return nil }
        let byte = text[at]
        if Self.isPlain(byte) {
            at += 1
            return byte
        }
        // A backslash before a sign is that sign.
        guard byte == UInt8(ascii: "\\"), at + 1 < text.count, Self.isSign(text[at + 1]) else { return nil }
        at += 2
        return text[at - 1]
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "/_-~!%&=:;@,'\"<>".utf8.contains(byte)
        }
    }

    private static func isSign(_ byte: UInt8) -> Bool { "./-_~!$()*+?^[]{}%&=:;@,'".utf8.contains(byte) }
}
