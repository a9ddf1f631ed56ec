// How failures are named outside.

extension HTTP2Failure {
    /// As logs and counters name it: `rapid_reset`.
    package var name: String { Self.names[Int(rawValue)] }

    private static let names: [String] = allCases.map { failure in
        var name = ""
        for character in "\(failure)" {
            name += character.isUppercase ? "_" + character.lowercased() : String(character)
        }
        return name
    }

    /// Whether it ends a connection that does nothing forbidden, but too much of it.
    package var isFlood: Bool { code == .enhanceYourCalm }
}
