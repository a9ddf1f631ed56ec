// Every limit in one table: its key, where it may be set, and what it means.
internal import GateConfig

extension Configuration {
    struct LimitKey: Sendable {
        typealias Path = any WritableKeyPath<Limits, Int> & Sendable
        typealias OverridePath = any WritableKeyPath<LimitOverrides, Int?> & Sendable

        let name: String
        let shape: Shape<Int>
        let path: Path
        let override: OverridePath
        let scopes: [SettingScope]
        let doc: String

        init(
            _ name: String, _ shape: Shape<Int>, _ path: Path, _ override: OverridePath, _ scopes: [SettingScope],
            _ doc: String
        ) {
            self.name = name
            self.shape = shape
            self.path = path
            self.override = override
            self.scopes = scopes
            self.doc = doc
        }
    }

    static let limitKeys: [LimitKey] = [
        LimitKey(
            "request_line", .size(64...1_048_576), \.requestLineBytesMax, \.requestLineBytesMax, [.listener],
            "Bytes of a request line. Beyond: 414."),
        LimitKey(
            "head", .size(256...16_777_216), \.headBytesMax, \.headBytesMax, [.listener],
            "Bytes of a request head, and again of its trailers. Beyond: 431."),
        LimitKey(
            "fields", .integer(1...10_000), \.fieldsMax, \.fieldsMax, [.listener],
            "Fields of a request head, and again of its trailers. Beyond: 431."),
        LimitKey(
            "response_head", .size(256...16_777_216), \.responseHeadBytesMax, \.responseHeadBytesMax, [.upstream],
            "Bytes of a response head from a server, and again of its trailers. Beyond: 502."),
        LimitKey(
            "body", .size(0...1 << 50).orWord("off", .max), \.bodyBytesMax, \.bodyBytesMax, [.site, .route],
            "Bytes of a request body. Beyond: 413."),
        LimitKey(
            "connections", .limit(), \.connectionsMax, \.connectionsMax, [.listener],
            "Client connections at a time: here over all listeners, on a listener its own. Both hold."),
        LimitKey(
            "connections_per_client", .limit(), \.connectionsPerClientMax, \.connectionsPerClientMax, [.listener],
            "Client connections at a time from one address, counted as `connections` are."),
        LimitKey(
            "requests_per_connection", .limit(), \.requestsPerConnectionMax, \.requestsPerConnectionMax, [.listener],
            "Requests on one client connection before it is closed."),
        LimitKey(
            "handshakes", .limit(1...1_000_000), \.handshakesMax, \.handshakesMax, [.listener],
            "TLS handshakes under way at once on each worker. Beyond: the one that waits longest for its client is closed."
        ),
        LimitKey(
            "min_request_rate", .size(1...1 << 30).orWord("off", 0), \.requestRateMin, \.requestRateMin,
            [.listener, .site, .route], "Bytes per second that a client must send while its body is awaited."),
        LimitKey(
            "min_response_rate", .size(1...1 << 30).orWord("off", 0), \.responseRateMin, \.responseRateMin,
            [.listener, .site, .route], "Bytes per second that a client must take while data waits for it."),
        LimitKey(
            "rate_grace", .duration(100...3_600_000), \.rateGraceMs, \.rateGraceMs, [.listener, .site, .route],
            "How long a rate may be too low before the connection ends."),
    ]
}

extension Configuration.Limits {
    static let definition = StructDefinition<Self>(
        "limits", title: "limits",
        doc: "How much is accepted. They are inherited as timeouts are; `off` is no limit.",
        example: "limits: { head: 32KiB, body: 100MiB, connections_per_client: 100 }", make: { Self() },
        keys: {
            Configuration.limitKeys.map { key in
                let places = key.scopes.map { "`\($0.rawValue)`" }.joined(separator: ", ")
                return Key(key.name, key.shape, key.path, "\(key.doc) Also in: \(places).")
            }
        })
}

extension Configuration.LimitOverrides {
    static let listener = definition(.listener)
    static let upstream = definition(.upstream)
    static let site = definition(.site)
    static let route = definition(.route)

    private static func definition(_ scope: SettingScope) -> StructDefinition<Self> {
        let keys = Configuration.limitKeys
        return StructDefinition<Self>(
            "\(scope.rawValue)_limits", title: "\(scope.rawValue) limits",
            doc: "The limits that \(scope.words) can change.", make: { Self() },
            misplaced: misplaced(keys.filter { !$0.scopes.contains(scope) }.map { ($0.name, $0.scopes) }, in: "limits"),
            keys: {
                keys.filter { $0.scopes.contains(scope) }.map { key in
                    Key(key.name, key.shape, key.override, defaultText: ownDefault(key.name), key.doc)
                }
            })
    }

    /// Counts of connections are a listener's own and not inherited.
    private static func ownDefault(_ name: String) -> String {
        name == "connections" || name == "connections_per_client" ? "off" : "inherited"
    }
}
