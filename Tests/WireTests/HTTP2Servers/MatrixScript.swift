// A stage for each pair of versions: what the backend does in either, and clients that connect as the pair has it.

import GateTesting

/// What a backend does with a connection, in the version that it speaks.
struct MatrixScript {
    let http1: @Sendable (any ByteStream) throws -> Void
    let http2: @Sendable (HTTP2Visit) throws -> Void

    /// SETTINGS_ENABLE_CONNECT_PROTOCOL (RFC 8441 §3).
    private static let settings: [(UInt16, UInt32)] = [(8, 1)]

    /// Sets the scene. `body` gets what opens a connection on which nothing of HTTP was said yet.
    func play(_ pair: VersionPair, _ body: (_ connect: @escaping () throws -> any ByteStream) throws -> Void) throws {
        let authority = try TestAuthority()
        let directory = try TemporaryDirectory()
        var plain = Stage.Settings()
        // The handshake belongs to it, and the server's half of that is a thread of ours.
        plain.top = "timeouts: { connect: 1m }\n"
        plain.isSecure = pair.isBackendSecure
        if pair.isBackendSecure {
            plain.upstream = "tls: { ca: \"\(try directory.write("backend.pem", authority.rootPEM))\" }"
        } else if pair.backend == "2" {
            plain.upstream = "protocol: h2"
        }
        let script = try script(pair, authority)
        guard pair.isClientSecure else {
            plain.listener = "protocols: [h1, h2]"
            return try Stage.play(script, plain) { stage in try body { try stage.connect() } }
        }
        var settings = SecureStage.Settings()
        settings.plain = plain
        try SecureStage.play(script, settings) { secure in
            let options = RawTLSOptions().with { $0.protocols = [pair.client == "2" ? "h2" : "http/1.1"] }
            try body { try secure.connect(options) }
        }
    }

    private func script(_ pair: VersionPair, _ authority: TestAuthority) throws -> ScriptedServer.Script {
        let (http1, http2) = (http1, http2)
        let isHTTP2 = pair.backend == "2"
        guard pair.isBackendSecure else {
            if isHTTP2 { return ScriptedServer.http2(Self.settings, http2) }
            return { visit in try http1(visit.connection) }
        }
        let options = RawTLSOptions.server(try authority.server("127.0.0.1")).with {
            $0.protocols = [isHTTP2 ? "h2" : "http/1.1"]
        }
        return ScriptedServer.secureHTTP2(options, Self.settings, fallback: Self.ending(http1), http2)
    }

    /// The same over TLS, where an end has to be said.
    private static func ending(
        _ http1: @escaping @Sendable (any ByteStream) throws -> Void
    ) -> @Sendable (SecureVisit) throws -> Void {
        { visit in
            try http1(visit.tls)
            try? visit.tls.endSending()
        }
    }
}
