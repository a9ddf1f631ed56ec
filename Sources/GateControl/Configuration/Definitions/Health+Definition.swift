internal import GateConfig
internal import GateHTTP
internal import GatePattern

extension Configuration.Health {
    static let definition = StructDefinition<Self>(
        "health", title: "health",
        doc:
            "How the servers are asked whether they are well: once for the whole process, whatever the number of workers. "
            + "A server that is not well takes no requests.",
        example: """
            upstreams:
              app:
                servers: [http://10.0.0.1:8080, http://10.0.0.2:8080]
                health: { path: /healthz, interval: 5s }
              rpc:
                servers: [http://10.0.0.1:9090]
                health: { type: grpc, service: shop.Orders }
            """,
        make: { Self() },
        keys: {
            Key(
                "type", .word(), \.kind,
                "What is asked: `http` sends a request, `tcp` only connects, `grpc` calls `grpc.health.v1.Health/Check` over "
                    + "HTTP/2.")
            Key("path", .checkPath, \.path, "HTTP: path and query of the request.")
            Key("method", .checkMethod, \.method, "HTTP: the method.")
            Key("host", .checkHost, \.host, defaultText: "the server's own", "HTTP: the Host.")
            Key("fields", .checkFields, \.fields, defaultText: "none", "HTTP: further fields of the request.")
            Key("statuses", .statuses, \.statuses, "HTTP: statuses of a good answer.")
            Key(
                "body", .checkBody, \.body, defaultText: "any",
                "HTTP: text that the first 64 KiB of the answer's body must hold, or an expression that its first 8 KiB must "
                    + "match.")
            Key(
                "service", .string, \.service, defaultText: "the server as a whole",
                "gRPC: the service that is asked for.")
            Key("port", .integer(1...65_535), \.port, defaultText: "that of the server", "The port of the checks.")
            Key("interval", .duration(100...86_400_000), \.intervalMs, "The time between two checks of a server.")
            Key(
                "down_interval", .duration(100...86_400_000), \.downIntervalMs,
                "The time between two checks of a server that is down or was never checked; at most `interval`.")
            Key(
                "jitter", .percentage(0...90), \.jitterPercent,
                "How much earlier or later a check may come, so that checks spread.")
            Key("timeout", .duration(10...3_600_000), \.timeoutMs, "The time that a check may take, with connecting.")
            Key("rise", .integer(1...1000), \.rise, "Good checks in a row after which a server is up again.")
            Key("fall", .integer(1...1000), \.fall, "Bad checks in a row after which a server is down.")
            Key(
                "initial", .word(), \.initial,
                "What a server is until it was checked: `up` or `down`. One good check is then enough.")
        }, finish: checkKeys)

    /// Keys that belong to another kind of check would do nothing.
    @Sendable
    private static func checkKeys(_ health: inout Self, _ node: ConfigNode, _ decoding: inout Decoding) {
        for entry in node.entries ?? [] {
            guard let kind = owners[entry.key], kind != health.kind else { continue }
            decoding.error(
                at: entry.keyLocation,
                "`\(entry.key)` is for `type: \(kind.rawValue)`, and this check is `\(health.kind.rawValue)`; remove it"
            )
        }
        if health.method == "HEAD", health.body != .any {
            decoding.error(at: node.location, "an answer to HEAD has no body; write another `method` or remove `body`")
        }
    }

    private static let owners: [String: Kind] = [
        "path": .http, "method": .http, "host": .http, "fields": .http, "statuses": .http, "body": .http,
        "service": .grpc,
    ]
}

extension Shape where Value == String {
    fileprivate static var checkPath: Shape<String> {
        .text("a path such as `/healthz`", pattern: "^/[!-~]*$") { text in
            guard text.hasPrefix("/") else { return "does not begin with `/`; write `/\(text)`" }
            return text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x23 }
                ? nil : "has a space, a `#` or another character that a path may not hold"
        }
    }

    fileprivate static var checkMethod: Shape<String> {
        .text("a method such as `GET`", pattern: "^[A-Z]+$") { text in
            guard text != "CONNECT", text.utf8.allSatisfy({ (0x41...0x5A).contains($0) }) else {
                return "is no method for a check; write `GET`, `HEAD`, `OPTIONS` or `POST`"
            }
            return nil
        }
    }

    fileprivate static var checkHost: Shape<String> {
        .text("a host such as `app.internal`") { text in
            HostRules.parse(Array(text.utf8).span) == nil ? "is no host; write a name or an address" : nil
        }
    }
}

extension Shape where Value == Configuration.Health.Body {
    fileprivate static var checkBody: Shape<Configuration.Health.Body> {
        .scalarOr(
            Shape<String>.string.converted { text, _, _ in .contains(text) },
            Shape<Pattern>.patternMapping.converted { pattern, _, _ in .matches(pattern) })
    }
}

extension Shape where Value == [Configuration.ResponseField] {
    fileprivate static var checkFields: Shape<[Configuration.ResponseField]> {
        .entries(Shape<String>.fieldValue, key: "a field name") { name, location, value, decoding in
            if let problem = checkFieldProblem(name) { decoding.error(at: location, "\(quoted(name)) \(problem)") }
            return value.map { Configuration.ResponseField(name: name, value: $0) }
        }
    }

    @Sendable
    private static func checkFieldProblem(_ name: String) -> String? {
        guard FieldRules.isName(name) else { return "is no field name; use letters, digits and `-`" }
        switch name.lowercased() {
        case "host": return "has a key of its own; write `host`"
        case "content-length", "transfer-encoding", "connection", "keep-alive", "upgrade", "trailer", "te", "expect":
            return "is made by Gatehouse itself; remove it"
        default: return nil
        }
    }
}
