// Every timeout in one table: its key, where it may be set, and what it means.
internal import GateConfig

/// Where a setting may be set besides the top level.
enum SettingScope: String, CaseIterable {
    case listener, upstream, site, route

    /// With its article.
    var words: String { self == .upstream ? "an \(rawValue)" : "a \(rawValue)" }
}

extension Configuration {
    struct TimeoutKey: Sendable {
        typealias Path = any WritableKeyPath<Timeouts, Int> & Sendable
        typealias OverridePath = any WritableKeyPath<TimeoutOverrides, Int?> & Sendable

        let name: String
        let path: Path
        let override: OverridePath
        let scopes: [SettingScope]
        let hasOff: Bool
        let doc: String

        init(
            _ name: String, _ path: Path, _ override: OverridePath, _ scopes: [SettingScope], off: Bool, _ doc: String
        ) {
            self.name = name
            self.path = path
            self.override = override
            self.scopes = scopes
            hasOff = off
            self.doc = doc
        }

        var shape: Shape<Int> { .duration(off: hasOff) }
    }

    static let timeoutKeys: [TimeoutKey] = [
        TimeoutKey(
            "handshake", \.handshakeMs, \.handshakeMs, [.listener], off: false,
            "A whole TLS handshake with a client, from the accept."),
        TimeoutKey(
            "head", \.headMs, \.headMs, [.listener], off: false,
            "A client's whole request head, from its first byte; on a new connection, from the accept."),
        TimeoutKey(
            "body", \.bodyMs, \.bodyMs, [.listener, .site, .route], off: true,
            "The wait for the next bytes of a request body."),
        TimeoutKey(
            "idle", \.idleMs, \.idleMs, [.listener], off: false,
            "The wait for the next request on a connection that is kept open."),
        TimeoutKey(
            "write", \.writeMs, \.writeMs, [.listener, .upstream, .site, .route], off: true,
            "A write on which nothing moves: to the client, or under an upstream to the server."),
        TimeoutKey(
            "linger", \.lingerMs, \.lingerMs, [.listener], off: true,
            "How long to read on after an early answer, so that the client gets to see it."),
        TimeoutKey(
            "connect", \.connectMs, \.connectMs, [.upstream, .site, .route], off: false, "A new connection to a server."
        ),
        TimeoutKey(
            "first_byte", \.firstByteMs, \.firstByteMs, [.upstream, .site, .route], off: true,
            "The wait for the first byte of a server's answer once the request is sent."),
        TimeoutKey(
            "read", \.readMs, \.readMs, [.upstream, .site, .route], off: true,
            "The wait for the next bytes of a server's answer."),
        TimeoutKey(
            "tunnel", \.tunnelMs, \.tunnelMs, [.site, .route], off: true,
            "A tunnel (WebSocket) on which nothing moves in either direction."),
        TimeoutKey(
            "request", \.requestMs, \.requestMs, [.site, .route], off: true,
            "A whole exchange, from the request head to the last byte of the answer."),
    ]
}

extension Configuration.Timeouts {
    static let definition = StructDefinition<Self>(
        "timeouts", title: "timeouts",
        doc:
            "How long to wait for what. Set at the top level they hold everywhere; a listener, upstream, site or route "
            + "changes those that have an effect there. A listener's and an upstream's settings come before the top "
            + "level's, a site's before theirs, and a route's before all.",
        example: "timeouts: { head: 10s, idle: 75s, connect: 3s, request: off }", make: { Self() },
        keys: {
            Configuration.timeoutKeys.map { key in
                let places = key.scopes.map { "`\($0.rawValue)`" }.joined(separator: ", ")
                return Key(key.name, key.shape, key.path, "\(key.doc) Also in: \(places).")
            }
        })
}

extension Configuration.TimeoutOverrides {
    static let listener = definition(.listener)
    static let upstream = definition(.upstream)
    static let site = definition(.site)
    static let route = definition(.route)

    private static func definition(_ scope: SettingScope) -> StructDefinition<Self> {
        let keys = Configuration.timeoutKeys
        return StructDefinition<Self>(
            "\(scope.rawValue)_timeouts", title: "\(scope.rawValue) timeouts",
            doc: "The timeouts that \(scope.words) can change.", make: { Self() },
            misplaced: misplaced(
                keys.filter { !$0.scopes.contains(scope) }.map { ($0.name, $0.scopes) }, in: "timeouts"),
            keys: {
                keys.filter { $0.scopes.contains(scope) }.map { key in
                    Key(key.name, key.shape, key.override, defaultText: "inherited", key.doc)
                }
            })
    }
}

/// Where the keys belong that have no effect in some place.
func misplaced(_ keys: [(name: String, scopes: [SettingScope])], in group: String) -> [String: String] {
    var places: [String: String] = [:]
    for key in keys {
        let scopes = key.scopes.map(\.words).joined(separator: ", ")
        places[key.name] = "has no effect here; it belongs in `\(group)` of \(scopes), or at the top level"
    }
    return places
}
