internal import GateConfig
internal import GatePattern

extension Shape where Value == Configuration.ValueTest {
    /// The value itself, or a mapping.
    static var valueTest: Shape<Configuration.ValueTest> {
        .scalarOr(
            Shape<String>.anyString.converted { text, _, _ in .exact(text) },
            ValueTestMapping.definition.shape.converted { mapping, _, _ in mapping.test })
    }
}

private struct ValueTestMapping: Sendable {
    var test = Configuration.ValueTest.present(true)

    static let definition = StructDefinition<Self>(
        "value_test", title: "value test",
        doc: "What a value must be like. Letters' case counts. A plain value stands for `exact`.",
        make: { Self() },
        exclusions: [.exactlyOne("exact", "prefix", "suffix", "contains", "regex", "present")],
        keys: {
            Key("exact", .anyString, \.exact, defaultText: "none", "It is this.")
            Key("prefix", .string, \.prefix, defaultText: "none", "It begins with this.")
            Key("suffix", .string, \.suffix, defaultText: "none", "It ends with this.")
            Key("contains", .string, \.contains, defaultText: "none", "It holds this.")
            Key(
                "regex", .pattern, \.regex, defaultText: "none", example: "\"^v[0-9]+$\"",
                "This expression is found in it.")
            Key("present", .boolean, \.present, defaultText: "none", "Whether it is there at all.")
        })

    // MARK: The test, one key at a time

    private var exact: String? {
        get { nil }
        set { if let newValue { test = .exact(newValue) } }
    }
    private var prefix: String? {
        get { nil }
        set { if let newValue { test = .prefix(newValue) } }
    }
    private var suffix: String? {
        get { nil }
        set { if let newValue { test = .suffix(newValue) } }
    }
    private var contains: String? {
        get { nil }
        set { if let newValue { test = .contains(newValue) } }
    }
    private var regex: Pattern? {
        get { nil }
        set { if let newValue { test = .regex(newValue) } }
    }
    private var present: Bool? {
        get { nil }
        set { if let newValue { test = .present(newValue) } }
    }
}
