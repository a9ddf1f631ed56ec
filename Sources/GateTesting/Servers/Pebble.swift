// Let's Encrypt's test server as a certificate authority beside the test, with a name server that sends every name here.

/// A running `pebble` with a `pebble-challtestsrv` as its name server.
public final class Pebble: Sendable {
    /// What it is started with.
    public struct Options: Sendable {
        /// Where it looks for HTTP-01; 0 is nowhere.
        public var httpPort: UInt16 = 0
        /// Where it looks for TLS-ALPN-01; 0 is nowhere.
        public var tlsPort: UInt16 = 0
        /// Good nonces that it refuses, of a hundred.
        public var nonceRejectPercent = 0
        /// Seconds that it waits at most before it looks at a challenge; 0 is not at all.
        public var validationSeconds = 0
        /// Valid authorisations that it uses again for other orders, of a hundred.
        public var authorizationReusePercent = 0
        /// The keys of accounts with its customer department, in base64url by their names; empty: none is required.
        public var externalKeys: [String: String] = [:]
        /// The name server's address; nil: one that says `127.0.0.1` for every name.
        public var nameServer: String?
        /// Where it listens; nil: a port that was free a moment ago.
        public var port: UInt16?

        /// The defaults: fast, and without faults.
        public init() {}
    }

    /// The authority's directory.
    public var directory: String { "https://localhost:\(port)/dir" }
    /// What signed the certificate of its own web server, as PEM.
    public let trustedPEM: String
    private let port: UInt16
    private let managementPort: UInt16
    private let folder: TemporaryDirectory
    private let process: ChildProcess
    private let names: ChildProcess?

    /// Starts both and returns when they listen.
    public init(_ options: Options = Options()) throws {
        folder = try TemporaryDirectory()
        let authority = try TestAuthority("Pebble's web server")
        trustedPEM = authority.rootPEM
        let files = try authority.server("localhost", "127.0.0.1").write(to: folder, as: "pebble")
        port = try options.port ?? takeFreePort()
        managementPort = try takeFreePort()
        let nameServer: String
        if let given = options.nameServer {
            (names, nameServer) = (nil, given)
        } else {
            let (dnsPort, ownPort) = (try takeFreePort(), try takeFreePort())
            nameServer = "127.0.0.1:\(dnsPort)"
            names = try ChildProcess(
                "pebble-challtestsrv",
                [
                    "-dns01", nameServer, "-management", "127.0.0.1:\(ownPort)", "-defaultIPv6", "", "-http01", "",
                    "-https01", "", "-tlsalpn01", "",
                ])
            try waitForListener(dnsPort)
            try waitForDatagramListener(dnsPort)
        }
        let file = try folder.write("pebble.json", Self.configuration(options, files, port, managementPort))
        process = try ChildProcess(
            "pebble", ["-config", file, "-dnsserver", nameServer], environment: Self.environment(options))
        try waitForListener(port)
        try waitForListener(managementPort)
    }

    deinit { stop() }

    /// Ends both.
    public func stop() {
        process.stop()
        names?.stop()
    }

    /// What it has said so far.
    public var output: String { process.output + process.errors }

    /// Waits until it says something.
    public func waitForText(_ text: String) throws { try process.waitForText(text) }

    /// The root of the certificates that it issues, as PEM; another one for each process.
    public func issuingRootPEM() throws -> String {
        let result = try runProgram("curl", ["-sSk", "--noproxy", "*", "https://127.0.0.1:\(managementPort)/roots/0"])
        guard result.status == 0 else { throw SystemFailure("curl: \(result.errors)", 0) }
        return result.output
    }

    private static func environment(_ options: Options) -> [String: String] {
        var environment = [
            "PEBBLE_WFE_NONCEREJECT": "\(options.nonceRejectPercent)",
            "PEBBLE_AUTHZREUSE": "\(options.authorizationReusePercent)",
        ]
        if options.validationSeconds == 0 {
            environment["PEBBLE_VA_NOSLEEP"] = "1"
        } else {
            environment["PEBBLE_VA_SLEEPTIME"] = "\(options.validationSeconds)"
        }
        return environment
    }

    private static func configuration(
        _ options: Options, _ files: (chain: String, key: String), _ port: UInt16, _ managementPort: UInt16
    ) -> String {
        let keys = options.externalKeys.map { "\"\($0)\": \"\($1)\"" }.joined(separator: ", ")
        return """
            { "pebble": {
                "listenAddress": "127.0.0.1:\(port)", "managementListenAddress": "127.0.0.1:\(managementPort)",
                "certificate": "\(files.chain)", "privateKey": "\(files.key)",
                "httpPort": \(options.httpPort), "tlsPort": \(options.tlsPort), "ocspResponderURL": "",
                "externalAccountBindingRequired": \(!options.externalKeys.isEmpty),
                "externalAccountMACKeys": { \(keys) } } }
            """
    }
}
