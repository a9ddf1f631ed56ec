// The usual scene: one scripted backend, one proxy in front of it, and a configuration of a few lines.

public import GateCore

/// A proxy with one listener, `main`, and one upstream, `backend`.
public struct Stage: Sendable {
    public let proxy: ProxyUnderTest
    public let backend: ScriptedServer

    /// Additions to the configuration, each as it is written between the braces of YAML's flow form.
    public struct Settings: Sendable {
        /// Keys of the whole configuration, one in a line.
        public var top = ""
        /// Keys of the access log; empty: none is written.
        public var accessLog = ""
        /// Keys of the listener.
        public var listener = ""
        /// Keys of the upstream.
        public var upstream = ""
        /// Servers of the upstream; nil is the scripted one.
        public var servers: [String]?
        /// Keys of the site.
        public var site = ""
        /// Whether the scripted server is named as one that speaks TLS.
        public var isSecure = false
        /// Keys of the route that proxies to the upstream.
        public var route = ""
        /// Routes that come before it, each a line.
        public var routes: [String] = []

        public init(
            top: String = "", listener: String = "", upstream: String = "", servers: [String]? = nil,
            site: String = "", route: String = "",
            routes: [String] = []
        ) {
            self.top = top
            self.listener = listener
            self.upstream = upstream
            self.servers = servers
            self.site = site
            self.route = route
            self.routes = routes
        }

        /// The configuration text.
        public func text(backend: String, listen: String = "127.0.0.1:0") -> String {
            let servers = (servers ?? [backend]).map { $0.hasPrefix("{") ? $0 : "\"\($0)\"" }.joined(separator: ", ")
            let routes = (routes + [entry("proxy: backend", route)]).map { "      - \($0)\n" }.joined()
            return """
                workers: 1
                log: { access: \(accessLog.isEmpty ? "off" : "{ \(accessLog) }"), error: { level: warning } }
                listeners:
                  - \(entry("name: main", "address: \"\(listen)\"", listener))
                upstreams:
                  backend: \(entry("servers: [\(servers)]", upstream))
                sites:
                  - \(site.isEmpty ? "" : site + "\n    ")routes:
                \(routes)\(top)

                """
        }

        private func entry(_ keys: String...) -> String {
            "{ " + keys.filter { !$0.isEmpty }.joined(separator: ", ") + " }"
        }
    }

    /// Sets the scene, plays `body`, stops proxy and backend, and throws when the proxy left something behind.
    public static func play<Result>(
        _ script: @escaping ScriptedServer.Script = ScriptedServer.echo, _ settings: Settings = Settings(),
        _ body: (Stage) throws -> Result
    ) throws -> Result {
        let backend = try ScriptedServer(script)
        defer { backend.stop() }
        let url = settings.isSecure ? backend.secureURL : backend.url
        let proxy = try ProxyUnderTest(settings.text(backend: url))
        let result: Result
        do { result = try body(Stage(proxy: proxy, backend: backend)) } catch {
            try? proxy.stop()
            throw error
        }
        try proxy.stop()
        return result
    }

    /// A connection to the proxy.
    public func connect(from local: IPAddress? = nil, receiveBufferBytes: Int? = nil) throws -> RawConnection {
        try proxy.connect(from: local, receiveBufferBytes: receiveBufferBytes)
    }

    /// Sends one request on a connection of its own and reads the response.
    public func exchange(_ request: String, to method: String? = nil, from local: IPAddress? = nil) throws
        -> RawResponse
    {
        try proxy.exchange(request, to: method, from: local)
    }

    /// As `exchange`, for what the backend got: sends the request, and answers the request that arrived there.
    public func forwarded(_ request: String, from local: IPAddress? = nil) throws -> RawRequest {
        let client = try connect(from: local)
        try client.send(request)
        let arrived = try backend.nextRequest()
        _ = try client.readResponse(to: arrived.method)
        return arrived
    }
}
