internal import GateConfig
internal import GateCore

extension Configuration.Balance {
    static let definition = StructDefinition<Self>(
        "balance", title: "balance", doc: "How a server is chosen, where a word does not say enough.",
        make: { Self() },
        keys: {
            Key("method", .method, \.method, required: true, example: "hash", "As `balance` itself: `hash`, say.")
            Key(
                "key", .balanceKey, \.key, defaultText: "client_address",
                "For `hash`: what is hashed. `client_address`, `path`, `query`, or one of `{ field: NAME }`, "
                    + "`{ cookie: NAME }`, `{ query: NAME }`. A request that has none goes anywhere.")
            Key(
                "max_load", .percentage(101...1000), \.loadMaxPercent, defaultText: "no bound",
                "For `hash`: how many requests a server may have under way on a worker, as a share of the mean by weight. "
                    + "Beyond it a key's next server takes the request. Up to 4 are always allowed.")
        },
        finish: { balance, node, decoding in
            guard node["method"] != nil, balance.method != .hash else { return }
            for name in ["key", "max_load"] {
                guard let value = node[name] else { continue }
                decoding.error(at: value.location, "`\(name)` has a meaning for `method: hash` only; remove it")
            }
        })
}

extension Shape where Value == Configuration.Balance {
    /// A method, or a mapping.
    static var balance: Shape<Configuration.Balance> {
        .scalarOr(
            Shape<Configuration.BalanceMethod>.method.converted { method, _, _ in Configuration.Balance(method) }
                .shown { $0.key == nil && $0.loadMaxPercent == nil ? $0.method.rawValue : nil },
            Configuration.Balance.definition.shape)
    }
}

extension Shape where Value == Configuration.BalanceMethod {
    fileprivate static var method: Shape<Configuration.BalanceMethod> { .word() }
}

extension Shape where Value == Configuration.BalanceKey {
    static var balanceKey: Shape<Configuration.BalanceKey> {
        .scalarOr(
            .words([("client_address", .clientAddress), ("path", .path), ("query", .query)]),
            NamedKey.definition.shape.converted { named, _, _ in named.key })
    }
}

/// A key that a name belongs to.
private struct NamedKey: Sendable {
    var key = Configuration.BalanceKey.clientAddress
    var field = ""
    var cookie = ""
    var parameter = ""

    static let definition = StructDefinition<Self>(
        "balance_key", title: "balance key", doc: "The part of a request that decides, by name.", make: { Self() },
        exclusions: [.exactlyOne("field", "cookie", "query")],
        keys: {
            Key("field", .fieldName, \.field, defaultText: "none", example: "X-Tenant", "A field of the request.")
            Key("cookie", .cookieName, \.cookie, defaultText: "none", example: "session", "A cookie.")
            Key(
                "query", .text("the name of a parameter"), \.parameter, defaultText: "none", example: "user",
                "A parameter of the query, its name as it is sent.")
        },
        finish: { named, _, _ in
            if !named.field.isEmpty {
                named.key = .field(named.field.lowercased())
            } else if !named.cookie.isEmpty {
                named.key = .cookie(named.cookie)
            } else if !named.parameter.isEmpty {
                named.key = .parameter(named.parameter)
            }
        })
}

extension Shape where Value == String {
    /// A field's name.
    fileprivate static var fieldName: Shape<String> {
        .text("the name of a field", pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$") { text in
            FieldRules.isName(text) ? nil : "is no name of a field (RFC 9110 §5.1)"
        }
    }

    /// A cookie's name, which is a token, too (RFC 6265 §4.1.1).
    static var cookieName: Shape<String> {
        .text("the name of a cookie", pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$") { text in
            FieldRules.isName(text) ? nil : "is no name of a cookie (RFC 6265 §4.1.1)"
        }
    }
}

extension Shape where Value == Configuration.Drain {
    /// `true`, `false` or `sticky`.
    static var drain: Shape<Configuration.Drain> {
        Shape<Bool>.boolean.converted { isOn, _, _ in isOn ? Configuration.Drain.on : .off }
            .shown { $0 == .off ? "false" : "true" }
            .orWord("sticky", .sticky)
    }
}

extension Configuration.Queue {
    static let definition = StructDefinition<Self>(
        "queue", title: "queue",
        doc:
            "How requests wait when all servers are full: first come, first served, over all workers. A client that goes away "
            + "leaves the queue. When it is full, or the time is up, the answer is 503 with Retry-After.",
        make: { Self() },
        keys: {
            Key("length", .integer(1...1_000_000), \.lengthMax, "Requests that wait, over all workers.")
            Key("timeout", .duration(1...86_400_000), \.timeoutMs, "How long a request waits.")
        })
}

extension Shape where Value == Configuration.Queue? {
    static var queue: Shape<Configuration.Queue?> {
        Configuration.Queue.definition.shape.converted { value, _, _ in Optional(value) }.orWord("off", nil)
    }
}

extension Configuration.Sticky {
    static let definition = StructDefinition<Self>(
        "sticky", title: "sticky",
        doc:
            "The cookie that binds a client to a server. Its value is a keyed hash that says nothing about the server and that "
            + "nobody without the key can make. A client whose server is gone, fails or is drained is balanced anew. The cookie "
            + "is HttpOnly and SameSite=Lax, and Secure where the client uses https.",
        make: { Self() },
        keys: {
            Key("cookie", .cookieName, \.cookie, defaultText: "made from the upstream's name", "The cookie's name.")
            Key(
                "key", .stickyKey, \.key, defaultText: "random", example: "${STICKY_KEY}",
                "What values are made with: 16 bytes or more that nobody can guess. Without it one is made at each start: "
                    + "clients are then balanced anew after a restart, and several Gatehouses do not know each other's cookies."
            )
            Key("path", .cookiePath, \.path, "The paths for which clients send it.")
            Key(
                "max_age", .duration(1000...Shape<Int>.durationMaxMs), \.maxAgeMs,
                defaultText: "until the client is closed",
                "How long clients keep it.")
        })
}

extension Shape where Value == Configuration.Sticky {
    /// A name, or a mapping.
    static var sticky: Shape<Configuration.Sticky> {
        .scalarOr(
            Shape<String>.cookieName.converted { name, _, _ in Configuration.Sticky(cookie: name) },
            Configuration.Sticky.definition.shape)
    }
}

extension Shape where Value == String {
    fileprivate static var stickyKey: Shape<String> {
        .text("a text of 16 bytes or more") { text in
            text.utf8.count >= 16 ? nil : "is too short to be a secret; write 16 bytes or more"
        }
    }

    fileprivate static var cookiePath: Shape<String> {
        .text("a path that begins with `/`", pattern: "^/[!-:<-~]*$") { text in
            guard text.hasPrefix("/") else { return "does not begin with `/`; put one before it" }
            let isPath = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: ";") }
            return isPath ? nil : "has a space or another character that a cookie's path may not hold"
        }
    }
}
