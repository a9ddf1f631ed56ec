// Every key as a user may write it, and what it changes against the defaults.
import GateControl
import GateCore
import GatePattern
import GateProxy

typealias Change<Value> = @Sendable (inout Value) -> Void

/// A value after a change.
func changed<Value>(_ value: Value, _ change: Change<Value>) -> Value {
    var value = value
    change(&value)
    return value
}

let timeoutCases: [(String, Change<Configuration.Timeouts>)] = [
    ("head: 1ms", { $0.headMs = 1 }),
    ("handshake: 2s", { $0.handshakeMs = 2000 }),
    ("body: 2s", { $0.bodyMs = 2000 }),
    ("body: off", { $0.bodyMs = 0 }),
    ("idle: 3s", { $0.idleMs = 3000 }),
    ("write: 4s", { $0.writeMs = 4000 }),
    ("write: off", { $0.writeMs = 0 }),
    ("linger: off", { $0.lingerMs = 0 }),
    ("connect: 5s", { $0.connectMs = 5000 }),
    ("first_byte: off", { $0.firstByteMs = 0 }),
    ("read: 6m", { $0.readMs = 360_000 }),
    ("tunnel: 1d", { $0.tunnelMs = 86_400_000 }),
    ("request: 7s", { $0.requestMs = 7000 }),
    ("request: off", { $0.requestMs = 0 }),
]

let limitCases: [(String, Change<Configuration.Limits>)] = [
    ("request_line: 64", { $0.requestLineBytesMax = 64 }),
    ("head: 1MiB", { $0.headBytesMax = 1 << 20 }),
    ("fields: 10000", { $0.fieldsMax = 10_000 }),
    ("response_head: 1KiB", { $0.responseHeadBytesMax = 1024 }),
    ("body: 0", { $0.bodyBytesMax = 0 }),
    ("body: off", { $0.bodyBytesMax = .max }),
    ("connections: 5", { $0.connectionsMax = 5 }),
    ("connections_per_client: 6", { $0.connectionsPerClientMax = 6 }),
    ("requests_per_connection: 7", { $0.requestsPerConnectionMax = 7 }),
    ("handshakes: 8", { $0.handshakesMax = 8 }),
    ("handshakes: off", { $0.handshakesMax = .max }),
    ("min_request_rate: off", { $0.requestRateMin = 0 }),
    ("min_response_rate: 1KiB", { $0.responseRateMin = 1024 }),
    ("rate_grace: 1s", { $0.rateGraceMs = 1000 }),
]

let listenerCases: [(String, Change<Configuration.Listener>)] = [
    ("name: public", { $0.name = "public" }),
    ("protocols: [h1]", { $0.protocols = [.h1] }),
    ("protocols: [h1, h2]", { $0.protocols = [.h1, .h2] }),
    (
        "protocols: [h2], http2: { streams: 5, resets: 6, resets_within: 7s, header_table: 8KiB, websocket: false }",
        {
            $0.protocols = [.h2]
            $0.http2 = .init(
                streamsMax: 5, resetsMax: 6, resetsWithinMs: 7000, headerTableBytes: 8192, offersWebSocket: false)
        }
    ),
    (
        "protocols: [h2], http2: { stream_window: 2MiB, connection_window: 4MiB }",
        {
            $0.protocols = [.h2]
            $0.http2 = .init(
                streamWindowBytes: 2 << 20, streamWindowBytesMax: 2 << 20, connectionWindowBytes: 4 << 20)
        }
    ),
    ("proxy_protocol: { from: [10.0.0.0/8] }", { $0.proxyProtocol = .init(from: [AddressBlock("10.0.0.0/8")!]) }),
    ("underscore_fields: drop", { _ in }),
    ("underscore_fields: allow", { $0.underscoreFields = .allow }),
    ("backlog: 1", { $0.backlog = 1 }),
    ("redirect_to_https: true", { $0.redirectToHTTPS = true }),
    ("tcp_keepalive: 60s", { $0.tcpKeepaliveMs = 60_000 }),
    ("tcp_keepalive: off", { _ in }),
    ("timeouts: { head: 1s, body: 2s }", { $0.timeouts = .init(headMs: 1000, bodyMs: 2000) }),
    (
        "timeouts: { idle: 3s, write: off, linger: 5s }",
        { $0.timeouts = .init(idleMs: 3000, writeMs: 0, lingerMs: 5000) }
    ),
    (
        "limits: { request_line: 1KiB, head: 2KiB }",
        { $0.limits = .init(requestLineBytesMax: 1024, headBytesMax: 2048) }
    ),
    ("limits: { fields: 3, connections: 4 }", { $0.limits = .init(fieldsMax: 3, connectionsMax: 4) }),
    ("limits: { connections_per_client: 5 }", { $0.limits = .init(connectionsPerClientMax: 5) }),
    ("limits: { requests_per_connection: off }", { $0.limits = .init(requestsPerConnectionMax: .max) }),
    (
        "limits: { min_request_rate: 1, min_response_rate: off }",
        { $0.limits = .init(requestRateMin: 1, responseRateMin: 0) }
    ),
    ("limits: { rate_grace: 3s }", { $0.limits = .init(rateGraceMs: 3000) }),
    (
        "limits: { handshakes: 9 }, timeouts: { handshake: 8s }",
        { ($0.limits.handshakesMax, $0.timeouts.handshakeMs) = (9, 8000) }
    ),
]

