// An explanation for programs. Names stay; later versions only add some.

internal import GateConfig
public import GateProxy

extension Explanation {
    /// A JSON object as text.
    public func json(of request: ExplainedRequest) -> String {
        let url = "\(request.isSecure ? "https" : "http")://\(request.host)\(request.target)"
        var members: [(String, JSONValue)] = [
            ("method", .string(request.method)), ("url", .string(url)), ("listener", .string(listener)),
            ("client", .string(clientAddress)), ("host", .string(host)), ("path", .string(path)),
        ]
        if let site {
            members.append(
                ("site", .members([("name", .string(site)), ("hosts", .array(siteHosts.map { .string($0) }))])))
        }
        if let route { members.append(("route", routeJSON(route))) }
        members.append(("refused", .array(refusals.map(Self.json))))
        switch outcome {
        case .forward(let forwarding): members.append(("forward", Self.json(forwarding, bodyBytesMax)))
        case .answer(let answer): members.append(("answer", Self.json(answer)))
        case .wait: members.append(("wait", .bool(true)))
        }
        return JSONValue.members(members).text()
    }

    private func routeJSON(_ route: String) -> JSONValue {
        .members([
            ("name", .string(route)), ("origin", .string(routeOrigin)),
            ("conditions", Self.strings(routeConditions)),
            ("captures", .members(captures.map { ($0.name, .string($0.value)) })),
        ])
    }

    private static func strings(_ values: [String]) -> JSONValue { .array(values.map { .string($0) }) }

    private static func json(_ refusal: Refusal) -> JSONValue {
        .members([
            ("route", .string(refusal.route)), ("origin", .string(refusal.origin)), ("why", .string(refusal.why)),
            ("path_taken", .bool(refusal.isPathTaken)),
        ])
    }

    private static func json(_ answer: OwnAnswer) -> JSONValue {
        .members([
            ("status", .number(answer.status)), ("reason", .string(answer.reason)), ("fields", strings(answer.fields)),
        ])
    }

    private static func json(_ forwarding: Forwarding, _ bodyBytesMax: Int) -> JSONValue {
        var members: [(String, JSONValue)] = [
            ("head", strings(forwarding.head)), ("upstream", .string(forwarding.upstream)),
            ("protocol", .string(forwarding.serverProtocol.name)),
            ("rule", .string(forwarding.rule)), ("servers", .array(forwarding.candidates.map(json))),
        ]
        if let server = forwarding.server { members.append(("server", .string(server))) }
        if !forwarding.split.isEmpty {
            let choices = forwarding.split.map { choice in
                JSONValue.members([("upstream", .string(choice.upstream)), ("weight", .number(choice.weight))])
            }
            members.append(("split", .array(choices)))
        }
        if let mirror = forwarding.mirror {
            members.append(
                (
                    "mirror",
                    .members([("to", .string(mirror.upstream)), ("share_percent", .number(mirror.sharePercent))])
                ))
        }
        members.append(("timeouts_ms", .members(forwarding.timeouts.named.map { ($0.name, .number($0.ms)) })))
        members.append(
            (
                "retries",
                .members([
                    ("attempts", .number(forwarding.retries.attemptsMax)),
                    ("after", strings(forwarding.retries.causes)),
                    ("budget_percent", .number(forwarding.retries.budgetPercent)),
                ])
            ))
        let limits = ([("body", bodyBytesMax)] + (forwarding.breaker?.named ?? [])).filter { $0.1 < .max }
        members.append(("limits", .members(limits.map { ($0.0, .number($0.1)) })))
        members.append(("response_changes", strings(forwarding.responseChanges)))
        return .members(members)
    }

    private static func json(_ candidate: Candidate) -> JSONValue {
        var members: [(String, JSONValue)] = [
            ("name", .string(candidate.name)), ("weight", .number(candidate.weight)), ("tier", .number(candidate.tier)),
        ]
        if let name = candidate.tlsName {
            members.append(
                ("tls", .members([("name", .string(name)), ("verified", .bool(candidate.isVerified))])))
        }
        if let excluded = candidate.excluded { members.append(("excluded", .string(excluded))) }
        return .members(members)
    }
}
