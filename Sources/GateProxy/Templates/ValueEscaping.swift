// Values from outside on their way into text of ours: nothing that a client or a server says may end the place where it
// is put.

import GateCore
import GateHTTP

/// What kind of bytes a value has.
enum ValueForm {
    /// Any bytes.
    case text
    /// A part of a path, percent-encoded as such.
    case path
    /// A part of a query, percent-encoded as such.
    case query
    /// A whole query.
    case wholeQuery
}

/// Makes values safe for their places.
enum ValueEscaping {
    static func append(
        _ bytes: Span<UInt8>, _ form: ValueForm, as place: ValuePlace, to buffer: inout ByteBuffer
    ) {
        switch place {
        case .logText: LogEscaping.append(cut(bytes), isJSON: false, to: &buffer)
        case .logJSON: LogEscaping.append(cut(bytes), isJSON: true, to: &buffer)
        case .json: LogEscaping.append(bytes, isJSON: true, to: &buffer)
        case .field, .plain: appendWithoutControls(bytes, &buffer)
        case .path: appendToPath(bytes, form, &buffer)
        case .query: appendToQuery(bytes, form, &buffer)
        case .authority: for i in 0..<bytes.count where isAuthority(bytes[i]) { buffer.append(byte: bytes[i]) }
        case .html: appendHTML(bytes, &buffer)
        }
    }

    @_lifetime(copy bytes)
    private static func cut(_ bytes: Span<UInt8>) -> Span<UInt8> {
        bytes.count > AccessLogger.valueBytesMax ? bytes.extracting(0..<AccessLogger.valueBytesMax) : bytes
    }

    private static func appendWithoutControls(_ bytes: Span<UInt8>, _ buffer: inout ByteBuffer) {
        for i in 0..<bytes.count where bytes[i] >= 0x20 && bytes[i] != 0x7F || bytes[i] == 0x09 {
            buffer.append(byte: bytes[i])
        }
    }

    private static func appendHTML(_ bytes: Span<UInt8>, _ buffer: inout ByteBuffer) {
        for i in 0..<bytes.count {
            switch bytes[i] {
            case UInt8(ascii: "<"): buffer.append("&lt;")
            case UInt8(ascii: ">"): buffer.append("&gt;")
            case UInt8(ascii: "&"): buffer.append("&amp;")
            case UInt8(ascii: "\""): buffer.append("&quot;")
            case UInt8(ascii: "'"): buffer.append("&#39;")
            case 0..<0x20, 0x7F: break
            default: buffer.append(byte: bytes[i])
            }
        }
    }

    private static func isAuthority(_ byte: UInt8) -> Bool {
        ASCII.isLetter(byte) || ASCII.isDigit(byte) || contains("-.:[]_", byte)
    }

    // MARK: URLs

    /// A slash that stood in a path stays one; any other would make a segment that the configuration did not write.
    private static func appendToPath(_ bytes: Span<UInt8>, _ form: ValueForm, _ buffer: inout ByteBuffer) {
        for i in 0..<bytes.count {
            switch bytes[i] {
            case ASCII.slash where form == .path: buffer.append(byte: ASCII.slash)
            case UInt8(ascii: "+") where form == .query || form == .wholeQuery: buffer.append("%20")
            default: appendURLByte(bytes, i, keepsTriplets: form != .text, also: "!$&'()*+,;=:@", &buffer)
            }
        }
    }

    private static func appendToQuery(_ bytes: Span<UInt8>, _ form: ValueForm, _ buffer: inout ByteBuffer) {
        // It came as a query, so it may go as one.
        if form == .wholeQuery { return buffer.append(bytes) }
        for i in 0..<bytes.count {
            if bytes[i] == UInt8(ascii: "+") && form == .query {
                buffer.append(byte: bytes[i])
            } else {
                appendURLByte(bytes, i, keepsTriplets: form != .text, also: "!$'()*,:@/", &buffer)
            }
        }
    }

    private static func appendURLByte(
        _ bytes: Span<UInt8>, _ i: Int, keepsTriplets: Bool, also: StaticString, _ buffer: inout ByteBuffer
    ) {
        let byte = bytes[i]
        if isUnreserved(byte) || contains(also, byte) || keepsTriplets && isTriplet(bytes, i) {
            buffer.append(byte: byte)
        } else {
            buffer.append(byte: UInt8(ascii: "%"))
            buffer.append(byte: hexDigit(byte >> 4))
            buffer.append(byte: hexDigit(byte & 15))
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? value + 0x30 : value + 0x37 }

    private static func isTriplet(_ bytes: Span<UInt8>, _ i: Int) -> Bool {
        bytes[i] == UInt8(ascii: "%") && i + 2 < bytes.count && ASCII.hexValue(bytes[i + 1]) != nil
            && ASCII.hexValue(bytes[i + 2]) != nil
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        ASCII.isLetter(byte) || ASCII.isDigit(byte) || contains("-._~", byte)
    }

    private static func contains(_ signs: StaticString, _ byte: UInt8) -> Bool {
        // Safe: the pointer is the literal's own, and the index is below its count.
        for i in 0..<signs.utf8CodeUnitCount where unsafe signs.utf8Start[i] == byte { return true }
        return false
    }
}
