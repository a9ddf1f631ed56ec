import GateConfig
import Testing

/// What loading a text finds, as lines.
func findings(_ text: String, environment: [String: String] = [:], limits: SourceLimits = SourceLimits()) -> [String] {
    var loader = SourceLoader(environment: environment, limits: limits)
    _ = loader.load(text: text, name: "t.yaml")
    return loader.diagnostics.map(\.description)
}

/// The tree of a text that must load.
func tree(_ text: String, environment: [String: String] = [:]) throws -> ConfigNode {
    var loader = SourceLoader(environment: environment)
    let root = loader.load(text: text, name: "t.yaml")
    #expect(loader.diagnostics == [])
    return try #require(root)
}

@Suite("YAML to tree")
struct TreeTests {
    @Test("every node knows its line and column")
    func locations() throws {
        let root = try tree("a: 1\nlist:\n  - x\n  - { k: 'v' }\n")
        #expect(root["a"]?.location == SourceLocation(file: "t.yaml", line: 1, column: 4))
        let list = try #require(root["list"]?.elements)
        #expect(list[0].location == SourceLocation(file: "t.yaml", line: 3, column: 5))
        #expect(list[1]["k"]?.location == SourceLocation(file: "t.yaml", line: 4, column: 10))
        #expect(list[1].entries?[0].keyLocation == SourceLocation(file: "t.yaml", line: 4, column: 7))
    }

    @Test("an empty text, a comment and null are empty maps", arguments: ["", "\n\n", "# nothing\n", "~\n", "---\n"])
    func empty(text: String) throws {
        #expect(try tree(text).entries?.isEmpty == true)
    }

    @Test("scalars stay text, and only plain null is null")
    func scalars() throws {
        let root = try tree("a: 010\nb: yes\nc: '~'\nd: ~\ne:\nf: ''\n")
        #expect(root["a"]?.scalar?.text == "010")
        #expect(root["b"]?.scalar?.text == "yes")
        #expect(root["c"]?.scalar?.text == "~")
        #expect(root["d"]?.scalar == nil)
        #expect(root["e"]?.scalar == nil)
        #expect(root["f"]?.scalar?.text == "")
    }

    @Test("anchors repeat values and << merges maps under what is written")
    func anchors() throws {
        let root = try tree("x: &x { a: 1, b: 2 }\ny: { <<: *x, a: 3 }\nz: *x\nw: { <<: [*x, { c: 4 }] }\n")
        #expect(root["y"]?["a"]?.scalar?.text == "3")
        #expect(root["y"]?["b"]?.scalar?.text == "2")
        #expect(root["z"]?["a"]?.scalar?.text == "1")
        #expect(root["w"]?["c"]?.scalar?.text == "4")
    }

    @Test(
        "what is no YAML is refused where it stands",
        arguments: [
            ("a: [1, 2\n", "t.yaml:2:1: error: this is no YAML: did not find expected ',' or ']'"),
            ("a:\n\t- b\n", "t.yaml:2:1: error: this is no YAML: found character that cannot start any token"),
            ("a: 1\n b: 2\n", "t.yaml:2:3: error: this is no YAML: mapping values are not allowed in this context"),
            ("a: *nowhere\n", "t.yaml:1:4: error: this is no YAML: found undefined alias"),
            ("a: 1\n---\nb: 2\n", "t.yaml:2:1: error: this is no YAML: but found another document"),
            ("hello\n", "t.yaml:1:1: error: expected a mapping of keys such as `listeners:`, found `hello`"),
            ("- a\n", "t.yaml:1:1: error: expected a mapping of keys such as `listeners:`, found a list"),
            ("a: { b: ${X} }\n", "t.yaml:1:10: error: this is no YAML: did not find expected ',' or '}'"),
            ("? [a]\n: b\n", "t.yaml:1:3: error: a key must be a plain word"),
            ("a: { <<: 1 }\n", "t.yaml:1:10: error: `<<` merges a mapping"),
            ("a: b\0c\n", "t.yaml:1:5: error: this is no YAML: control characters are not allowed"),
        ])
    func refused(text: String, message: String) {
        let found = findings(text)
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix(message) == true, "\(found)")
    }

    @Test(
        "a key written twice is refused at its second place",
        arguments: [
            (
                "a: 1\nb: 2\n\n# c\na: 3\n",
                "t.yaml:5:1: error: `a` is written twice in one mapping, first on line 1; remove one"
            ),
            (
                "x:\n  a: 1\n  b:\n    a: 4\n  \"a\": 3\n",
                "t.yaml:5:3: error: `a` is written twice in one mapping, first on line 2; remove one"
            ),
            ("x: { a: 1, a: 2 }\ny: 1\n", "t.yaml:1:6: error: `a` is written twice in one mapping; remove one"),
        ])
    func duplicates(text: String, message: String) {
        #expect(findings(text) == [message])
    }
}

