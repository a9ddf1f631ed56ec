// The one form of a path that routing and authorisation see, so that no spelling goes around a rule.

public import GateCore

/// Percent-encoded bytes that mean different things to different backends. A route allows them or they are refused.
public struct AllowedEncodings: OptionSet, Sendable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// `%2F`: stays encoded, parts no segments.
    @inlinable public static var slash: AllowedEncodings { AllowedEncodings(rawValue: 1) }
    /// `%5C` and a plain backslash: both become `%5C`, part no segments.
    @inlinable public static var backslash: AllowedEncodings { AllowedEncodings(rawValue: 2) }
    /// `%00`: stays encoded.
    @inlinable public static var null: AllowedEncodings { AllowedEncodings(rawValue: 4) }
}

/// Normalises paths (RFC 3986 §6.2.2) for comparison. Queries are no part of a path.
///
/// Percent triplets of unreserved characters are decoded and the others written in upper case, `//` is merged, and dot
/// segments, encoded ones too, are removed, in this order. A path that climbs above its root is refused: RFC 3986
/// §5.2.4 would clamp it, but no honest client sends one, and the backend, which receives the path as it came, might
/// not clamp. Normalising twice changes nothing.
public enum PathNormalizer {
    public enum Outcome: Equatable, Sendable {
        /// The path is normal; nothing was appended.
        case unchanged
        /// The normal form was appended.
        case written
        /// Nothing was appended.
        case invalid(HTTPViolation)
    }

    /// Appends the normal form of `path` to `buffer`, or answers that it has it already. O(n).
    ///
    /// `path` must begin with `/`; an empty one, which stands for `/`, is the caller's to replace.
    public static func normalize(
        _ path: Span<UInt8>, allowing allowed: AllowedEncodings = [], into buffer: inout ByteBuffer
    ) -> Outcome {
        guard path.count > 0, path[0] == ASCII.slash else { return .invalid(.badPath) }
        if isNormal(path) { return .unchanged }
        let start = buffer.count
        guard let violation = write(path, allowed, start, &buffer) else { return .written }
        buffer.dropLast(buffer.count - start)
        return .invalid(violation)
    }

    /// A quick look that may say no to a path that is normal, such as `/.well-known`.
    @inlinable
    static func isNormal(_ path: Span<UInt8>) -> Bool {
        var isAfterSlash = false
        for i in 0..<path.count {
            let byte = path[i]
            if byte == UInt8(ascii: "%") || byte == UInt8(ascii: "\\") { return false }
            if isAfterSlash && (byte == ASCII.slash || byte == UInt8(ascii: ".")) { return false }
            isAfterSlash = byte == ASCII.slash
        }
        return true
    }

    /// Every segment is written behind a slash, and taken back when it turns out to be a dot segment.
    private static func write(
        _ path: Span<UInt8>, _ allowed: AllowedEncodings, _ start: Int, _ buffer: inout ByteBuffer
    ) -> HTTPViolation? {
        buffer.reserve(path.count)
        buffer.append(byte: ASCII.slash)
        var i = 1
        while i < path.count {
            if path[i] == ASCII.slash {
                guard endSegment(start, isLast: false, &buffer) else { return .badPath }
                i += 1
            } else if path[i] == UInt8(ascii: "%") {
                if let violation = triplet(path, i, allowed, &buffer) { return violation }
                i += 3
            } else {
                if let violation = plain(path[i], allowed, &buffer) { return violation }
                i += 1
            }
        }
        return endSegment(start, isLast: true, &buffer) ? nil : .badPath
    }

    private static func plain(
        _ byte: UInt8, _ allowed: AllowedEncodings, _ buffer: inout ByteBuffer
    ) -> HTTPViolation? {
        guard byte == UInt8(ascii: "\\") else {
            buffer.append(byte: byte)
            return nil
        }
        guard allowed.contains(.backslash) else { return .forbiddenEncoding }
        buffer.append("%5C")
        return nil
    }

    private static func triplet(
        _ path: Span<UInt8>, _ at: Int, _ allowed: AllowedEncodings, _ buffer: inout ByteBuffer
    ) -> HTTPViolation? {
        guard at + 2 < path.count, let high = ASCII.hexValue(path[at + 1]), let low = ASCII.hexValue(path[at + 2])
        else { return .badPath }
        let byte = UInt8(high << 4 | low)
        if isUnreserved(byte) {
            buffer.append(byte: byte)
            return nil
        }
        guard isPermitted(byte, allowed) else { return .forbiddenEncoding }
        buffer.append(byte: UInt8(ascii: "%"))
        buffer.append(byte: hexDigit(high))
        buffer.append(byte: hexDigit(low))
        return nil
    }

    private static func isPermitted(_ byte: UInt8, _ allowed: AllowedEncodings) -> Bool {
        switch byte {
        case ASCII.slash: allowed.contains(.slash)
        case UInt8(ascii: "\\"): allowed.contains(.backslash)
        case 0: allowed.contains(.null)
        default: true
        }
    }

    /// RFC 3986 §2.3.
    private static func isUnreserved(_ byte: UInt8) -> Bool {
        ASCII.isLetter(byte) || ASCII.isDigit(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
            || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "~")
    }

    private static func hexDigit(_ value: Int) -> UInt8 {
        UInt8(value < 10 ? 0x30 + value : 0x37 + value)
    }

    /// Settles the segment that ends here: empty and `.` vanish, `..` takes the one before along.
    /// False when there is none before.
    private static func endSegment(_ start: Int, isLast: Bool, _ buffer: inout ByteBuffer) -> Bool {
        let count = segmentCount(start, buffer.span)
        switch dots(buffer.span, count) {
        case 1: buffer.dropLast(1)
        case 2:
            buffer.dropLast(2)
            guard buffer.count - start > 1 else { return false }
            buffer.dropLast(1)
            buffer.dropLast(segmentCount(start, buffer.span))
        default:
            if count > 0 && !isLast { buffer.append(byte: ASCII.slash) }
        }
        return true
    }

    /// Bytes after the last slash.
    private static func segmentCount(_ start: Int, _ written: Span<UInt8>) -> Int {
        var i = written.count
        while i > start && written[i - 1] != ASCII.slash { i -= 1 }
        return written.count - i
    }

    /// 1 or 2 when the last `count` bytes are `.` or `..`, else 0.
    private static func dots(_ written: Span<UInt8>, _ count: Int) -> Int {
        guard count == 1 || count == 2 else { return 0 }
        for i in (written.count - count)..<written.count where written[i] != UInt8(ascii: ".") { return 0 }
        return count
    }
}
