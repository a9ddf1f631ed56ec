// Why an exchange ended: one value, for the access log, the counters and people.

/// Who ended an exchange and why.
public enum EndReason: UInt8, Sendable, CaseIterable {
    // Nobody did wrong.
    case completed
    case answered
    case tunnelClosed
    // The client.
    case clientClosed
    case malformedRequest
    case requestLineTooLong
    case headTooLarge
    case bodyTooLarge
    case headTimeout
    case bodyTimeout
    case bodyTooSlow
    case clientWriteTimeout
    case clientTooSlow
    /// It reset the request's stream (RFC 9113 §6.4).
    case clientReset
    /// It broke a rule of its connection, or of the request's stream, that leaves nobody to answer.
    case clientProtocolError
    /// Its connection was ended for too much of something that is allowed.
    case clientFlood
    case upgradeRefused
    case expectationFailed
    case methodRefused
    case unsupportedVersion
    // The rules.
    case noRoute
    /// A route's pattern took too long to tell whether it matches.
    case patternLimit
    case requestTimeout
    case misdirected
    // The servers.
    case noServer
    case breakerOpen
    case loadShed
    case serversFull
    case queueTimeout
    case connectFailed
    case connectTimeout
    case serverCertificateExpired
    case serverCertificateName
    case serverCertificateIssuer
    case serverCertificateUnfit
    case serverTLSVersion
    /// The server refused our side of TLS, for want of a certificate that it wants to see maybe.
    case serverTLSAlert
    case serverTLSFailed
    case firstByteTimeout
    case readTimeout
    case serverWriteFailed
    case badResponse
    case cutResponse
    case serverClosed
    /// The server reset the request's HTTP/2 stream.
    case serverReset
    /// The server did not take the request's HTTP/2 stream, and has done nothing of it.
    case streamRefused
    /// The server neither spoke on a connection with requests under way nor answered when it was asked.
    case serverSilent
    /// HTTP/2 is all that is spoken to the server, and it does not speak it.
    case serverNotHTTP2
    /// The server takes no upgrades over HTTP/2 (RFC 8441), and HTTP/1.1 is not spoken to it.
    case upgradeUnsupported
    /// The request's head is larger than its HTTP/2 server has said to take (RFC 9113 §6.5.2).
    case serverHeadLimit
    // Us.
    case tunnelTimeout
    case overloaded
    case stopping
    case internalFailure

    /// As logs and counters name it.
    public var name: StaticString {
        switch self {
        case .completed: "completed"
        case .answered: "answered"
        case .tunnelClosed: "tunnel_closed"
        case .clientClosed: "client_closed"
        case .malformedRequest: "malformed_request"
        case .requestLineTooLong: "request_line_too_long"
        case .headTooLarge: "head_too_large"
        case .bodyTooLarge: "body_too_large"
        case .headTimeout: "head_timeout"
        case .bodyTimeout: "body_timeout"
        case .bodyTooSlow: "body_too_slow"
        case .clientWriteTimeout: "client_write_timeout"
        case .clientTooSlow: "client_too_slow"
        case .clientReset: "client_reset"
        case .clientProtocolError: "client_protocol_error"
        case .clientFlood: "client_flood"
        case .upgradeRefused: "upgrade_refused"
        case .expectationFailed: "expectation_failed"
        case .methodRefused: "method_refused"
        case .unsupportedVersion: "unsupported_version"
        case .noRoute: "no_route"
        case .patternLimit: "pattern_limit"
        case .requestTimeout: "request_timeout"
        case .misdirected: "misdirected"
        case .noServer: "no_server"
        case .breakerOpen: "breaker_open"
        case .loadShed: "load_shed"
        case .serversFull: "servers_full"
        case .queueTimeout: "queue_timeout"
        case .connectFailed: "connect_failed"
        case .connectTimeout: "connect_timeout"
        case .serverCertificateExpired: "server_certificate_expired"
        case .serverCertificateName: "server_certificate_name"
        case .serverCertificateIssuer: "server_certificate_issuer"
        case .serverCertificateUnfit: "server_certificate_unfit"
        case .serverTLSVersion: "server_tls_version"
        case .serverTLSAlert: "server_tls_alert"
        case .serverTLSFailed: "server_tls_failed"
        case .firstByteTimeout: "first_byte_timeout"
        case .readTimeout: "read_timeout"
        case .serverWriteFailed: "server_write_failed"
        case .badResponse: "bad_response"
        case .cutResponse: "cut_response"
        case .serverClosed: "server_closed"
        case .serverReset: "server_reset"
        case .streamRefused: "stream_refused"
        case .serverSilent: "server_silent"
        case .serverNotHTTP2: "server_not_http2"
        case .upgradeUnsupported: "upgrade_unsupported"
        case .serverHeadLimit: "server_head_limit"
        case .tunnelTimeout: "tunnel_timeout"
        case .overloaded: "overloaded"
        case .stopping: "stopping"
        case .internalFailure: "internal_failure"
        }
    }

