import GateCore
import GateHTTP
import GateHTTP1
import GateTestSupport
import Testing

@Suite("Heads, written")
struct HeadWriterTests {
    static func fields(_ head: borrowing MessageHead) -> String {
        var buffer = ByteBuffer()
        HeadWriter.fields(head, into: &buffer)
        return String(latin1: buffer.span.array)
    }

    static func parsed(_ lines: String) -> MessageHead {
        var head = MessageHead()
        let bytes = "GET / HTTP/1.1\r\n\(lines)\r\n".bytes
        _ = RequestHeadParser.parse(bytes.span, limits: HeadLimits(), into: &head)
        return head
    }

    @Test("an untouched head is written as it came, in one form of lines")
    func untouched() {
        let head = Self.parsed("A: b\r\nC:d\r\nE: \r\nF:\r\nG:\t h \r\nI: j\r\n")
        #expect(Self.fields(head) == "A: b\r\nC: d\r\nE: \r\nF: \r\nG: h\r\nI: j\r\n")
    }

    @Test("every field may be removed or replaced, and the others stay in order", arguments: 0..<64)
    func edited(which: Int) {
        var head = Self.parsed("A: 0\r\nB:1\r\nC: 2\r\nD: 3\r\nE:  4\r\nF: 5\r\n")
        for i in 0..<6 where which >> i & 1 == 1 { head.removeField(at: i) }
        head.set("X-Own", "1")
        head.add(.via, "1.1 x")
        let expected = (0..<6).filter { which >> $0 & 1 == 0 }.map { "\("ABCDEF".map { $0 }[$0]): \($0)\r\n" }.joined()
        #expect(Self.fields(head) == expected + "X-Own: 1\r\nVia: 1.1 x\r\n")
    }

    @Test("start lines have one space between their parts")
    func startLines() {
        let request = ByteBuffer.text {
            HeadWriter.requestLine(method: "GET".bytes.span, target: "/a".bytes.span, into: &$0)
        }
        let response = ByteBuffer.text { HeadWriter.statusLine(404, reason: "Not Found".bytes.span, into: &$0) }
        let none: [UInt8] = []
        let bare = ByteBuffer.text { HeadWriter.statusLine(299, reason: none.span, into: &$0) }
        #expect(request == "GET /a HTTP/1.1\r\n")
        #expect(response == "HTTP/1.1 404 Not Found\r\n")
        #expect(bare == "HTTP/1.1 299 \r\n")
    }

    @Test("single fields are written as lines")
    func single() {
        #expect(ByteBuffer.text { HeadWriter.field(.contentLength, decimal: 0, into: &$0) } == "Content-Length: 0\r\n")
        #expect(ByteBuffer.text { HeadWriter.field(.connection, "close", into: &$0) } == "Connection: close\r\n")
        #expect(ByteBuffer.text { HeadWriter.field("A".bytes.span, "b".bytes.span, into: &$0) } == "A: b\r\n")
    }
}
