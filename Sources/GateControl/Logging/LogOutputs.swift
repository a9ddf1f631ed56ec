// One writer for each output, however many logs go there, kept over reloads.

public import GateEngine
public import GateProxy
import Synchronization

/// The process's log outputs.
public final class LogOutputs: Sendable {
    private let sinks = Mutex<[LogSink.Output: LogSink]>([:])

    public init() {}

    /// The writer for an output; the same one for the same output.
    public func sink(_ output: Configuration.LogOutput, reporter: any Reporter) throws(SystemError) -> LogSink {
        let wanted: LogSink.Output =
            switch output {
            case .stdout: .descriptor(1)
            case .stderr: .descriptor(2)
            case .file(let path): .file(path: path)
            }
        if let known = sinks.withLock({ $0[wanted] }) { return known }
        let made = try LogSink(wanted, reporter: reporter)
        sinks.withLock { $0[wanted] = made }
        return made
    }

    /// Opens files anew.
    public func reopen() { for sink in sinks.withLock({ Array($0.values) }) { sink.reopen() } }

    /// Writes what waits and ends the writers.
    public func close() {
        let all = sinks.withLock { sinks in
            defer { sinks = [:] }
            return Array(sinks.values)
        }
        for sink in all { sink.close() }
    }
}
