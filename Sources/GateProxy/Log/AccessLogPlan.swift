// What a line of the access log holds, and where it goes.

/// A format and where its lines go.
public struct AccessLogPlan: Sendable {
    /// A line; its variables stand in `.logText` or `.logJSON`.
    public var line: Template
    public var sink: LogSink

    public init(line: Template, sink: LogSink) {
        self.line = line
        self.sink = sink
    }
}
