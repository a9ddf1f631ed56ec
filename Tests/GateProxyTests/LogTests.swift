import GateCore
import Glibc
import Testing

@testable import GateProxy

@Suite("Logs")
struct LogTests {
    private struct Quiet: Reporter {
        func report(_ level: ReportLevel, _ message: String) {}
    }

    private func escaped(_ text: String, isJSON: Bool) -> String {
        let bytes = Array(text.utf8)
        var buffer = ByteBuffer()
        LogEscaping.append(bytes.span, isJSON: isJSON, to: &buffer)
        return buffer.span.text
    }

    @Test("what a client sends cannot break out of a JSON string")
    func json() {
        #expect(escaped("a\"b\\c\nd\u{7F}", isJSON: true) == "a\\\"b\\\\c\\u000ad\\u007f")
    }

    @Test("what a client sends cannot begin a line of its own")
    func text() {
        #expect(escaped("a\r\nb\"", isJSON: false) == "a\\x0d\\x0ab\\x22")
    }

    @Test("a pipe that takes nothing costs lines, and they are counted")
    func fullPipe() throws {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        let sink = try LogSink(.descriptor(ends[1]), reporter: Quiet(), queueBytesMax: 100_000)
        let line = Array(repeating: UInt8(ascii: "x"), count: 9_999) + [UInt8(ascii: "\n")]
        var taken = 0
        for _ in 0..<50 where sink.submit(line.span, lines: 1) { taken += 1 }
        #expect(taken < 50)
        sink.close()
        #expect(sink.droppedLines >= 50 - taken)
    }

    @Test("lines arrive whole and in order, and a file is opened anew after it was moved")
    func reopening() throws {
        let folder = "/tmp/gatehouse-log-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        #expect(mkdir(folder, 0o700) == 0)
        defer {
            for name in ["a.log", "b.log"] { unlink("\(folder)/\(name)") }
            rmdir(folder)
        }
        let sink = try LogSink(.file(path: "\(folder)/a.log"), reporter: Quiet())
        sink.submit("one\n")
        sink.waitUntilWritten()
        #expect(rename("\(folder)/a.log", "\(folder)/b.log") == 0)
        sink.reopen()
        sink.submit("two\n")
        sink.close()
        #expect(read("\(folder)/b.log") == "one\n")
        #expect(read("\(folder)/a.log") == "two\n")
    }

    private func read(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    @Test("every reason has a name of its own and a status")
    func reasons() {
        let names = Set(EndReason.allCases.map { "\($0.name)" })
        #expect(names.count == EndReason.allCases.count)
        for reason in EndReason.allCases { #expect((200...599).contains(reason.status)) }
    }
}
