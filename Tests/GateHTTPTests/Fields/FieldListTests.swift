import GateHTTP
import GateTestSupport
import Testing

@Suite("Comma-separated lists")
struct FieldListTests {
    static func elements(_ text: String) -> [String] {
        let bytes = text.bytes
        var list = FieldList()
        var elements: [String] = []
        while let range = list.next(in: bytes.span) { elements.append(String(latin1: bytes[range])) }
        return elements
    }

    @Test(
        "elements are parted by commas; white space around them and empty ones vanish (RFC 9110 §5.6.1)",
        arguments: [
            ("", []), (",", []), (" , ,\t", []), ("a", ["a"]), ("a,b", ["a", "b"]), (" a ,\tb ", ["a", "b"]),
            (",a,,b,", ["a", "b"]), ("a b", ["a b"]), ("a;q=1,b", ["a;q=1", "b"]),
        ])
    func parted(text: String, elements: [String]) {
        #expect(Self.elements(text) == elements)
    }

    @Test(
        "a comma in a quoted string parts nothing (RFC 9110 §5.6.4)",
        arguments: [
            (#"a="x,y",b"#, [#"a="x,y""#, "b"]), (#""\",",b"#, [#""\",""#, "b"]), (#""\\",b"#, [#""\\""#, "b"]),
            (#"a,"b,c"#, ["a", #""b,c"#]), (#"a,"b\"#, ["a", #""b\"#]),
        ])
    func quoted(text: String, elements: [String]) {
        #expect(Self.elements(text) == elements)
    }

    @Test("ten thousand commas are no elements")
    func commas() {
        #expect(Self.elements(String(repeating: ",", count: 10_000)) == [])
    }
}
