import GateConfig
import Testing

@Suite("Environment references")
struct EnvironmentTests {
    let environment = ["NAME": "value", "EMPTY": "", "YAML": "[a, b]: {", "_X9": "nine"]

    @Test(
        "are replaced in scalars",
        arguments: [
            ("${NAME}", "value"), ("a-${NAME}-${_X9}", "a-value-nine"), ("${NONE:-default}", "default"),
            ("${NAME:-x}", "value"),
            ("${EMPTY:-x}", "x"), ("'${EMPTY}'", ""), ("${NONE:-}", ""), ("$${NAME}", "${NAME}"), ("$NAME", "$NAME"),
            ("$", "$"),
            ("$$", "$$"), ("${NONE:-a:-b}", "a:-b"), ("\"${YAML}\"", "[a, b]: {"), ("${YAML}", "[a, b]: {"),
            ("$$${NAME}", "$${NAME}"),
        ])
    func replaced(written: String, text: String) throws {
        let root = try tree("a: \(written)\n", environment: environment)
        #expect(root["a"]?.scalar?.text == text)
    }

    @Test("leave the text as written for messages")
    func source() throws {
        let root = try tree("a: ${NAME}\n", environment: environment)
        #expect(root["a"]?.scalar?.source == "${NAME}")
        #expect(root["a"]?.words == "`${NAME}`")
    }

    @Test("are not replaced in keys")
    func keys() throws {
        #expect(try tree("${NAME}: 1\n", environment: environment)["${NAME}"] != nil)
    }

    @Test(
        "are refused where they stand, without the value of any variable",
        arguments: [
            (
                "a: ${NONE}",
                "t.yaml:1:4: error: the environment has no variable `NONE`; set it or write `${NONE:-default}`"
            ),
            (
                "a: xy${NONE}",
                "t.yaml:1:6: error: the environment has no variable `NONE`; set it or write `${NONE:-default}`"
            ),
            ("a: ${NAME", "t.yaml:1:4: error: `${` without its `}`; for the characters themselves write `$${`"),
            (
                "a: ${}",
                "t.yaml:1:4: error: `${}` is no environment reference; write `${NAME}` or `${NAME:-default}`, or `$${` for the characters themselves"
            ),
            (
                "a: ${9A}",
                "t.yaml:1:4: error: `${9A}` is no environment reference; write `${NAME}` or `${NAME:-default}`, or `$${` for the characters themselves"
            ),
            (
                "a: [1, \"${NONE}\"]",
                "t.yaml:1:8: error: the environment has no variable `NONE`; set it or write `${NONE:-default}`"
            ),
        ])
    func refused(text: String, message: String) {
        #expect(findings(text, environment: environment) == [message])
    }

    @Test("all of them are reported at once")
    func all() {
        #expect(findings("a: ${A}\nb: ${B}\n").count == 2)
    }
}
