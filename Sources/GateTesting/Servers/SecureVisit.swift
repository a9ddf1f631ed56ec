// A scripted server's connection over TLS, as its script sees it.

/// What a script works with after the handshake.
public struct SecureVisit: Sendable {
    /// The connection below, and what the server keeps.
    public let visit: Visit
    /// The bytes inside.
    public let tls: RawTLSConnection

    /// 0 for the server's first connection.
    public var number: Int { visit.number }

    /// Reads a whole request and hands it to the test.
    @discardableResult
    public func readRequest(within bound: Duration = Deadline.long) throws -> RawRequest {
        let request = try tls.readRequest(within: bound)
        visit.server.requests.update { $0.append(request) }
        return request
    }

    /// Reads a whole request; nil when the proxy closes instead, as it does with connections that it kept.
    public func nextRequest() throws -> RawRequest? {
        do { return try readRequest() } catch let failure as WireFailure {
            if failure.had.isEmpty && failure.isEnd { return nil }
            throw failure
        }
    }

    /// Sends raw bytes.
    public func send(_ text: String) throws { try tls.send(text, within: Deadline.long) }

    /// Sends a response of known length.
    public func respond(_ status: String = "200 OK", fields: String = "", body: String = "") throws {
        try send("HTTP/1.1 \(status)\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    /// Says that nothing more comes, as a proper end is said (RFC 8446 §6.1), and closes.
    public func end() throws {
        try tls.endSending()
        visit.connection.close()
    }
}

extension ScriptedServer {
    /// Shakes hands on each connection as `options` have it, and runs `script` on what is inside.
    public static func secure(
        _ options: RawTLSOptions, _ script: @escaping @Sendable (SecureVisit) throws -> Void
    ) -> Script {
        let options = options.with { $0.isServer = true }
        return { visit in
            let tls = try RawTLSConnection(over: visit.connection, options)
            try tls.handshake(within: Deadline.long)
            try script(SecureVisit(visit: visit, tls: tls))
        }
    }

    /// Answers every request over TLS with `200` and what was asked, as `echo` does in clear.
    public static func secureEcho(_ options: RawTLSOptions) -> Script {
        secure(options) { visit in
            while let request = try visit.nextRequest() {
                try visit.respond(fields: "Content-Type: text/plain\r\n", body: request.echo)
            }
        }
    }

    /// As configurations name it when it speaks TLS.
    public var secureURL: String { "https://\(address)" }
}

extension RawTLSOptions {
    /// A server with this certificate.
    public static func server(_ certificate: TestCertificate) -> RawTLSOptions {
        RawTLSOptions().with { options in
            (options.isServer, options.chain, options.key) = (true, certificate.chainPEM, certificate.keyPEM)
        }
    }
}
