// What clients' HTTP/2 connections were ended for, in the error log: often enough to be seen, seldom enough to do no harm.

import GateCore
import GateHTTP2

/// A worker's log lines about connections that broke rules: one for each rule in a while, with the number of those between.
struct HTTP2Complaints {
    private static let intervalMs: UInt64 = 10_000

    private struct Entry {
        var nextMs: UInt64 = 0
        var unsaid = 0
    }

    private var entries = [Entry](repeating: Entry(), count: HTTP2Failure.allCases.count)
    private let reporter: any Reporter

    init(_ reporter: any Reporter) { self.reporter = reporter }

    /// A connection of this listener was ended for this.
    mutating func note(_ failure: HTTP2Failure, listener: String, client: IPAddress, nowMs: UInt64) {
        let index = Int(failure.rawValue)
        guard entries[index].nextMs <= nowMs else {
            entries[index].unsaid += 1
            return
        }
        let others = entries[index].unsaid
        entries[index] = Entry(nextMs: nowMs + Self.intervalMs)
        let code = failure.code.name.map { "\($0)" } ?? "\(failure.code.rawValue)"
        reporter.report(
            failure.isFlood ? .warning : .info,
            "listener \(listener): HTTP/2 connection of \(client) ended with \(code): \(failure.name)"
                + (others > 0 ? " (and \(others) like it before)" : ""))
    }
}
