import GateCore
import GateTestSupport
import Testing

@Suite("ASCII")
struct ASCIITests {
    @Test("a token is made of tchar: letters, digits and fifteen signs (RFC 9110 §5.6.2)")
    func token() {
        let tchar = Set("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
        for byte in UInt8.min...UInt8.max { #expect(ASCII.isToken(byte) == tchar.contains(byte), "byte \(byte)") }
    }

    @Test("digits, letters and hexadecimal digits are what Swift's own characters say")
    func classes() {
        for byte in UInt8.min...UInt8.max {
            let character = Character(Unicode.Scalar(byte))
            let isASCII = byte < 0x80
            #expect(ASCII.isDigit(byte) == (isASCII && character.isNumber))
            #expect(ASCII.isLetter(byte) == (isASCII && character.isLetter))
            #expect(ASCII.hexValue(byte) == (isASCII ? character.hexDigitValue : nil))
            #expect(ASCII.lowercased(byte) == (isASCII ? character.lowercased().utf8.first! : byte))
        }
    }

    /// The scalar twin of `ASCII.endOfFieldValue`.
    static func endOfFieldValue(_ bytes: [UInt8], from start: Int) -> Int {
        bytes[start...].firstIndex { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F } ?? bytes.count
    }

    @Test("the scan for a value's end finds every forbidden byte at every place (RFC 9110 §5.5)")
    func endOfValueEveryByte() {
        for byte in UInt8.min...UInt8.max {
            for at in 0..<40 {
                var bytes = [UInt8](repeating: 0x61, count: 40)
                bytes[at] = byte
                let found = ASCII.endOfFieldValue(bytes.span, from: 0)
                #expect(found == Self.endOfFieldValue(bytes, from: 0), "byte \(byte) at \(at)")
            }
        }
    }

    @Test("the vector scan and its scalar twin agree on random bytes, lengths and starts")
    func endOfValueTwin() {
        var random = SeededRandom(stream: 1)
        for _ in 0..<20_000 {
            let bytes = (0..<random.number(below: 70)).map { _ in
                random.number(below: 40) == 0 ? UInt8.random(in: 0...255, using: &random) : 0x41
            }
            let start = random.number(below: bytes.count + 1)
            let found = ASCII.endOfFieldValue(bytes.span, from: start)
            #expect(found == Self.endOfFieldValue(bytes, from: start), "seed \(random.seed): \(bytes) from \(start)")
        }
    }

    @Test("a value without bytes ends at once")
    func endOfEmptyValue() {
        let none: [UInt8] = []
        #expect(ASCII.endOfFieldValue(none.span, from: 0) == 0)
        let buffer = ByteBuffer()
        let end = ASCII.endOfFieldValue(buffer.span, from: 0)
        #expect(end == 0)
    }

    @Test(
        "a decimal number has digits only and at most eighteen",
        arguments: [
            ("0", 0), ("7", 7), ("007", 7), ("65536", 65536), ("999999999999999999", 999_999_999_999_999_999),
            ("", nil), ("1000000000000000000", nil), ("-1", nil), ("+1", nil), (" 1", nil), ("1 ", nil), ("0x1", nil),
            ("1,2", nil), ("1\u{0}", nil), ("１", nil),
        ] as [(String, Int?)])
    func decimal(text: String, value: Int?) {
        #expect(ASCII.decimal(text.bytes.span) == value)
    }

    @Test("comparison without case folds letters and nothing else")
    func foldedComparison() {
        #expect(ASCII.equalsIgnoringCase("Content-LENGTH".bytes.span, "content-length".bytes.span) == true)
        #expect(ASCII.equalsIgnoringCase("a".bytes.span, "ab".bytes.span) == false)
        for a in UInt8.min...UInt8.max {
            for b in UInt8.min...UInt8.max {
                let equal = ASCII.equalsIgnoringCase([a].span, [b].span)
                #expect(equal == (ASCII.lowercased(a) == ASCII.lowercased(b)))
            }
        }
        #expect(ASCII.matches("ChunKed".bytes.span, "chunked") == true)
        #expect(ASCII.matches("chunked ".bytes.span, "chunked") == false)
        #expect(ASCII.spells("GET".bytes.span, "GET") == true)
        #expect(ASCII.spells("get".bytes.span, "GET") == false)
        #expect(ASCII.equals("ab".bytes.span, "ab".bytes.span) == true)
        #expect(ASCII.equals("ab".bytes.span, "aB".bytes.span) == false)
    }

    @Test(
        "spaces and tabs are trimmed, other bytes stay",
        arguments: [
            ("", 0..<0), (" ", 1..<1), ("a", 0..<1), (" \ta b\t ", 2..<5), ("\ra\n", 0..<3), ("\u{b}a", 0..<2),
        ])
    func trimmed(text: String, range: Range<Int>) {
        let bytes = text.bytes
        let found = ASCII.trimmed(bytes.span, 0..<bytes.count)
        #expect(found == range)
    }

    @Test("a byte that is not there is found at the end")
    func index() {
        let bytes = "a,b,c".bytes
        #expect(ASCII.index(of: ASCII.comma, in: bytes.span, from: 0) == 1)
        #expect(ASCII.index(of: ASCII.comma, in: bytes.span, from: 2) == 3)
        #expect(ASCII.index(of: ASCII.comma, in: bytes.span, from: 4) == 5)
        #expect(ASCII.index(of: ASCII.comma, in: bytes.span, from: 5) == 5)
    }
}
