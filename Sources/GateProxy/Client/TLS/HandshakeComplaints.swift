// Failed handshakes in the error log. Clients decide how many there are, so each reason is told now and then.

import GateEngine

/// Tells of failed handshakes, each reason at most once in ten seconds.
struct HandshakeComplaints {
    private static let intervalMs: UInt64 = 10_000

    private struct Entry {
        var nextMs: UInt64 = 0
        var unreported = 0
    }

    private let reporter: any Reporter
    private var entries = [Entry](repeating: Entry(), count: HandshakeEnd.allCases.count)

    init(_ reporter: any Reporter) { self.reporter = reporter }

    /// `describe` makes the text, and is called only if it is used.
    mutating func note(_ end: HandshakeEnd, nowMs: UInt64, _ describe: () -> String) {
        let index = Int(end.rawValue)
        entries[index].unreported += 1
        guard nowMs >= entries[index].nextMs else { return }
        let others = entries[index].unreported - 1
        entries[index] = Entry(nextMs: nowMs + Self.intervalMs)
        let more = others > 0 ? " (and \(others) like it before)" : ""
        reporter.report(end == .internalFailure ? .error : .info, Self.printable(describe()) + more)
    }

    private static let textBytesMax = 400

    /// Names come from clients: what no name holds must not reach somebody's terminal, nor fill the log.
    private static func printable(_ text: String) -> String {
        let bytes = text.utf8.prefix(textBytesMax).map { (0x20...0x7E).contains($0) ? $0 : UInt8(ascii: "?") }
        return String(decoding: bytes, as: UTF8.self)
    }
}
