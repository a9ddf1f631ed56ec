import GateCore

/// The usual stage with clients over TLS: a certificate for `a.example` and `localhost`, by an authority of its own.
public struct SecureStage: Sendable {
    /// The name that the certificate is for.
    public static let name = "a.example"

    public let stage: Stage
    public let files: Files
    let text: @Sendable () -> String

    /// What lies in a directory for as long as the stage is set.
    public struct Files: Sendable {
        public let authority: TestAuthority
        /// What the proxy shows first.
        public let certificate: TestCertificate
        public let directory: TemporaryDirectory

        /// The certificate of the authority's root, which clients trust.
        public var root: String { directory.file("root.pem") }
        /// The chain that the proxy shows.
        public var chain: String { directory.file("server.pem") }
        /// The proxy's private key.
        public var key: String { directory.file("server.key") }

        init(_ settings: Settings) throws {
            authority = try TestAuthority(intermediate: true)
            directory = try TemporaryDirectory()
            var leaf = TestAuthority.Leaf(SecureStage.name, "localhost")
            leaf.key = settings.key
            leaf.responder = settings.responder
            certificate = try authority.issue(leaf)
            try certificate.write(to: directory, as: "server")
            try directory.write("root.pem", authority.rootPEM)
        }

        /// Writes all of the authority's certificates into one file and answers its path: for who verifies clients.
        public func authorities() throws -> String {
            try directory.write("authorities.pem", authority.rootPEM + authority.issuerPEM)
        }
    }

    /// Additions to the configuration, each as it is written between the braces of YAML's flow form.
    public struct Settings: Sendable {
        /// The stage's own; its `listener` gets the key `tls`.
        public var plain = Stage.Settings()
        /// Keys of the listener's `tls`.
        public var tls: [String] = []
        /// Keys of its certificate.
        public var certificate: [String] = []
        /// What kind of key the certificate has.
        public let key: TestKeyKind
        /// The OCSP responder's URL that stands in it.
        public let responder: String?

        public init(key: TestKeyKind = .ecdsa, responder: String? = nil) {
            self.key = key
            self.responder = responder
        }

        func listener(_ files: Files) -> String {
            let certificate = ["chain: \(files.chain)", "key: \(files.key)"] + certificate
            let tls = ["certificates: [{ \(certificate.joined(separator: ", ")) }]"] + tls
            let own = plain.listener.isEmpty ? [] : [plain.listener]
            return (own + ["tls: { \(tls.joined(separator: ", ")) }"]).joined(separator: ", ")
        }
    }

    /// Sets the scene, plays `body`, stops proxy and backend, and throws when the proxy left something behind. `change` may
    /// write files, and add to the settings.
    public static func play<Result>(
        _ script: @escaping ScriptedServer.Script = ScriptedServer.echo, _ settings: Settings = Settings(),
        change: (Files, inout Settings) throws -> Void = { _, _ in }, _ body: (SecureStage) throws -> Result
    ) throws -> Result {
        let files = try Files(settings)
        var settings = settings
        try change(files, &settings)
        settings.plain.listener = settings.listener(files)
        let plain = settings.plain
        return try Stage.play(script, plain) { stage in
            try body(SecureStage(stage: stage, files: files) { plain.text(backend: stage.backend.url) })
        }
    }

    /// The configuration that the stage began with, for reloads.
    public var configuration: String { text() }

    /// The proxy's port on 127.0.0.1.
    public var port: UInt16 {
        get throws {
            guard case .ip(_, let port) = try stage.proxy.address() else { preconditionFailure("no TCP listener") }
            return port
        }
    }

    /// A connection to the proxy whose handshake is done.
    public func connect(_ options: RawTLSOptions = RawTLSOptions()) throws -> RawTLSConnection {
        try RawTLSConnection.connect(to: stage.proxy.address(), options)
    }

    /// A connection to the proxy on which nothing was sent.
    public func connectPlain(receiveBufferBytes: Int? = nil) throws -> RawConnection {
        try stage.connect(receiveBufferBytes: receiveBufferBytes)
    }

    /// Sends one request on a connection of its own and reads the response.
    public func exchange(_ request: String, _ options: RawTLSOptions = RawTLSOptions()) throws -> RawResponse {
        let client = try connect(options)
        try client.send(request)
        return try client.readResponse(to: String(request.prefix { $0 != " " }))
    }
}
