import GateHTTP
import GateHTTP1
import Testing

/// Requests that two recipients could frame in two ways. None may be accepted with a doubtful length.
@Suite("Request smuggling (RFC 9112 §11.2)")
struct SmugglingTests {
    static let start = "POST / HTTP/1.1\r\nHost: a\r\n"

    @Test(
        "CL.TE and TE.CL: both fields are refused, in any order, case and spelling",
        arguments: [
            "Content-Length: 6\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 6",
            "content-length: 6\r\nTRANSFER-ENCODING: chunked", "Content-Length: 6\r\nTransfer-Encoding: identity",
            "Content-Length: 0\r\nTransfer-Encoding: chunked", "Content-Length: 6\r\nTransfer-Encoding:",
            "Content-Length:\r\nTransfer-Encoding: chunked", "Content-Length: 6\r\nX: y\r\nTransfer-Encoding: xchunked",
            "Content-Length: 6\r\nTransfer-Encoding:\tchunked",
        ])
    func bothFields(lines: String) {
        #expect(Verdict.of(Self.start + lines + "\r\n\r\n") == .refused(.lengthWithTransferEncoding))
    }

    @Test(
        "TE.TE: a coding in disguise is refused, never taken for no coding",
        arguments: [
            "Transfer-Encoding: xchunked", "Transfer-Encoding: chunkedx", "Transfer-Encoding: x",
            "Transfer-Encoding: chunked, chunked", "Transfer-Encoding: chunked\r\nTransfer-Encoding: x",
            "Transfer-Encoding: x\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: chunked\r\nTransfer-encoding: chunked",
            "Transfer-Encoding: identity", "Transfer-Encoding: chunked, identity",
            "Transfer-Encoding: identity, chunked",
            "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: \"chunked\"", "Transfer-Encoding: chunked;a=b",
            "Transfer-Encoding: , chunked", "Transfer-Encoding:", "Transfer-Encoding: chunk",
            "Transfer-Encoding: chunked \u{a0}",
            "Transfer-Encoding : chunked", "Transfer-Encoding\t: chunked", " Transfer-Encoding: chunked",
            "\tTransfer-Encoding: chunked", "X: y\r\n Transfer-Encoding: chunked", "Transfer-Encoding\u{b}: chunked",
            "Transfer-Encoding: \u{b}chunked", "Transfer-Encoding: chunked\u{b}", "Transfer-Encoding:\u{c}chunked",
            "Transfer-Encoding: \u{0}chunked", "Transfer-Encoding: chunked\u{0}", "Transfer-Encoding\u{0}: chunked",
            "Transfer\u{0}-Encoding: chunked", "Transfer-Encoding:\r\n chunked", "Transfer-Encoding: chu\r\n nked",
            "Transfer-Encoding: chunked\rX: y", "Transfer-Encoding: chunked\nX: y", "X: y\nTransfer-Encoding: chunked",
            "X: y\rTransfer-Encoding: chunked", "X: y\r\rTransfer-Encoding: chunked", "X:\nTransfer-Encoding: chunked",
            "Transfer Encoding: chunked", "Transfer-Encoding chunked", ":Transfer-Encoding: chunked",
            "Transfer-Encoding\u{e9}: chunked", "\u{feff}Transfer-Encoding: chunked", "Transfer-Encoding\r: chunked",
        ])
    func disguisedCoding(lines: String) {
        let verdict = Verdict.of(Self.start + lines + "\r\n\r\n")
        #expect(verdict.isRefused, "\(verdict)")
    }

    @Test(
        "white space around a coding is no disguise",
        arguments: [" chunked", "chunked ", "\tchunked\t", "  CHUNKED  ", ""])
    func white(value: String) {
        let verdict = Verdict.of(Self.start + "Transfer-Encoding:\(value)\r\n\r\n")
        #expect(verdict == (value.isEmpty ? .refused(.badTransferEncoding) : .accepted(.chunked)))
    }

    @Test(
        "names that only look alike declare nothing",
        arguments: [
            "Transfer_Encoding: chunked", "TransferEncoding: chunked", "X-Transfer-Encoding: chunked",
            "Content_Length: 5", "Content-Length-: 5",
        ])
    func lookalikes(line: String) {
        #expect(Verdict.of(Self.start + line + "\r\n\r\n") == .accepted(.none))
    }

    @Test(
        "CL.CL: a length given twice, or not as one plain number, is refused",
        arguments: [
            "Content-Length: 5\r\nContent-Length: 5", "Content-Length: 5\r\nContent-Length: 6",
            "Content-Length: 5\r\ncontent-length: 5", "Content-Length: 5, 5", "Content-Length: 5,6",
            "Content-Length: +5",
            "Content-Length: -5", "Content-Length: 0x5", "Content-Length: 5 5", "Content-Length: 5\u{0}",
            "Content-Length: \u{b}5",
            "Content-Length: 5\u{c}", "Content-Length: 5;", "Content-Length: \"5\"", "Content-Length: 5.0",
            "Content-Length:",
            "Content-Length: 18446744073709551621", "Content-Length: 99999999999999999999999", "Content-Length : 5",
            " Content-Length: 5", "Content-Length:\r\n 5", "Content-Length: 5\r\n 6", "Content-Length: 5\nX: y",
            "Content-Length\u{0}: 5",
            "Content-Length: 5\u{a0}", "Content-Length: ５", "Content-Length: 1_0",
        ])
    func lengths(lines: String) {
        let verdict = Verdict.of(Self.start + lines + "\r\n\r\n")
        #expect(verdict.isRefused, "\(verdict)")
    }

    @Test("Transfer-Encoding in HTTP/1.0 is refused (§6.1)")
    func oldVersion() {
        let verdict = Verdict.of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n")
        #expect(verdict == .refused(.transferEncodingInHTTP10))
    }

    @Test("clean requests are accepted with one framing")
    func clean() {
        #expect(Verdict.of(Self.start + "\r\n") == .accepted(.none))
        #expect(Verdict.of(Self.start + "Content-Length: 5\r\n\r\n") == .accepted(.length(5)))
        #expect(Verdict.of(Self.start + "Transfer-Encoding: chunked\r\n\r\n") == .accepted(.chunked))
    }
}
