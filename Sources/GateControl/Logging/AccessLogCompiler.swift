// Access log formats, compiled to what workers write.

public import GateProxy

/// Turns a configured format into pieces.
public enum AccessLogCompiler {
    public static func compile(_ format: Configuration.AccessLogFormat) -> (
        pieces: [AccessLogPiece], escaping: AccessLogEscaping
    ) {
        switch format {
        case .json: (json, .json)
        case .combined: (combined, .text)
        case .template(let template): (template.pieces.map(piece), .text)
        }
    }

    private static func piece(_ piece: AccessLogTemplate.Piece) -> AccessLogPiece {
        switch piece {
        case .text(let text): .text(Array(text.utf8))
        case .variable(let variable): .value(value(variable))
        }
    }

    /// One object a line; numbers are numbers.
    private static let json: [AccessLogPiece] = {
        let fields: [(String, AccessLogValue, isText: Bool)] = [
            ("time", .time, true), ("client", .clientAddress, true), ("port", .clientPort, false),
            ("id", .requestID, true), ("method", .requestMethod, true), ("host", .requestHost, true),
            ("target", .requestTarget, true), ("protocol", .requestProtocol, true), ("status", .status, false),
            ("request_bytes", .requestBytes, false), ("response_bytes", .responseBytes, false),
            ("duration", .duration, false), ("connect", .durationConnect, false),
            ("first_byte", .durationFirstByte, false), ("upstream", .upstream, true), ("server", .server, true),
            ("attempts", .attempts, false), ("reason", .reason, true), ("route", .route, true),
            ("listener", .listener, true), ("referer", .requestField(Array("referer".utf8)), true),
            ("user_agent", .requestField(Array("user-agent".utf8)), true),
        ]
        var pieces: [AccessLogPiece] = []
        for (index, field) in fields.enumerated() {
            let quote = field.isText ? "\"" : ""
            let before = index == 0 ? "{" : (fields[index - 1].isText ? "\"," : ",")
            pieces.append(.text(Array("\(before)\"\(field.0)\":\(quote)".utf8)))
            pieces.append(.value(field.1))
        }
        return pieces + [.text(Array((fields.last!.isText ? "\"}" : "}").utf8))]
    }()

    /// As nginx and Apache write it.
    private static let combined: [AccessLogPiece] = [
        .value(.clientAddress), .text(Array(" - - [".utf8)), .value(.combinedTime), .text(Array("] \"".utf8)),
        .value(.requestMethod), .text(Array(" ".utf8)), .value(.requestTarget), .text(Array(" ".utf8)),
        .value(.requestProtocol), .text(Array("\" ".utf8)), .value(.status), .text(Array(" ".utf8)),
        .value(.responseBytes), .text(Array(" \"".utf8)), .value(.requestField(Array("referer".utf8))),
        .text(Array("\" \"".utf8)), .value(.requestField(Array("user-agent".utf8))), .text(Array("\"".utf8)),
    ]

    private static func value(_ variable: AccessLogVariable) -> AccessLogValue {
        switch variable {
        case .time: .time
        case .clientAddress: .clientAddress
        case .clientPort: .clientPort
        case .requestID: .requestID
        case .requestMethod: .requestMethod
        case .requestHost: .requestHost
        case .requestTarget: .requestTarget
        case .requestPath: .requestPath
        case .requestProtocol: .requestProtocol
        case .requestBytes: .requestBytes
        case .requestField(let name): .requestField(Array(name.utf8))
        case .status: .status
        case .responseBytes: .responseBytes
        case .responseField(let name): .responseField(Array(name.utf8))
        case .duration: .duration
        case .durationConnect: .durationConnect
        case .durationFirstByte: .durationFirstByte
        case .upstream: .upstream
        case .server: .server
        case .attempts: .attempts
        case .reason: .reason
        case .site: .site
        case .route: .route
        case .listener: .listener
        case .worker: .worker
        }
    }
}
