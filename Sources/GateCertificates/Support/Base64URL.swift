import FoundationEssentials

/// Base64 with the alphabet for URLs and without padding (RFC 7515 §2).
enum Base64URL {
    static func encode(_ bytes: some Sequence<UInt8>) -> String {
        let text = Data(bytes).base64EncodedString()
        return String(
            text.compactMap { character in
                switch character {
                case "+": "-"
                case "/": "_"
                case "=": nil
                default: character
                }
            })
    }

    /// Padding is allowed, as authorities hand out MAC keys with it; nil for anything that is no such text.
    static func decode(_ text: String) -> [UInt8]? {
        let bare = text.reversed().drop { $0 == "=" }.reversed()
        guard bare.allSatisfy({ $0 != "+" && $0 != "/" && $0 != "=" }) else { return nil }
        let standard = String(bare.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
        let padding = String(repeating: "=", count: (4 - standard.utf8.count % 4) % 4)
        return Data(base64Encoded: standard + padding).map { Array($0) }
    }
}
