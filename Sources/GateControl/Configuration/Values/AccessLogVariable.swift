// Every variable of the access log, in one place.

/// What an access log line can show.
public enum AccessLogVariable: Hashable, Sendable, RawRepresentable {
    /// The end of the exchange, ISO 8601 with milliseconds.
    case time
    /// The client's address after trusted proxies and PROXY protocol.
    case clientAddress
    /// The client's port.
    case clientPort
    /// The request id.
    case requestID
    /// The method.
    case requestMethod
    /// The host asked for.
    case requestHost
    /// The target as received.
    case requestTarget
    /// The normalised path.
    case requestPath
    /// The protocol, as `HTTP/1.1`.
    case requestProtocol
    /// Bytes of request body received.
    case requestBytes
    /// A request field, by its lower-case name.
    case requestField(String)
    /// The status sent to the client.
    case status
    /// Bytes of response body sent.
    case responseBytes
    /// A response field, by its lower-case name.
    case responseField(String)
    /// Seconds from the first byte of the request to the end, with microseconds.
    case duration
    /// Seconds until the server was connected.
    case durationConnect
    /// Seconds until the server's first byte.
    case durationFirstByte
    /// The upstream's name.
    case upstream
    /// The address of the server that answered.
    case server
    /// Attempts made to reach a server.
    case attempts
    /// Why the exchange ended.
    case reason
    /// The site's name or first host.
    case site
    /// The route's name.
    case route
    /// The listener's name or address.
    case listener
    /// The worker's number.
    case worker

    /// The variables that need no field name, in the order of the JSON format.
    public static let plain: [AccessLogVariable] = [
        .time, .clientAddress, .clientPort, .requestID, .requestMethod, .requestHost, .requestTarget, .requestPath,
        .requestProtocol, .requestBytes, .status, .responseBytes, .duration, .durationConnect, .durationFirstByte,
        .upstream,
        .server, .attempts, .reason, .site, .route, .listener, .worker,
    ]

    /// The variable of that name; nil if there is none.
    public init?(rawValue: String) {
        if let field = AccessLogVariable.fieldName(rawValue, after: "request.field.") {
            self = .requestField(field)
        } else if let field = AccessLogVariable.fieldName(rawValue, after: "response.field.") {
            self = .responseField(field)
        } else if let variable = AccessLogVariable.byName[rawValue] {
            self = variable
        } else {
            return nil
        }
    }

    /// Its name in templates.
    public var rawValue: String {
        switch self {
        case .time: "time"
        case .clientAddress: "client.address"
        case .clientPort: "client.port"
        case .requestID: "request.id"
        case .requestMethod: "request.method"
        case .requestHost: "request.host"
        case .requestTarget: "request.target"
        case .requestPath: "request.path"
        case .requestProtocol: "request.protocol"
        case .requestBytes: "request.bytes"
        case .requestField(let name): "request.field.\(name)"
        case .status: "status"
        case .responseBytes: "response.bytes"
        case .responseField(let name): "response.field.\(name)"
        case .duration: "duration"
        case .durationConnect: "duration.connect"
        case .durationFirstByte: "duration.first_byte"
        case .upstream: "upstream"
        case .server: "server"
        case .attempts: "attempts"
        case .reason: "reason"
        case .site: "site"
        case .route: "route"
        case .listener: "listener"
        case .worker: "worker"
        }
    }

    private static let byName = Dictionary(uniqueKeysWithValues: plain.map { ($0.rawValue, $0) })

    private static func fieldName(_ text: String, after prefix: String) -> String? {
        guard text.hasPrefix(prefix) else { return nil }
        let name = text.dropFirst(prefix.count)
        return FieldRules.isName(name) ? name.lowercased() : nil
    }
}
