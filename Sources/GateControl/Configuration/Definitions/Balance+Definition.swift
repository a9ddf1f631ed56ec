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
