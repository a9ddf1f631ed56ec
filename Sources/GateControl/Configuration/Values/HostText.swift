import GateHTTP

enum HostText {
    /// Whether the text may be the value of Host.
    static func isValid(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return HostRules.parse(bytes.span) != nil
    }
}
