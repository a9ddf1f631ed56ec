import GateCore
import GateHTTP
import GateTestSupport
import Testing

@Suite("HTTP dates (RFC 9110 §5.6.7)")
struct HTTPDateTests {
    static let now = 1_800_000_000  // 15 January 2027

    static func written(_ seconds: Int) -> String { ByteBuffer.text { HTTPDate.append(unixSeconds: seconds, to: &$0) } }
    static func read(_ text: String) -> Int? { HTTPDate.parse(text.bytes.span, nowSeconds: now) }

    @Test(
        "a moment is written as IMF-fixdate in 29 bytes",
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (951_827_696, "Tue, 29 Feb 2000 12:34:56 GMT"), (951_868_800, "Wed, 01 Mar 2000 00:00:00 GMT"),
            (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"), (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
            (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"), (-1, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (253_402_300_800, "Fri, 31 Dec 9999 23:59:59 GMT"), (.max, "Fri, 31 Dec 9999 23:59:59 GMT"),
        ])
    func written(seconds: Int, text: String) {
        #expect(Self.written(seconds) == text)
        #expect(text.utf8.count == HTTPDate.byteCount)
    }

    @Test("every day from 1970 to 9999 is read as it was written")
    func everyDay() {
        var day = 0
        while day <= HTTPDate.secondsMax / 86400 {
            let seconds = day * 86400 + day % 86400
            let read = Self.read(Self.written(seconds))
            if read != seconds { Issue.record("\(seconds): \(String(describing: read))") }
            // Each day of the first century, then every eleventh.
            day += day < 36_525 ? 1 : 11
        }
    }

    @Test(
        "the two obsolete forms are read",
        arguments: [
            ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777), ("Sun Nov  6 08:49:37 1994", 784_111_777),
            ("Sun Nov 06 08:49:37 1994", 784_111_777), ("Wednesday, 01-Mar-00 00:00:00 GMT", 951_868_800),
        ])
    func obsolete(text: String, seconds: Int) {
        #expect(Self.read(text) == seconds)
    }

    @Test("a two-digit year more than 50 years ahead lies in the past", arguments: [(77, 2077), (78, 1978)])
    func shortYears(short: Int, year: Int) throws {
        let seconds = try #require(Self.read("Friday, 01-Jan-\(short) 00:00:00 GMT"))
        #expect(Self.written(seconds).contains(" \(year) "))
    }

    @Test(
        "anything else is no date",
        arguments: [
            "", "0", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 6 Nov 1994 08:49:37 GMT",
            "Xun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Xov 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
            "Sun, 31 Nov 1994 08:49:37 GMT", "Sun, 29 Feb 1900 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
            "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 06-Nov-1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08.49.37 GMT", "Sun, 06 Nov 199x 08:49:37 GMT", "Funday, 06-Nov-94 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT ", "Sun Nov   6 08:49:37 1994", "Sun Nov  6 08:49:37 1994 GMT",
            "Sun, 06 Nov 1994 08:49:37 GMT\u{0}", "                                 ",
        ])
    func refused(text: String) {
        #expect(Self.read(text) == nil)
    }
}
