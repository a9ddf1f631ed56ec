/// One request to an authority and its answer. Behind this stand HTTP, and scripts in tests.
protocol ACMETransport: Sendable {
    /// - Throws: `ACMEFailure` of the kind `unreachable` when there is no answer.
    func send(_ request: ACMERequest) async throws -> ACMEResponse
}

/// What is asked.
struct ACMERequest: Sendable, Equatable {
    enum Method: String, Sendable {
        case get = "GET"
        case head = "HEAD"
        case post = "POST"
    }

    var method: Method
    var url: String
    /// With POST a signed message, sent as `application/jose+json`.
    var body: [UInt8] = []

    /// A request without a body.
    static func get(_ url: String) -> ACMERequest { ACMERequest(method: .get, url: url) }
}

/// What was answered, as far as ACME needs it.
struct ACMEResponse: Sendable {
    var status: Int
    var body: [UInt8] = []
    /// RFC 8555 §6.5.1.
    var nonce: String?
    var location: String?
    /// As it was sent.
    var retryAfter: String?
    var contentType: String?

    /// Bytes of an answer at most.
    static let bodyBytesMax = 1 << 20
}
