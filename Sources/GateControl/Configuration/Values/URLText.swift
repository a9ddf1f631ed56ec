// Parts of URLs as configurations hold them (RFC 3986 §3).

import GateProxy

enum URLText {
    /// What is wrong with text that is put into a path, to follow the quoted text; nil if nothing.
    ///
    /// `isPath`: it is compared with paths, so letters beyond ASCII are fine and made what paths hold.
    static func problem(_ text: String, isPath: Bool = false) -> String? {
        if text.contains("?") { return "has `?`, which would end the path; write it as `%3F`" }
        if text.contains("#") { return "has `#`, which would end the path; write it as `%23`" }
        if text.contains("\\") { return "has a backslash, which paths may not hold; write `/`" }
        if isPath { return PathText.normalised(text) == nil ? brokenText : nil }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            return "has a space or another character that paths may not hold; percent-encode it"
        }
        return hasBrokenTriplet(text) ? brokenText : nil
    }

    private static let brokenText = "has a `%` without two hexadecimal digits, or a control character"

    private static func hasBrokenTriplet(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return bytes.indices.contains { index in
            bytes[index] == UInt8(ascii: "%")
                && (index + 2 >= bytes.count || !isHexadecimal(bytes[index + 1]) || !isHexadecimal(bytes[index + 2]))
        }
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool { Character(UnicodeScalar(byte)).isHexDigit }

    /// Text as the name or the value of a parameter: all but unreserved octets as `%XX`.
    static func encodedForQuery(_ bytes: [UInt8]) -> [UInt8] {
        bytes.flatMap { byte -> [UInt8] in
            if isUnreserved(byte) { return [byte] }
            let digits = String(byte, radix: 16, uppercase: true)
            return Array("%\(digits.count == 1 ? "0" : "")\(digits)".utf8)
        }
    }

    static func encodedForQuery(_ template: Template) -> Template {
        Template(
            template.segments.map { segment in
                if case .text(let bytes) = segment { .text(encodedForQuery(bytes)) } else { segment }
            })
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "-._~".utf8.contains(byte)
        }
    }
}
