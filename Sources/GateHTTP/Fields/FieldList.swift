// Comma-separated lists, as many fields carry them. RFC 9110 §5.6.1.

import GateCore

/// Steps through the elements of a list. Commas in quoted strings part nothing; empty elements are passed over.
///
///     var list = FieldList()
///     while let element = list.next(in: value) { … }
public struct FieldList: BitwiseCopyable, Sendable {
    @usableFromInline var at = 0

    @inlinable public init() {}

    /// The next element without white space around it, never empty; nil at the end. An element whose quotes are not
    /// closed goes to the end of the value.
    public mutating func next(in value: Span<UInt8>) -> Range<Int>? {
        while at < value.count {
            let start = at
            let end = Self.endOfElement(value, from: start, until: ASCII.comma)
            at = end + 1
            let element = ASCII.trimmed(value, start..<end)
            if !element.isEmpty { return element }
        }
        return nil
    }

    /// The index of the first `separator` outside of quotes from `start` on, or the value's count.
    public static func endOfElement(_ value: Span<UInt8>, from start: Int, until separator: UInt8) -> Int {
        var isQuoted = false
        var i = start
        while i < value.count {
            let byte = value[i]
            if isQuoted && byte == UInt8(ascii: "\\") {
                i += 1
            } else if byte == UInt8(ascii: "\"") {
                isQuoted.toggle()
            } else if byte == separator && !isQuoted {
                return i
            }
            i += 1
        }
        return value.count
    }

    /// Whether the bytes are one token (RFC 9110 §5.6.2).
    public static func isToken(_ bytes: Span<UInt8>) -> Bool {
        for i in 0..<bytes.count where !ASCII.isToken(bytes[i]) { return false }
        return bytes.count > 0
    }
}