let upstreamCases: [(String, Change<Configuration.Upstream>)] = [
    ("protocol: h1", { $0.serverProtocol = .h1 }),
    ("protocol: h2", { $0.serverProtocol = .h2 }),
    (
        "protocol: h2, http2: { streams: 7, ping: off, ping_timeout: 1s }",
        {
            $0.serverProtocol = .h2
            ($0.http2.streamsMax, $0.http2.pingAfterMs, $0.http2.pingTimeoutMs) = (7, 0, 1000)
        }
    ),
    ("balance: round_robin", { _ in }),
    ("balance: least_requests", { $0.balance.method = .leastRequests }),
    ("balance: { method: random }", { $0.balance.method = .random }),
    ("balance: hash", { $0.balance.method = .hash }),
    (
        "balance: { method: hash, key: path, max_load: 125% }",
        { $0.balance = .init(.hash, key: .path, loadMaxPercent: 125) }
    ),
    ("balance: { method: hash, key: { field: X-Tenant } }", { $0.balance = .init(.hash, key: .field("x-tenant")) }),
    ("balance: { method: hash, key: { cookie: Sid } }", { $0.balance = .init(.hash, key: .cookie("Sid")) }),
    ("balance: { method: hash, key: { query: user } }", { $0.balance = .init(.hash, key: .parameter("user")) }),
    ("balance: { method: hash, key: query }", { $0.balance = .init(.hash, key: .query) }),
    ("failover_below: 50%", { $0.tierHealthyMinPercent = 50 }),
    ("queue: { length: 7, timeout: 1s }", { $0.queue = .init(lengthMax: 7, timeoutMs: 1000) }),
    ("queue: off", { $0.queue = nil }),
    ("sticky: node", { $0.sticky = .init(cookie: "node") }),
    ("sticky: {}", { $0.sticky = .init() }),
    (
        "sticky: { cookie: n, key: 0123456789abcdef, path: /app, max_age: 1h }",
        { $0.sticky = .init(cookie: "n", key: "0123456789abcdef", path: "/app", maxAgeMs: 3_600_000) }
    ),
    ("slow_start: 30s", { $0.slowStartMs = 30_000 }),
    ("idle_connections: 0", { $0.idleConnectionsMax = 0 }),
    ("idle_timeout: 1s", { $0.idleTimeoutMs = 1000 }),
    ("connection_lifetime: 1h", { $0.connectionLifetimeMs = 3_600_000 }),
    ("connection_lifetime: off", { _ in }),
    ("requests_per_connection: 9", { $0.requestsPerConnectionMax = 9 }),
    ("proxy_protocol: off", { _ in }),
    ("proxy_protocol: v1", { $0.proxyProtocol = .v1 }),
    ("proxy_protocol: v2", { $0.proxyProtocol = .v2 }),
    ("host: keep", { _ in }),
    ("host: server", { $0.host = .server }),
    ("limits: { response_head: 1KiB }", { $0.limits = .init(responseHeadBytesMax: 1024) }),
    ("timeouts: { connect: 1s, first_byte: 2s }", { $0.timeouts = .init(connectMs: 1000, firstByteMs: 2000) }),
    ("timeouts: { read: 3s, write: 4s }", { $0.timeouts = .init(writeMs: 4000, readMs: 3000) }),
    ("retries: { attempts: 0 }", { $0.retries.attemptsMax = 0 }),
    ("retries: { budget: 5%, min_per_second: 1 }", { $0.retries = .init(budgetPercent: 5, perSecondMin: 1) }),
    ("retries: { on: [connect, 503] }", { $0.retries = .init(triggers: [.connect], statuses: [503...503]) }),
    (
        "retries: { on: [reset, timeout, bad_response, 5xx, 500-502] }",
        { $0.retries = .init(triggers: [.reset, .timeout, .badResponse], statuses: [500...599, 500...502]) }
    ),
    ("retries: { on: [] }", { $0.retries = .init(triggers: []) }),
    (
        "retries: { per_try_timeout: 2s, backoff: { from: 1ms, to: 2ms } }",
        { $0.retries = .init(perTryMs: 2000, backoff: .init(fromMs: 1, toMs: 2)) }
    ),
    ("hedge: { after: 300ms }", { $0.hedgeAfterMs = 300 }),
    ("hedge: off", { $0.hedgeAfterMs = 0 }),
    ("passive: { failures: 1, for: 1s }", { $0.passive = .init(failuresMax: 1, ejectionMs: 1000) }),
    ("passive: { max_share: 100% }", { $0.passive = .init(shareMaxPercent: 100) }),
    ("passive: { max_for: 1m, statuses: 500 }", { $0.passive = .init(ejectionMsMax: 60_000, statuses: [500...500]) }),
    (
        "passive: { statuses: [5xx, 401-403, 404] }",
        { $0.passive = .init(statuses: [500...599, 401...403, 404...404]) }
    ),
    ("passive: { statuses: [] }", { $0.passive = .init(statuses: []) }),
    (
        "passive: { failure_rate: { share: 30%, min_requests: 9, window: 1m } }",
        { $0.passive = .init(failureRate: .init(percent: 30, requestsMin: 9, windowMs: 60_000)) }
    ),
    (
        "passive: { latency: { factor: 200%, floor: 1s, min_requests: 8 } }",
        { $0.passive = .init(latency: .init(factorPercent: 200, floorMs: 1000, requestsMin: 8)) }
    ),
    ("passive: off", { $0.passive = nil }),
    ("health: {}", { $0.health = .init() }),
    (
        "health: { path: '/h?a=b', method: HEAD, host: 'a.b:1', fields: { X-A: b }, statuses: [200, 3xx] }",
        {
            $0.health = .init(
                path: "/h?a=b", method: "HEAD", host: "a.b:1", fields: [.init(name: "X-A", value: "b")],
                statuses: [200...200, 300...399])
        }
    ),
    ("health: { body: 'is ok', port: 81 }", { $0.health = .init(body: .contains("is ok"), port: 81) }),
    ("health: { body: { regex: '^ok$' } }", { $0.health = .init(body: .matches(try! Pattern("^ok$"))) }),
    ("health: { type: tcp, initial: down }", { $0.health = .init(kind: .tcp, initial: .down) }),
    ("health: { type: grpc, service: a.B }", { $0.health = .init(kind: .grpc, service: "a.B") }),
    (
        "health: { interval: 3s, down_interval: 1s, jitter: 0%, timeout: 4s, rise: 5, fall: 6 }",
        {
            $0.health = .init(
                intervalMs: 3000, downIntervalMs: 1000, jitterPercent: 0, timeoutMs: 4000, rise: 5, fall: 6)
        }
    ),
    (
        "circuit_breaker: { connections: 1, pending: 2, requests: 3, retries: 4 }",
        { $0.circuitBreaker = .init(connectionsMax: 1, pendingMax: 2, requestsMax: 3, retriesMax: 4) }
    ),
    ("circuit_breaker: { retries: off }", { $0.circuitBreaker = .init() }),
    ("adaptive_concurrency: {}", { $0.adaptiveConcurrency = .init() }),
    (
        "adaptive_concurrency: { initial: 9, min: 8, max: 10, tolerance: 200%, window: 2s }",
        {
            $0.adaptiveConcurrency = .init(
                limitStart: 9, limitMin: 8, limitMax: 10, tolerancePercent: 200, windowMs: 2000)
        }
    ),
    ("panic_below: 40%", { $0.panicPercent = 40 }),
    ("panic_below: off", { $0.panicPercent = 0 }),
]

