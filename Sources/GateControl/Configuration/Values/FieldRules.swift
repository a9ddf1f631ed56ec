// What may be written as a field name or value (RFC 9110 §5.1, §5.5).

enum FieldRules {
    /// True for a token: one or more of the characters that a field name may hold.
    static func isName(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy(isTokenByte)
    }

    /// True if there are no control bytes and no spaces at the ends.
    static func isValue(_ text: String) -> Bool {
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }) else { return false }
        return !isBlank(text.utf8.first) && !isBlank(text.utf8.last)
    }

    private static func isBlank(_ byte: UInt8?) -> Bool { byte == 0x20 || byte == 0x09 }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: tokenSigns.contains(byte)
        }
    }

    private static let tokenSigns = Set("!#$%&'*+-.^_`|~".utf8)
}
