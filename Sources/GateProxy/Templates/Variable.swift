// Everything that logs, fields, targets and pages can say of an exchange, in one place.

import GateCore

/// A value of an exchange that a template can show.
public enum Variable: Sendable, Hashable {
    /// The time of day, ISO 8601 with milliseconds.
    case time
    /// The same as Apache writes it.
    case combinedTime
    /// The client's address after trusted proxies and PROXY protocol, and the port of its connection.
    case clientAddress, clientPort
    case requestID, requestMethod, requestHost
    /// `http` or `https`, as the client sees it.
    case requestScheme
    /// The target as received.
    case requestTarget
    /// Path and query as received, whatever the form of the target.
    case requestURI
    /// The normalised path.
    case requestPath
    /// The query as received, without its `?`.
    case requestQuery
    case requestProtocol
    /// Bytes of request body received.
    case requestBytes
    /// By their lower-case name.
    case requestField([UInt8])
    case requestCookie([UInt8])
    /// A parameter of the query, as received.
    case requestParameter([UInt8])
    /// What a group of the route's pattern took of the path.
    case capture(Capture)
    /// What a group of `rewrite.regex` took of the path.
    case rewriteCapture(Capture)
    /// The name that the client asked for in its TLS handshake, in lower case.
    case tlsServerName
    /// `TLSv1.3`, the suite's name in the IANA's registry, and what was agreed on by ALPN.
    case tlsVersion, tlsCipherSuite, tlsProtocol
    /// `true` when the session goes on from an earlier connection, or else `false`.
    case tlsResumed
    /// What the client's certificate says; empty without one.
    case tlsClientSubject, tlsClientIssuer, tlsClientSerial, tlsClientFingerprint
    /// `true` when the client has shown a certificate, which was verified then, or else `false`.
    case tlsClientVerified
    /// The status sent to the client.
    case status
    /// Bytes of response body sent.
    case responseBytes
    /// By its lower-case name.
    case responseField([UInt8])
    /// Seconds with six decimals: to the end, until the server was connected, until its first byte.
    case duration, durationConnect, durationFirstByte
    case upstream, server, attempts
    /// Which rule chose the server, and what its health is at the end.
    case serverChoice, serverHealth
    /// The version of HTTP that the server answered in; empty without an answer of a server.
    case serverProtocol
    /// What the attempt before the last one ended with.
    case retriedAfter
    /// Why the exchange ended.
    case reason
    case site, route, listener, worker
}

extension Variable {
    /// When a value is known.
    public enum Moment: UInt8, Sendable, Comparable {
        case request, response, end

        public static func < (a: Moment, b: Moment) -> Bool { a.rawValue < b.rawValue }
    }

    /// From when on it has a value.
    public var moment: Moment {
        switch self {
        case .time, .combinedTime, .clientAddress, .clientPort, .requestID, .requestMethod, .requestHost,
            .requestScheme, .requestTarget, .requestURI, .requestPath, .requestQuery, .requestProtocol, .requestField,
            .requestCookie, .requestParameter, .capture, .rewriteCapture, .tlsServerName, .tlsVersion, .tlsCipherSuite,
            .tlsProtocol, .tlsResumed, .tlsClientSubject, .tlsClientIssuer, .tlsClientSerial, .tlsClientFingerprint,
            .tlsClientVerified, .upstream, .site, .route, .listener, .worker:
            .request
        case .status, .responseField, .server, .serverChoice, .serverHealth, .serverProtocol, .retriedAfter, .attempts,
            .durationConnect, .durationFirstByte, .reason:
            .response
        case .requestBytes, .responseBytes, .duration: .end
        }
    }
}

// MARK: Names