let serverCases: [(String, Configuration.Server)] = [
    ("'http://127.0.0.1:3000'", .init(address: .socket(.ip(.loopbackIPv4, port: 3000)))),
    ("'http://app/'", .init(address: .name("app", port: 80))),
    ("'unix:/run/app.sock'", .init(address: .socket(.unix(path: "/run/app.sock")))),
    ("{ url: 'http://[::1]:1', weight: 0 }", .init(address: .socket(.ip(.loopback, port: 1)), weight: 0)),
    ("{ url: 'http://a:1', weight: 256 }", .init(address: .name("a", port: 1), weight: 256)),
    ("{ url: 'http://a:1', max_requests: 2 }", changed(.init(address: .name("a", port: 1))) { $0.requestsMax = 2 }),
    (
        "{ url: 'http://a:1', max_connections: 3 }",
        changed(.init(address: .name("a", port: 1))) { $0.connectionsMax = 3 }
    ),
    ("{ url: 'http://a:1', tier: 1 }", changed(.init(address: .name("a", port: 1))) { $0.tier = 1 }),
    ("{ url: 'http://a:1', drain: true }", changed(.init(address: .name("a", port: 1))) { $0.drain = .on }),
    ("{ url: 'http://a:1', drain: sticky }", changed(.init(address: .name("a", port: 1))) { $0.drain = .sticky }),
]

