extension Shape {
    /// One of some words. `later` are words that are known and not supported yet.
    public static func words(_ words: [(String, Value)], later: [String] = []) -> Shape<Value>
    where Value: Equatable & Sendable {
        let names = words.map(\.0)
        let form = Form.word(names)
        return scalar(form) { text in
            if let value = words.first(where: { $0.0 == text })?.1 { return .value(value) }
            if later.contains(text) { return .failure("is not supported yet; write \(form.words)") }
            let hint = suggestion(for: text, among: names)
            return .failure("is not known here" + (hint.isEmpty ? "; write \(form.words)" : hint))
        }.shown { value in words.first { $0.1 == value }?.0 }
    }

    /// One of the raw values of an enum.
    public static func word(_ type: Value.Type = Value.self, later: [String] = []) -> Shape<Value>
    where Value: RawRepresentable & CaseIterable & Equatable & Sendable, Value.RawValue == String {
        words(Value.allCases.map { ($0.rawValue, $0) }, later: later)
    }
}
