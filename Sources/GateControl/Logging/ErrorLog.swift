// The error log: swift-log in front, a thread that may wait behind.

import CGateLinux
import GateCore
import GateHTTP
public import GateProxy
public import Logging
import Synchronization

/// Formats messages and writes them without making the caller wait.
public struct ErrorLogHandler: LogHandler {
    /// Text for people, or an object a line for programs.
    public enum Format: Sendable { case text, json }

    public var logLevel: Logger.Level
    public var metadata: Logger.Metadata = [:]
    private let label: String
    private let format: Format
    private let sink: LogSink

    public init(label: String, level: Logger.Level, format: Format, sink: LogSink) {
        self.label = label
        logLevel = level
        self.format = format
        self.sink = sink
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var all = metadata
        if let more = event.metadata { all.merge(more) { $1 } }
        let time = Self.timestamp()
        let line: String
        switch format {
        case .text:
            let rest = all.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
            line = "\(time) \(event.level) \(Self.oneLine(event.message.description + rest))\n"
        case .json:
            let rest = all.sorted { $0.key < $1.key }.map {
                ",\(JSONText.quoted($0.key)):\(JSONText.quoted("\($0.value)"))"
            }
            line =
                "{\"time\":\"\(time)\",\"level\":\"\(event.level)\",\"message\":\(JSONText.quoted(event.message.description))"
                + rest.joined() + "}\n"
        }
        sink.submit(line)
    }

    /// A message that brings line ends of its own must not look like two.
    private static func oneLine(_ text: String) -> String {
        text.contains { $0.isNewline } ? text.map { $0.isNewline ? "\\n" : String($0) }.joined() : text
    }

    private static func timestamp() -> String { LogClock.iso() }
}

/// Hands the data plane's messages to a logger.
public struct LogReporter: Reporter {
    private let logger: Logger

    public init(_ logger: Logger) { self.logger = logger }

    public func report(_ level: ReportLevel, _ message: String) {
        switch level {
        case .info: logger.info("\(message)")
        case .notice: logger.notice("\(message)")
        case .warning: logger.warning("\(message)")
        case .error: logger.error("\(message)")
        }
    }
}

/// Strings in JSON.
enum JSONText {
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let hex = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
