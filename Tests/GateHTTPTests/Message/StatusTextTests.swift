import GateHTTP
import Testing

@Suite("Reason phrases (RFC 9110 §15)")
struct StatusTextTests {
    @Test(
        "registered codes have their phrase, others none",
        arguments: [
            (100, "Continue"), (103, "Early Hints"), (200, "OK"), (206, "Partial Content"), (308, "Permanent Redirect"),
            (400, "Bad Request"), (413, "Content Too Large"), (431, "Request Header Fields Too Large"),
            (503, "Service Unavailable"), (511, "Network Authentication Required"), (99, ""), (299, ""), (306, ""),
            (418, ""), (499, ""), (600, ""), (-1, ""),
        ])
    func phrases(status: Int, phrase: String) {
        #expect("\(StatusText.reason(status))" == phrase)
    }

    @Test("phrases hold letters, spaces and hyphens only, so that they need no escaping anywhere")
    func plain() {
        for status in 0...999 {
            let phrase = "\(StatusText.reason(status))"
            #expect(phrase.utf8.allSatisfy { $0 == 0x20 || $0 == 0x2D || (0x41...0x7A).contains($0) })
        }
    }
}
