internal import GateConfig
internal import GateCore

extension Configuration.Upstream {
    static let definition = StructDefinition<Self>(
        "upstream", title: "upstream", doc: "A group of servers that can do the same work. Routes name it.",
        example: """
            upstreams:
              app:
                servers:
                  - http://10.0.0.1:8080
                  - { url: http://10.0.0.2:8080, weight: 2 }
                retries: { attempts: 2 }
            """,
        make: { Self(name: "", servers: []) }, origin: { $0.origin = $1 },
        keys: {
            Key(
                "servers", .list(.server, countMin: 1), \.servers, required: true, example: "[http://10.0.0.1:8080]",
                "The servers: URLs, or mappings with a URL and more.")
            Key(
                "protocol", .word(), \.serverProtocol, defaultText: "`auto` with `https://`, `h1` without",
                "What to speak to the servers. `h1` is HTTP/1.1; `h2` is HTTP/2, agreed on by ALPN with `https://` and without "
                    + "asking in clear text; `auto` is whichever of the two the server chooses by ALPN.")
            Key(
                "http2", Configuration.ServerHTTP2.definition.shape, \.http2, defaultText: "as below",
                "How HTTP/2 is spoken to the servers.")
            Key(
                "balance", .balance, \.balance,
                "How a server is chosen: `round_robin` in turn; `least_requests` where the fewest are under way; "
                    + "`least_time` where an answer is expected first; `random`; `hash` always the same server for the same "
                    + "key; `first` the first in the list that may. All but `first` go by weight.")
            Key(
                "failover_below", .percentage(), \.tierHealthyMinPercent,
                "The share of a tier's servers that must be healthy; below it the next tier takes over. At `0%` one is enough."
            )
            Key(
                "slow_start", .duration(off: true), \.slowStartMs,
                "How long the weight of a server grows, from a tenth to the whole, that was added or has recovered.")
            Key(
                "sticky", .sticky, \.sticky, defaultText: "off",
                "A cookie that binds each client to a server: its name, or a mapping. Whoever has none is balanced and gets one."
            )
            Key(
                "queue", .queue, \.queue, defaultText: "as below",
                "Where requests wait when all servers have as many as `max_requests` and `max_connections` allow; `off`: they "
                    + "are answered 503 at once.")
            Key(
                "idle_connections", .integer(0...65_536), \.idleConnectionsMax,
                "Idle connections kept for each server and worker.")
            Key("idle_timeout", .duration(), \.idleTimeoutMs, "How long an idle connection is kept.")
            Key(
                "connection_lifetime", .duration(off: true), \.connectionLifetimeMs,
                "The age at which a connection takes no new request.")
            Key(
                "requests_per_connection", .limit(), \.requestsPerConnectionMax,
                "Requests on one connection before it is closed.")
            Key(
                "tls", Configuration.ServerTLS.definition.shape, \.tls, defaultText: "as below",
                "How servers with `https://` are spoken to.")
            Key(
                "proxy_protocol", .word(), \.proxyProtocol,
                "The PROXY protocol header that opens each connection and tells the client's address: `v1` is text, `v2` "
                    + "binary. Connections are then not shared between clients.")
            Key(
                "host", .hostField, \.host,
                "What the servers get as Host: `keep` is what the client sent, `server` is host and port of the server's URL; "
                    + "anything else is a host of your own. Sites and routes may say otherwise."
            )
            Key(
                "via", .boolean, \.sendsVia,
                "Whether requests carry Via, as RFC 9110 §7.6.3 asks of gateways. nginx compresses nothing for requests that "
                    + "have it unless `gzip_proxied` says so; `false` leaves it out.")
            Key(
                "timeouts", Configuration.TimeoutOverrides.upstream.shape, \.timeouts, defaultText: "inherited",
                "Timeouts of this upstream.")
            Key(
                "limits", Configuration.LimitOverrides.upstream.shape, \.limits, defaultText: "inherited",
                "Limits of this upstream.")
            Key(
                "retries", Configuration.Retries.definition.shape, \.retries,
                defaultText: "as below", "When a request is tried again.")
            Key(
                "hedge", .hedge, \.hedgeAfterMs, defaultText: "off",
                "When a second server is asked beside the first.")
            Key(
                "passive", .passive, \.passive, defaultText: "as below",
                "When a server that fails requests is left out for a while; `off`: never.")
            Key(
                "health", Configuration.Health.definition.shape, \.health, defaultText: "none",
                "How the servers are asked whether they are well, besides what `passive` learns from requests.")
            Key(
                "circuit_breaker", Configuration.CircuitBreaker.definition.shape, \.circuitBreaker, defaultText: "none",
                "Bounds over the upstream as a whole.")
            Key(
                "adaptive_concurrency", Configuration.AdaptiveConcurrency.definition.shape, \.adaptiveConcurrency,
                defaultText: "none", "A limit of requests under way that follows the upstream's latency.")
            Key(
                "panic_below", Shape<Int>.percentage().orWord("off", 0), \.panicPercent,
                "When fewer servers than this share are fit, all are used whatever their health is, since the few would not "
                    + "bear the load; `off`: never, requests are then answered 503.")
        }, finish: check)

