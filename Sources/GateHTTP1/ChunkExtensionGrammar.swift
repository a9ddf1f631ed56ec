// Whether a chunk's extensions are well formed. What they say is nobody's business here.

import GateCore

/// `chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )` (RFC 9112 §7.1.1), a byte at a time.
struct ChunkExtensionGrammar: BitwiseCopyable, Sendable {
    private enum State: UInt8, BitwiseCopyable, Sendable {
        /// Before the first `;`, or in the white space before another.
        case beforeSemicolon
        case beforeName
        case inName
        /// White space after a name: `=` or `;` must follow.
        case afterName
        case beforeValue
        case inToken
        case inQuotes
        /// After a backslash in a quoted string.
        case escaped
        case afterQuotes
    }

    private var state = State.beforeSemicolon

    /// Whether the line may end here. White space must be followed by something.
    var mayEnd: Bool {
        switch state {
        case .inName, .inToken, .afterQuotes: true
        case .beforeSemicolon, .beforeName, .afterName, .beforeValue, .inQuotes, .escaped: false
        }
    }

    /// Takes one byte other than CR; false when it may not stand there.
    mutating func take(_ byte: UInt8) -> Bool {
        guard let next = following(byte) else { return false }
        state = next
        return true
    }

    private func following(_ byte: UInt8) -> State? {
        let isWhite = byte == ASCII.space || byte == ASCII.tab
        switch state {
        case .beforeSemicolon: return isWhite ? .beforeSemicolon : byte == ASCII.semicolon ? .beforeName : nil
        case .beforeName: return isWhite ? .beforeName : ASCII.isToken(byte) ? .inName : nil
        case .inName where ASCII.isToken(byte): return .inName
        case .inName, .afterName: return afterName(byte, isWhite)
        case .beforeValue:
            if isWhite { return .beforeValue }
            return byte == UInt8(ascii: "\"") ? .inQuotes : ASCII.isToken(byte) ? .inToken : nil
        case .inToken where ASCII.isToken(byte): return .inToken
        case .inToken, .afterQuotes: return isWhite ? .beforeSemicolon : byte == ASCII.semicolon ? .beforeName : nil
        case .inQuotes:
            if byte == UInt8(ascii: "\"") { return .afterQuotes }
            return byte == UInt8(ascii: "\\") ? .escaped : isText(byte) ? .inQuotes : nil
        case .escaped: return isText(byte) ? .inQuotes : nil
        }
    }

    private func afterName(_ byte: UInt8, _ isWhite: Bool) -> State? {
        if isWhite { return .afterName }
        if byte == ASCII.semicolon { return .beforeName }
        return byte == UInt8(ascii: "=") ? .beforeValue : nil
    }

    /// Bytes of a quoted string (RFC 9110 §5.6.4): no controls but tab.
    private func isText(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7F || byte == ASCII.tab }
}
