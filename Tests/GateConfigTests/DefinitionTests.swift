import GateConfig
import Testing

private struct Lamp: Sendable, Equatable {
    var name = ""
    var watts = 40
    var color: String?
    var origin = Origin()

    static let definition = StructDefinition<Self>(
        "lamp", title: "lamp", doc: "Gives light.", make: { Self() }, origin: { $0.origin = $1 },
        exclusions: [.atMostOne("watts", "color")], misplaced: ["wick": "belongs in a candle"],
        keys: {
            Key("name", Shape<String>.name.unique("lamp"), \.name, required: true, example: "desk", "Its name.")
            Key("watts", .integer(1...100), \.watts, "Its power.")
            Key("color", .string, \.color, defaultText: "white", "Its color.")
            Key("like", .reference(to: "lamp"), \.color, "Another lamp.")
        })
}

@Suite("Definitions")
struct DefinitionTests {
    private func decode(_ text: String) throws -> (Lamp?, [String]) {
        var decoding = Decoding()
        let value = Lamp.definition.decode(try tree(text), &decoding)
        decoding.checkReferences()
        return (value, decoding.diagnostics.map(\.description))
    }

    @Test("fill a struct, its defaults and its origin")
    func fills() throws {
        let (lamp, findings) = try decode("\nname: desk\n")
        #expect(findings == [])
        #expect(lamp == Lamp(name: "desk"))
        #expect(lamp?.origin.location == SourceLocation(file: "t.yaml", line: 2, column: 1))
    }

    @Test(
        "report keys that are unknown, missing, empty, misplaced or exclude each other",
        arguments: [
            ("name: a\nwats: 1", ["t.yaml:2:1: error: unknown key `wats`; did you mean `watts`?"]),
            (
                "name: a\nelephant: 1",
                ["t.yaml:2:1: error: unknown key `elephant`; a lamp has `name`, `watts`, `color` and `like`"]
            ),
            ("watts: 1", ["t.yaml:1:1: error: the lamp lacks `name`, such as `name: desk`"]),
            ("nmae: a", ["t.yaml:1:1: error: unknown key `nmae`; did you mean `name`?"]),
            ("name: a\nwatts:", ["t.yaml:2:1: error: `watts` has no value; write one or remove the key"]),
            ("name: a\nwick: 1", ["t.yaml:2:1: error: `wick` belongs in a candle"]),
            (
                "name: a\ncolor: x\nwatts: 1",
                ["t.yaml:3:1: error: `watts` cannot stand beside `color`; keep one of them"]
            ),
            ("name: desk\nlike: dest", ["t.yaml:2:7: error: there is no lamp `dest`; did you mean `desk`?"]),
            ("name: desk\nlike: elephant", ["t.yaml:2:7: error: there is no lamp `elephant`; defined: `desk`"]),
            (
                "name: a b\nwatts: 0\nx: 1",
                [
                    "t.yaml:1:7: error: `a b` is no name; use 1 to 64 letters, digits, `-`, `_` and `.`",
                    "t.yaml:2:8: error: `0` is out of range; write a whole number from 1 to 100",
                    "t.yaml:3:1: error: unknown key `x`; a lamp has `name`, `watts`, `color` and `like`",
                ]
            ),
        ])
    func reports(text: String, messages: [String]) throws {
        #expect(try decode(text).1 == messages)
    }

    @Test("declare names once")
    func uniqueNames() throws {
        var decoding = Decoding()
        let shape = Shape<[Lamp]>.list(Lamp.definition.shape)
        _ = shape.decode(try #require(try tree("k: [{ name: a }, { name: b }, { name: a }]")["k"]), &decoding)
        #expect(
            decoding.diagnostics.map(\.description) == [
                "t.yaml:1:39: error: the lamp `a` is already used at t.yaml:1:13; each may stand once"
            ])
    }

    @Test("keep no more findings than their bound")
    func bound() {
        var decoding = Decoding()
        for _ in 0...Decoding.diagnosticsMax { decoding.error(at: SourceLocation(file: "f"), "x") }
        #expect(decoding.diagnostics.count == Decoding.diagnosticsMax)
    }

    @Test("become a schema")
    func schema() {
        let text = SchemaWriter.schema(of: Lamp.definition.description)
        #expect(text.contains(#""required": ["name"]"#))
        #expect(text.contains(#""additionalProperties": false"#))
        #expect(text.contains(#""default": "40""#) || text.contains(#""default": 40"#))
    }

    @Test("become a reference")
    func reference() {
        let text = ReferenceWriter.sections(of: Lamp.definition.description)
        #expect(text.contains("## lamp\n\nGives light."))
        #expect(text.contains("| `watts` | a whole number from 1 to 100 | `40` | Its power. |"))
        #expect(text.contains("| `color` | text | white | Its color. |"))
        #expect(text.contains("At most one of `watts` and `color` may be there."))
    }
}

@Suite("JSON text")
struct JSONValueTests {
    @Test("is escaped and indented")
    func text() {
        let value = JSONValue.members([
            ("a", .array([.number(1), .string("\"\\\n\u{1}")])), ("b", .members([])),
            ("c", .array([.members([("d", .bool(true))])])),
        ])
        let expected = """
            {
              "a": [1, "\\"\\\\\\n\\u0001"],
              "b": {},
              "c": [
                {
                  "d": true
                }
              ]
            }
            """
        #expect(value.text() == expected)
    }
}