let routeCases: [(String, Change<Configuration.Route>)] = [
    ("grpc_web: true", { $0.translatesGRPCWeb = true }),
    ("respond: 404", { $0.action = .respond(.init(status: 404)) }),
    ("name: r, respond: 200", { $0.name = "r" }),
    ("respond: { status: 201, body: hi }", { $0.action = .respond(.init(status: 201, body: "hi")) }),
    ("respond: { content_type: text/html }", { $0.action = .respond(.init(contentType: "text/html")) }),
    (
        "respond: { fields: { X-A: b, Cache-Control: no-store } }",
        {
            let fields: [Configuration.ResponseField] = [
                .init(name: "X-A", value: "b"), .init(name: "Cache-Control", value: "no-store"),
            ]
            $0.action = .respond(.init(fields: fields))
        }
    ),
    ("redirect: /new", { $0.action = .redirect(.init(location: "/new")) }),
    (
        "redirect: { to: 'https://a.b/c?d#e', status: 308 }",
        { $0.action = .redirect(.init(location: "https://a.b/c?d#e", status: 308)) }
    ),
    (
        "match: { host: a.b, path: /x }, respond: 200",
        { $0.match = .init(hosts: [.exact("a.b")], paths: [.exact("/x")]) }
    ),
    ("match: { host: ['*.b', c.d] }, respond: 200", { $0.match = .init(hosts: [.suffix("b"), .exact("c.d")]) }),
    (
        "match: { path: [/x/*, '*', /] }, respond: 200",
        { $0.match = .init(paths: [.prefix("/x/"), .any, .exact("/")]) }
    ),
    (
        "match: { path: ['/img/*.png', '/a/**/b', { regex: '^/u' }], host: { regex: x } }, respond: 200",
        {
            $0.match = .init(
                hosts: [.regex(try! Pattern("x"))],
                paths: [.glob("/img/*.png"), .glob("/a/**/b"), .regex(try! Pattern("^/u"))])
        }
    ),
    (
        "match: { method: [GET, PURGE], scheme: https, client: 10.0.0.0/8 }, respond: 200",
        {
            $0.match = .init(
                methods: ["GET", "PURGE"], scheme: .https, clients: AddressSet([AddressBlock("10.0.0.0/8")!]))
        }
    ),
    (
        "match: { field: { X-A: [b, { prefix: c }] }, query: { d: { present: false } }, cookie: { e: f } }, respond: 200",
        {
            $0.match = .init(
                fields: [.init(name: "X-A", tests: [.exact("b"), .prefix("c")])],
                query: [.init(name: "d", tests: [.present(false)])],
                cookies: [.init(name: "e", tests: [.exact("f")])])
        }
    ),
    (
        "match: { all: [{ path: /a }], any: [{ method: GET }], not: { all: [{ path: /b }] } }, respond: 200",
        {
            $0.match = .init(
                all: [.init(paths: [.exact("/a")])], any: [.init(methods: ["GET"])],
                none: [.init(all: [.init(paths: [.exact("/b")])])])
        }
    ),
    (
        "routes: [{ match: { path: /a }, respond: 200 }]",
        {
            $0.action = .pass
            $0.routes = [.init(match: .init(paths: [.exact("/a")]), action: .respond(.init(status: 200)))]
        }
    ),
    ("encoded: [slash, backslash, nul], respond: 200", { $0.encoded = [.slash, .backslash, .nul] }),
    (
        "limits: { body: 1 }, timeouts: { body: 1s }, respond: 200",
        {
            $0.limits.bodyBytesMax = 1
            $0.timeouts.bodyMs = 1000
        }
    ),
]

