// How failures are named outside.

extension HTTP2Failure {
    /// As logs and counters name it: `rapid_reset`.
    package var name: String { Self.names[Int(rawValue)] }

    private static let names: [String] = allCases.map { failure in
        var name = ""
        var wasUpper = false
        for character in "\(failure)" {
            if character.isUppercase && !wasUpper { name += "_" }
            wasUpper = character.isUppercase
            name += character.lowercased()
        }
        return name
    }

    /// Whether it ends a connection that does nothing forbidden, but too much of it.
    package var isFlood: Bool { code == .enhanceYourCalm }
}