    /// The status that the client is told when nothing has been answered yet. 499 is never sent: nobody reads it.
    public var status: Int {
        switch self {
        case .completed, .answered, .tunnelClosed, .tunnelTimeout: 200
        case .clientClosed, .clientWriteTimeout, .clientTooSlow, .clientReset, .clientProtocolError, .clientFlood: 499
        case .malformedRequest: 400
        case .requestLineTooLong: 414
        case .headTooLarge, .serverHeadLimit: 431
        case .bodyTooLarge: 413
        case .headTimeout, .bodyTimeout, .bodyTooSlow: 408
        case .upgradeRefused: 400
        case .expectationFailed: 417
        case .methodRefused: 501
        case .unsupportedVersion: 505
        case .noRoute: 404
        case .misdirected: 421
        case .noServer, .breakerOpen, .loadShed, .serversFull, .queueTimeout, .connectFailed, .streamRefused,
            .overloaded,
            .stopping:
            503
        case .connectTimeout, .firstByteTimeout, .readTimeout, .serverSilent, .requestTimeout: 504
        case .serverWriteFailed, .badResponse, .cutResponse, .serverClosed, .serverCertificateExpired,
            .serverCertificateName, .serverCertificateIssuer, .serverCertificateUnfit, .serverTLSVersion,
            .serverTLSAlert, .serverTLSFailed, .serverReset, .serverNotHTTP2, .upgradeUnsupported:
            502
        case .patternLimit, .internalFailure: 500
        }
    }

    /// Whether the client's connection cannot carry another request after this.
    var closesClient: Bool {
        switch self {
        case .malformedRequest, .requestLineTooLong, .headTooLarge, .bodyTooLarge, .headTimeout, .bodyTimeout,
            .bodyTooSlow, .clientClosed, .clientWriteTimeout, .clientTooSlow, .clientReset, .clientProtocolError,
            .clientFlood, .unsupportedVersion, .methodRefused:
            true
        case .completed, .answered, .tunnelClosed, .upgradeRefused, .expectationFailed, .noRoute, .patternLimit,
            .requestTimeout, .misdirected, .noServer, .breakerOpen, .loadShed, .serversFull, .queueTimeout,
            .connectFailed, .connectTimeout, .serverCertificateExpired, .serverCertificateName,
            .serverCertificateIssuer, .serverCertificateUnfit, .serverTLSVersion, .serverTLSAlert, .serverTLSFailed,
            .firstByteTimeout, .readTimeout,
            .serverWriteFailed, .badResponse, .cutResponse, .serverClosed, .serverReset, .streamRefused, .serverSilent,
            .serverNotHTTP2, .upgradeUnsupported, .serverHeadLimit, .tunnelTimeout, .overloaded, .stopping,
            .internalFailure:
            false
        }
    }
}
