// What a line of the access log holds. The control plane compiles a format to this.

/// A part of a line.
public enum AccessLogPiece: Sendable, Equatable {
    case text([UInt8])
    case value(AccessLogValue)
}

/// Something that the access log can say of an exchange.
public enum AccessLogValue: Sendable, Equatable {
    case time, clientAddress, clientPort
    case requestID, requestMethod, requestHost, requestTarget, requestPath, requestProtocol, requestBytes
    case requestField([UInt8])
    case status, responseBytes
    case responseField([UInt8])
    /// Seconds with six decimals.
    case duration, durationConnect, durationFirstByte
    case upstream, server, attempts, reason, site, route, listener, worker
    /// The time as the combined format writes it.
    case combinedTime
}

/// How values are made safe inside a line.
public enum AccessLogEscaping: Sendable, Equatable {
    /// Inside JSON strings.
    case json
    /// Control characters, quotes and backslashes as \xHH.
    case text
}

/// A format and where its lines go.
public struct AccessLogPlan: Sendable {
    public var pieces: [AccessLogPiece]
    public var escaping: AccessLogEscaping
    public var sink: LogSink

    public init(pieces: [AccessLogPiece], escaping: AccessLogEscaping, sink: LogSink) {
        self.pieces = pieces
        self.escaping = escaping
        self.sink = sink
    }
}
