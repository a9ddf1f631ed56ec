extension Shape where Value == Bool {
    /// `true` or `false`.
    public static var boolean: Shape<Bool> {
        .scalar(.boolean) { text in
            switch text {
            case "true": .value(true)
            case "false": .value(false)
            case "yes", "on", "True", "TRUE", "Yes", "On": .failure("is not understood here; write `true`")
            case "no", "off", "False", "FALSE", "No", "Off": .failure("is not understood here; write `false`")
            default: .mismatch
            }
        }.shown { "\($0)" }
    }
}

extension Shape where Value == Int {
    /// A whole number in decimal.
    public static func integer(_ range: ClosedRange<Int> = 0...Int.max) -> Shape<Int> {
        let form = Form.integer(range)
        return Shape(form) { node, decoding in
            guard let scalar = node.scalar, let number = wholeNumber(scalar.text) else {
                decoding.mismatch(node, expected: form.words)
                return nil
            }
            guard range.contains(number) else {
                decoding.error(at: node.location, "\(quoted(scalar.source)) is out of range; write \(form.words)")
                return nil
            }
            return number
        }.shown { "\($0)" }
    }

    /// A percentage: `20%`.
    public static func percentage(_ range: ClosedRange<Int> = 0...100) -> Shape<Int> {
        .scalar(.percentage(range)) { text in
            guard let number = wholeNumber(text.hasSuffix("%") ? String(text.dropLast()) : text) else {
                return .mismatch
            }
            guard text.hasSuffix("%") else { return .failure("lacks its sign; write `\(text)%`") }
            guard range.contains(number) else {
                return .failure("is out of range; write `\(range.lowerBound)%` to `\(range.upperBound)%`")
            }
            return .value(number)
        }.shown { "\($0)%" }
    }
}

extension Shape where Value == String {
    /// Any text that is not empty.
    public static var string: Shape<String> { .text("text") }

    /// Any text, the empty one too.
    public static var anyString: Shape<String> {
        .scalar(.text(words: "text", pattern: nil)) { .value($0) }.shown { "\"\($0)\"" }
    }

    /// Text that is not empty and, if given, obeys a rule. The rule returns what is wrong, to follow the quoted text.
    public static func text(
        _ words: String, pattern: String? = nil, _ rule: @escaping @Sendable (String) -> String? = { _ in nil }
    ) -> Shape<String> {
        .scalar(.text(words: words, pattern: pattern)) { text in
            if text.isEmpty { return .failure("is empty; write \(words)") }
            if let problem = rule(text) { return .failure(problem) }
            return .value(text)
        }.shown { $0 }
    }

    /// A name for things: letters, digits, `-`, `_` and `.`, at most 64 of them.
    public static var name: Shape<String> { .text("a name", pattern: "^[A-Za-z0-9._-]{1,64}$", nameProblem) }

    /// The name of a thing of some kind, which must be declared somewhere.
    public static func reference(to kind: String) -> Shape<String> {
        Shape<String>.text("the name of an \(kind)").checked { name, node, decoding in
            decoding.refer(to: kind, name, at: node)
        }
    }
}

/// What is wrong with a name; nil if nothing.
public func nameProblem(_ text: String) -> String? {
    let isName = text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "-_.".utf8.contains(byte)
        }
    }
    guard isName, (1...64).contains(text.utf8.count) else {
        return "is no name; use 1 to 64 letters, digits, `-`, `_` and `.`"
    }
    return nil
}

/// A decimal number with an optional `-`; nil for anything else and for what 64 bits do not hold.
func wholeNumber(_ text: some StringProtocol) -> Int? {
    let digits = text.utf8.first == UInt8(ascii: "-") ? text.dropFirst() : text[...]
    guard !digits.isEmpty, digits.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) else {
        return nil
    }
    return Int(text)
}
