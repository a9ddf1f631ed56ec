import GateCore
import GateHTTP
import Testing

@Suite("Queries and cookies come apart")
struct QueryParametersTests {
    private func parameters(_ query: String) -> [String] {
        let bytes = Array(query.utf8)
        var result: [String] = []
        var reading = QueryParameters()
        while let parameter = reading.next(in: bytes.span) {
            result.append(decoded(bytes, parameter.name) + "|" + decoded(bytes, parameter.value))
        }
        return result
    }

    private func decoded(_ bytes: [UInt8], _ range: Range<Int>) -> String {
        var buffer = ByteBuffer()
        QueryParameters.decode(bytes.span.extracting(range), into: &buffer)
        return buffer.span.text
    }

    @Test(
        "a query gives the parameters that WHATWG's parser gives",
        arguments: [
            ("", []), ("?", []), ("?a=1", ["a|1"]), ("a=1&b=2", ["a|1", "b|2"]), ("?a&b=", ["a|", "b|"]),
            ("?&&a=1&&", ["a|1"]), ("?=x", ["|x"]), ("?a=b=c", ["a|b=c"]), ("?a+b=c+d", ["a b|c d"]),
            ("?%61%3D=%26", ["a=|&"]), ("?a=%", ["a|%"]), ("?a=%4", ["a|%4"]), ("?a=%zz", ["a|%zz"]),
            ("?a=%%41", ["a|%A"]), ("?a=1&a=2", ["a|1", "a|2"]), ("??a=1", ["?a|1"]), ("?a;b=1", ["a;b|1"]),
            ("?%C3%A4=%c3%a4", ["ä|ä"]),
        ] as [(String, [String])])
    func queries(_ query: String, _ expected: [String]) {
        #expect(parameters(query) == expected)
    }

    @Test(
        "bytes are compared without writing them down",
        arguments: [
            ("a", "a", true), ("%61", "a", true), ("a+b", "a b", true), ("a", "ab", false), ("ab", "a", false),
            ("%4", "%4", true), ("", "", true), ("%00", "\0", true),
        ])
    func comparing(_ encoded: String, _ plain: String, _ isSame: Bool) {
        let (encoded, plain) = (Array(encoded.utf8), Array(plain.utf8))
        let same = QueryParameters.decodes(encoded.span, to: plain.span)
        #expect(same == isSame)
    }

    @Test(
        "a Cookie field gives its pairs",
        arguments: [
            ("", []), ("a=1", ["a|1"]), ("a=1; b=2", ["a|1", "b|2"]), ("a=1;b=2", ["a|1", "b|2"]),
            (" a = 1 ;; b=2;", ["a|1", "b|2"]), ("a", []), ("a; b=2", ["b|2"]), ("=1; b=2", ["b|2"]),
            ("a=b=c", ["a|b=c"]), ("a=\"x\"", ["a|\"x\""]), ("a=", ["a|"]), ("a; =; ;", []),
        ] as [(String, [String])])
    func cookies(_ value: String, _ expected: [String]) {
        let bytes = Array(value.utf8)
        var result: [String] = []
        var reading = CookieString()
        while let pair = reading.next(in: bytes.span) {
            result.append(bytes.span.extracting(pair.name).text + "|" + bytes.span.extracting(pair.value).text)
        }
        #expect(result == expected)
    }
}
