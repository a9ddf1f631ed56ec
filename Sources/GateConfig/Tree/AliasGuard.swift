// The YAML parser hashes keys while it reads. A key that is made of nested aliases would take it exponential time before
// our own count of nodes sees anything, so a text that has both many aliases and keys that are no words is refused first.

enum AliasGuard {
    /// Aliases that may stand beside keys that are no words; with so few, an expansion stays small.
    static let aliasesMax = 16

    /// True if parsing the text could take exponential time. O(n).
    static func refuses(_ text: String) -> Bool {
        var scan = Scan()
        for byte in text.utf8 { scan.take(byte) }
        return scan.aliases > aliasesMax && scan.hasOddKey
    }

    private struct Scan {
        var aliases = 0
        var hasOddKey = false
        private var previous = UInt8(ascii: "\n")
        private var isAfterClose = false
        private var isInAlias = false

        /// Looks for `*name` where a value may start, for `? `, and for `:` after an alias, `]` or `}`.
        mutating func take(_ byte: UInt8) {
            if previous == UInt8(ascii: "*"), isInAlias, !isBlank(byte) { aliases += 1 }
            if previous == UInt8(ascii: "?"), isBlank(byte) { hasOddKey = true }
            if byte == UInt8(ascii: ":"), isAfterClose || isInAlias { hasOddKey = true }
            if byte == UInt8(ascii: "*"), canStartValue(after: previous) { isInAlias = true }
            if byte == UInt8(ascii: "\n") { isInAlias = false }
            if !isBlank(byte) { isAfterClose = byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}") }
            if byte == UInt8(ascii: ",") { isInAlias = false }
            previous = byte
        }

        private func isBlank(_ byte: UInt8) -> Bool {
            byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\n")
                || byte == UInt8(ascii: "\r")
        }

        private func canStartValue(after byte: UInt8) -> Bool { isBlank(byte) || "[{,?:-".utf8.contains(byte) }
    }
}