extension Variable {
    private static let table: [(name: String, variable: Variable)] = [
        ("time", .time), ("time.combined", .combinedTime), ("client.address", .clientAddress),
        ("client.port", .clientPort), ("request.id", .requestID), ("request.method", .requestMethod),
        ("request.scheme", .requestScheme), ("request.host", .requestHost), ("request.target", .requestTarget),
        ("request.uri", .requestURI), ("request.path", .requestPath), ("request.query", .requestQuery),
        ("request.protocol", .requestProtocol), ("request.bytes", .requestBytes), ("tls.sni", .tlsServerName),
        ("tls.version", .tlsVersion), ("tls.cipher", .tlsCipherSuite), ("tls.alpn", .tlsProtocol),
        ("tls.resumed", .tlsResumed), ("tls.client.subject", .tlsClientSubject),
        ("tls.client.issuer", .tlsClientIssuer), ("tls.client.serial", .tlsClientSerial),
        ("tls.client.fingerprint", .tlsClientFingerprint), ("tls.client.verified", .tlsClientVerified),
        ("status", .status), ("response.bytes", .responseBytes), ("duration", .duration),
        ("duration.connect", .durationConnect), ("duration.first_byte", .durationFirstByte), ("upstream", .upstream),
        ("server", .server), ("server.choice", .serverChoice), ("server.health", .serverHealth),
        ("server.protocol", .serverProtocol), ("retried_after", .retriedAfter), ("attempts", .attempts),
        ("reason", .reason), ("site", .site),
        ("route", .route),
        ("listener", .listener), ("worker", .worker),
    ]

    /// Longer names for some, for those who look for them where the others of their kind are.
    private static let aliases: [(name: String, variable: Variable)] = [
        ("response.status", .status), ("upstream.name", .upstream), ("upstream.server", .server),
        ("upstream.protocol", .serverProtocol),
    ]

    private static let byName = Dictionary(uniqueKeysWithValues: (table + aliases).map { ($0.name, $0.variable) })

    /// The variables that need no further name.
    public static let plain: [Variable] = table.map(\.variable)

    /// Every name, for messages and the reference; `NAME` stands for one of the user's.
    public static let names: [String] =
        table.map(\.name) + aliases.map(\.name)
        + ["request.field.NAME", "request.cookie.NAME", "request.query.NAME", "response.field.NAME", "path.NAME"]

    /// The variable of that name; nil if there is none.
    public init?(name: String) {
        if let variable = Variable.byName[name] {
            self = variable
        } else if let variable = Variable.named(name) {
            self = variable
        } else {
            return nil
        }
    }

    private static func named(_ text: String) -> Variable? {
        if let name = word(text, after: "request.field.") { return .requestField(lowercased(name)) }
        if let name = word(text, after: "response.field.") { return .responseField(lowercased(name)) }
        if let name = word(text, after: "request.cookie.") { return .requestCookie(name) }
        if let name = word(text, after: "request.query.") { return .requestParameter(name) }
        if text.hasPrefix("path.") { return Capture(text.dropFirst("path.".count)).map { .capture($0) } }
        if text.hasPrefix("regex.") { return Capture(text.dropFirst("regex.".count)).map { .rewriteCapture($0) } }
        return nil
    }

    private static func word(_ text: String, after prefix: String) -> [UInt8]? {
        guard text.hasPrefix(prefix) else { return nil }
        let name = Array(text.utf8.dropFirst(prefix.utf8.count))
        return !name.isEmpty && name.allSatisfy(ASCII.isToken) ? name : nil
    }

    private static func lowercased(_ name: [UInt8]) -> [UInt8] { name.map(ASCII.lowercased) }

    /// Its name in templates.
    public var name: String {
        switch self {
        case .requestField(let name): "request.field." + String(decoding: name, as: UTF8.self)
        case .responseField(let name): "response.field." + String(decoding: name, as: UTF8.self)
        case .requestCookie(let name): "request.cookie." + String(decoding: name, as: UTF8.self)
        case .requestParameter(let name): "request.query." + String(decoding: name, as: UTF8.self)
        case .capture(let capture): "path." + capture.text
        case .rewriteCapture(let capture): "regex." + capture.text
        default: Variable.table.first { $0.variable == self }!.name
        }
    }
}
