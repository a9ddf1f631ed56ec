import GateCore

/// Bytes from outside, made harmless inside a log line.
enum LogEscaping {
    /// JSON: quotes, backslashes, controls, and whatever is not UTF-8 (each byte as the character of that number).
    /// Text: everything but visible ASCII as \xHH.
    static func append(_ bytes: Span<UInt8>, isJSON: Bool, to buffer: inout ByteBuffer) {
        var start = 0
        for i in 0..<bytes.count where !isPlain(bytes[i]) {
            buffer.append(bytes, start..<i)
            start = i + 1
            if isJSON { appendJSON(bytes[i], to: &buffer) } else { appendText(bytes[i], to: &buffer) }
        }
        buffer.append(bytes, start..<bytes.count)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x7F && byte != 0x22 && byte != 0x5C
    }

    private static func appendJSON(_ byte: UInt8, to buffer: inout ByteBuffer) {
        if byte == 0x22 || byte == 0x5C {
            buffer.append(byte: 0x5C)
            buffer.append(byte: byte)
        } else {
            buffer.append("\\u00")
            appendHex(byte, to: &buffer)
        }
    }

    private static func appendText(_ byte: UInt8, to buffer: inout ByteBuffer) {
        buffer.append("\\x")
        appendHex(byte, to: &buffer)
    }

    private static func appendHex(_ byte: UInt8, to buffer: inout ByteBuffer) {
        for digit in [byte >> 4, byte & 15] { buffer.append(byte: digit < 10 ? digit + 0x30 : digit + 0x57) }
    }
}