let proxyRouteCases: [(String, Change<Configuration.Route>)] = [
    ("upgrade: []", { $0.upgrade = [] }),
    ("upgrade: [WebSocket, foo/2]", { $0.upgrade = ["websocket", "foo/2"] }),
    (
        "timeouts: { body: 1s, write: 2s, connect: 3s }",
        { $0.timeouts = .init(bodyMs: 1000, writeMs: 2000, connectMs: 3000) }
    ),
    ("timeouts: { first_byte: 4s, read: 5s }", { $0.timeouts = .init(firstByteMs: 4000, readMs: 5000) }),
    ("timeouts: { tunnel: 6s, request: off }", { $0.timeouts = .init(tunnelMs: 6000, requestMs: 0) }),
    ("limits: { body: 5, rate_grace: 1s }", { $0.limits = .init(bodyBytesMax: 5, rateGraceMs: 1000) }),
    (
        "limits: { min_request_rate: off, min_response_rate: off }",
        { $0.limits = .init(requestRateMin: 0, responseRateMin: 0) }
    ),
]

let logCases: [(String, Change<Configuration.Log>)] = [
    ("access: off", { $0.access = nil }),
    ("access: { format: json }", { _ in }),
    ("access: { format: combined, output: stderr }", { $0.access = .init(format: .combined, output: .stderr) }),
    ("access: { buffer: 4KiB }", { $0.access = .init(bufferBytes: 4096) }),
    ("access: { output: ./a.log }", { $0.access = .init(output: .file(path: "./a.log")) }),
    (
        "access: { template: '{status} {{x}}' }",
        { $0.access = .init(format: .template(try! Template("{status} {{x}}", as: .logText))) }
    ),
    ("error: { level: trace, format: json }", { $0.error = .init(level: .trace, format: .json) }),
    ("error: { output: /var/log/e.log }", { $0.error = .init(output: .file(path: "/var/log/e.log")) }),
    ("error: { output: stdout }", { $0.error = .init(output: .stdout) }),
]