@Suite("Bounds on a text")
struct SourceBoundTests {
    @Test("levels of nesting are allowed up to the limit", arguments: [(64, true), (65, false)])
    func depth(levels: Int, isAccepted: Bool) {
        let text = "a: " + String(repeating: "[", count: levels - 1) + "1" + String(repeating: "]", count: levels - 1)
        let found = findings(text)
        #expect(found.isEmpty == isAccepted)
        #expect(isAccepted || found[0].hasSuffix("more than 64 levels of lists and mappings; write it flatter"))
    }

    @Test("nesting that the YAML parser itself refuses is one finding", arguments: ["[", "- ", "{a: "])
    func absurdDepth(opening: String) {
        let found = findings(String(repeating: opening, count: 50_000))
        #expect(found.count == 1)
        #expect(found[0].hasSuffix("error: too many levels of lists and mappings; write it flatter"))
    }

    @Test("values are allowed up to the limit", arguments: [(10, true), (9, false)])
    func nodes(limit: Int, isAccepted: Bool) {
        var limits = SourceLimits()
        limits.nodesMax = limit
        // The root, the list and eight numbers.
        #expect(findings("a: [1, 2, 3, 4, 5, 6, 7, 8]", limits: limits).isEmpty == isAccepted)
    }

    @Test("aliases of aliases run into the limit of values")
    func laughs() {
        var text = "x0: &x0 [a, a, a, a, a, a, a, a, a]\n"
        for level in 1...12 {
            let before = "*x\(level - 1)"
            text += "x\(level): &x\(level) [\([String](repeating: before, count: 9).joined(separator: ", "))]\n"
        }
        var limits = SourceLimits()
        limits.nodesMax = 10_000
        let found = findings(text, limits: limits)
        #expect(found.count == 1)
        #expect(found[0].hasSuffix("more than 10000 values, those that aliases repeat counted; write less"))
    }

    @Test(
        "aliases of aliases as keys are refused before they are hashed",
        arguments: ["{? *A : 1, b: *A}", "{*A : 1, b: *A}", "{[*A, *A]: 1}"])
    func laughingKeys(pattern: String) {
        var text = "x0: &x0 [a]\n"
        for level in 1...40 {
            let value = pattern.split(separator: "*A", omittingEmptySubsequences: false).joined(
                separator: "*x\(level - 1)")
            text += "x\(level): &x\(level) \(value)\n"
        }
        #expect(findings(text).first?.contains("aliases and keys that are no plain words") == true)
    }

    @Test("a text is allowed up to the limit of bytes", arguments: [(10, true), (9, false)])
    func bytes(limit: Int, isAccepted: Bool) {
        var limits = SourceLimits()
        limits.fileBytesMax = limit
        #expect(findings("a: 1234567", limits: limits).isEmpty == isAccepted)
    }

    @Test("no cut and no flipped byte of a text stops the program")
    func mutations() {
        let text = "a: &a {b: [1, \"x\\n\", 'y'], c: ${V:-d}}\ne: *a\nf: |\n  text\ng: >-\n  folded\n"
        let bytes = Array(text.utf8)
        for cut in 0...bytes.count { _ = findings(String(decoding: bytes[..<cut], as: UTF8.self)) }
        for index in bytes.indices {
            for byte: UInt8 in [0x00, 0x09, 0x0a, 0x22, 0x2a, 0x3a, 0x5b, 0x7b, 0xff] {
                var changed = bytes
                changed[index] = byte
                _ = findings(String(decoding: changed, as: UTF8.self))
            }
        }
    }
}
