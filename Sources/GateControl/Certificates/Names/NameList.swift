internal import GateConfig

/// Names in a message.
enum NameList {
    /// At most five of them, in quotes.
    static func text(_ names: [String]) -> String {
        names.prefix(5).map { quoted($0) }.joined(separator: ", ") + (names.count > 5 ? ", …" : "")
    }
}