    @Sendable
    private static func check(_ upstream: inout Self, _ node: ConfigNode, _ decoding: inout Decoding) {
        guard !upstream.servers.isEmpty else { return }
        upstream.checkTLS(node, &decoding)
        upstream.checkProtocol(node, &decoding)
    }

    private func checkTLS(_ node: ConfigNode, _ decoding: inout Decoding) {
        guard let entry = node.entries?.first(where: { $0.key == "tls" }), !hasSecureServer else { return }
        decoding.error(
            at: entry.keyLocation, "`tls` has no effect: none of the servers has `https://`; write it or remove `tls`")
    }

    private var hasSecureServer: Bool { servers.contains(where: \.isSecure) }

    private func checkProtocol(_ node: ConfigNode, _ decoding: inout Decoding) {
        if serverProtocol == .auto, !hasSecureServer, let place = node["protocol"] {
            decoding.error(
                at: place.location,
                "`auto` goes by the TLS handshake, and none of the servers has `https://`; write `h2` for HTTP/2 in clear text, "
                    + "or `h1`")
        }
        if serverProtocol == .h2, proxyProtocol != .off, let place = node["protocol"] {
            decoding.error(
                at: place.location,
                "`h2` connections are shared by all clients, and a PROXY header speaks of one; write `protocol: h1`, or remove "
                    + "`proxy_protocol`")
        }
        guard let entry = node.entries?.first(where: { $0.key == "http2" }), !maySpeakHTTP2 else { return }
        decoding.error(
            at: entry.keyLocation,
            "`http2` has no effect: the servers are spoken to by HTTP/1.1; write `protocol: h2`, or remove `http2`")
    }

    /// Whether HTTP/2 is spoken to any server, or may turn out to be.
    private var maySpeakHTTP2: Bool {
        switch serverProtocol {
        case .h1: false
        case .h2: true
        case .auto, nil: hasSecureServer && proxyProtocol == .off
        }
    }
}

extension Configuration.ServerHTTP2 {
    static let definition = StructDefinition<Self>(
        "server_http2", title: "http2 of an upstream",
        doc: "How HTTP/2 is spoken to servers. Each worker shares its connections to a server among all requests.",
        example: """
            upstreams:
              app:
                servers: [http://10.0.0.1:8080]
                protocol: h2
                http2: { streams: 50 }
            """,
        make: { Self() },
        keys: {
            Key(
                "streams", .integer(1...1000), \.streamsMax,
                "Requests under way at once on one connection; further ones open another connection. A server may allow "
                    + "fewer.")
            Key(
                "ping", .duration(100...3_600_000, off: true), \.pingAfterMs,
                "Silence on a connection with requests under way after which the server is asked whether it is still "
                    + "there.")
            Key(
                "ping_timeout", .duration(100...3_600_000), \.pingTimeoutMs,
                "How long the answer to that may take; then the connection is given up.")
        })
}

extension Configuration.Server {
    static let definition = StructDefinition<Self>(
        "server", title: "server", doc: "One server of an upstream.",
        make: { Self(address: .name("", port: 1)) }, origin: { $0.origin = $1 },
        keys: {
            Key(
                "url", .serverURL, \.url, required: true, example: "http://10.0.0.2:8080",
                "Where it is: `http://host:port`, `https://host:port` with TLS, `unix:/path`, or "
                    + "`srv://_http._tcp.example.com` for the places that DNS names."
            )
            Key(
                "weight", .integer(0...256), \.weight,
                "Its share of the requests against the weights of the other servers; 0 takes none.")
            Key(
                "tier", .integer(0...15), \.tier,
                "Servers of tier 1 take requests when tier 0 has too few healthy ones, and so on.")
            Key(
                "drain", .drain, \.drain,
                "`true`: it finishes what it has and takes nothing new. `sticky`: only from clients whose cookie names it."
            )
            Key(
                "max_requests", .limit(1...1_000_000), \.requestsMax,
                "Requests that are under way at once, over all workers.")
            Key(
                "max_connections", .limit(1...1_000_000), \.connectionsMax,
                "Connections that are open at once, over all workers, the idle ones among them.")
        })

    /// Where it is, as one value; nothing reads it back.
    private var url: ServiceURL? {
        get { nil }
        set {
            guard let newValue else { return }
            (address, isSecure) = (newValue.address, newValue.scheme == .https)
        }
    }
}
