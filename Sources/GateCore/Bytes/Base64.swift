/// Bytes as text of 64 letters, with padding (RFC 4648 §4).
public enum Base64 {
    /// Four letters for each three bytes begun.
    public static func encode(_ bytes: [UInt8]) -> [UInt8] {
        var text = ByteBuffer()
        encode(bytes.span, into: &text)
        return (0..<text.count).map { text.span[$0] }
    }

    /// Appends four letters for each three bytes begun. Allocates nothing when `text` has room for them.
    public static func encode(_ bytes: Span<UInt8>, into text: inout ByteBuffer) {
        text.reserve((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let count = min(3, bytes.count - start)
            var bits = UInt32(0)
            for index in 0..<3 { bits = bits << 8 | (index < count ? UInt32(bytes[start + index]) : 0) }
            for index in 0..<4 {
                text.append(byte: index > count ? UInt8(ascii: "=") : letter(bits >> UInt32(18 - 6 * index) & 63))
            }
        }
    }

    private static func letter(_ value: UInt32) -> UInt8 {
        let value = UInt8(truncatingIfNeeded: value)
        switch value {
        case 0..<26: return value + UInt8(ascii: "A")
        case 26..<52: return value - 26 + UInt8(ascii: "a")
        case 52..<62: return value - 52 + UInt8(ascii: "0")
        default: return value == 62 ? UInt8(ascii: "+") : UInt8(ascii: "/")
        }
    }

    /// The six bits that a letter stands for, 0...63; nil for what is none, padding among it (RFC 4648 §4).
    @inlinable
    public static func value(_ letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): letter - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): letter - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): letter - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
