// Access log formats, compiled to what workers write.

public import GateProxy

/// Turns a configured format into a line.
public enum AccessLogCompiler {
    public static func compile(_ format: Configuration.AccessLogFormat) -> Template {
        switch format {
        case .json: json
        case .combined: combined
        case .template(let template): template
        }
    }

    /// One object a line; numbers are numbers.
    private static let json: Template = {
        let fields: [(String, Variable, isText: Bool)] = [
            ("time", .time, true), ("client", .clientAddress, true), ("port", .clientPort, false),
            ("id", .requestID, true), ("method", .requestMethod, true), ("host", .requestHost, true),
            ("target", .requestTarget, true), ("protocol", .requestProtocol, true), ("status", .status, false),
            ("request_bytes", .requestBytes, false), ("response_bytes", .responseBytes, false),
            ("duration", .duration, false), ("connect", .durationConnect, false),
            ("first_byte", .durationFirstByte, false), ("upstream", .upstream, true), ("server", .server, true),
            ("server_protocol", .serverProtocol, true),
            ("attempts", .attempts, false), ("reason", .reason, true), ("route", .route, true),
            ("listener", .listener, true), ("tls_version", .tlsVersion, true), ("tls_cipher", .tlsCipherSuite, true),
            ("sni", .tlsServerName, true), ("referer", .requestField(Array("referer".utf8)), true),
            ("user_agent", .requestField(Array("user-agent".utf8)), true),
        ]
        var pieces: [Template.Segment] = []
        for (index, field) in fields.enumerated() {
            let quote = field.isText ? "\"" : ""
            let before = index == 0 ? "{" : (fields[index - 1].isText ? "\"," : ",")
            pieces.append(.text(Array("\(before)\"\(field.0)\":\(quote)".utf8)))
            pieces.append(.variable(field.1, .logJSON))
        }
        return Template(pieces + [.text(Array((fields.last!.isText ? "\"}" : "}").utf8))])
    }()

    /// As nginx and Apache write it.
    private static let combined = try! Template(
        "{client.address} - - [{time.combined}] \"{request.method} {request.target} {request.protocol}\" {status} "
            + "{response.bytes} \"{request.field.referer}\" \"{request.field.user-agent}\"", as: .logText)
}
