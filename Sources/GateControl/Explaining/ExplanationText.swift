// An explanation for people.

public import GateProxy

extension Explanation {
    /// Refusals that are written one by one.
    private static let refusalsMax = 20

    /// Several lines, without a last line end.
    public func text(of request: ExplainedRequest) -> String {
        var lines = ["\(request.method) \(request.isSecure ? "https" : "http")://\(request.host)\(request.target)", ""]
        lines += whereLines
        lines += refusalLines
        switch outcome {
        case .forward(let forwarding): lines += Self.lines(forwarding, bodyBytesMax)
        case .answer(let answer):
            lines += ["", "answered by Gatehouse itself: \(answer.status) (\(answer.reason))"]
            lines += answer.fields.map { "  \($0)" }
        case .wait: lines += ["", "a filter of the program would decide"]
        }
        return lines.joined(separator: "\n")
    }

    private var whereLines: [String] {
        var lines = [Self.line("listener", listener), Self.line("client", clientAddress)]
        if !host.isEmpty { lines.append(Self.line("host", host)) }
        if !path.isEmpty { lines.append(Self.line("path", path)) }
        // Without a path the request was refused before it came to sites.
        guard !path.isEmpty else { return lines }
        guard let site else { return lines + [Self.line("site", "none has this host")] }
        lines.append(Self.line("site", "\(site) (\(siteHosts.isEmpty ? "any host" : list(siteHosts)))"))
        guard let route else { return lines + [Self.line("route", "none")] }
        lines.append(Self.line("route", routeOrigin.isEmpty ? route : "\(route)  \(routeOrigin)"))
        lines += routeConditions.map { Self.line("", $0) }
        lines += captures.map { Self.line("", "{path.\($0.name)} is \($0.value)") }
        return lines
    }

    private func list(_ values: [String]) -> String { values.joined(separator: ", ") }

    private var refusalLines: [String] {
        guard !refusals.isEmpty else { return [] }
        // Those whose path fits are what somebody looks for; of the others the last few.
        let near = refusals.filter(\.isPathTaken)
        let far = refusals.filter { !$0.isPathTaken }
        let shown = near.suffix(Self.refusalsMax) + far.suffix(max(0, Self.refusalsMax - near.count))
        var lines = ["", "routes before it that do not take the request"]
        lines += shown.map { "  \($0.route)  \($0.origin)\n      \($0.why)" }
        let hidden = refusals.count - shown.count
        if hidden > 0 { lines.append("  and \(hidden) more") }
        return lines
    }

    private static func lines(_ forwarding: Forwarding, _ bodyBytesMax: Int) -> [String] {
        let choice = forwarding.serverProtocol == .negotiated ? ", if it chooses HTTP/1.1" : ""
        var lines = ["", "the server would get\(choice)"] + forwarding.head.map { "  \($0)" } + [""]
        lines.append(line("upstream", "\(forwarding.upstream), by \(forwarding.rule)"))
        lines += forwarding.candidates.map { line("", words($0, forwarding.server)) }
        lines.append(line("protocol", words(forwarding.serverProtocol)))
        if !forwarding.split.isEmpty {
            lines.append(line("split", forwarding.split.map { "\($0.upstream) \($0.weight)" }.joined(separator: ", ")))
        }
        if let mirror = forwarding.mirror {
            lines.append(line("mirror", "\(mirror.upstream), \(mirror.sharePercent)% of the requests"))
        }
        lines.append(line("retries", words(forwarding.retries)))
        lines.append(line("timeouts", words(forwarding.timeouts)))
        lines.append(line("limits", limits(forwarding.breaker, bodyBytesMax)))
        lines += ["", "what would change in an answer such as many servers give"]
        return lines
            + (forwarding.responseChanges.isEmpty ? ["  nothing"] : forwarding.responseChanges.map { "  \($0)" })
    }

    private static func words(_ candidate: Candidate, _ chosen: String?) -> String {
        var text = "\(candidate.name)  weight \(candidate.weight)"
        if candidate.tier > 0 { text += "  tier \(candidate.tier)" }
        if let name = candidate.tlsName {
            text += candidate.isVerified ? "  TLS as \(name)" : "  TLS, not verified"
        }
        if let excluded = candidate.excluded { text += "  gets nothing: \(excluded)" }
        return candidate.name == chosen && candidate.excluded == nil ? text + "  <- this one, with all healthy" : text
    }

    private static func words(_ spoken: ServerProtocolPlan) -> String {
        switch spoken {
        case .http1: "HTTP/1.1"
        case .http2: "HTTP/2.0"
        case .negotiated: "HTTP/2.0 or HTTP/1.1, as the server chooses by ALPN"
        }
    }

    private static func words(_ retries: RetryPlan) -> String {
        guard retries.attemptsMax > 0 else { return "none" }
        var parts = ["\(retries.attemptsMax)", "after \(retries.causes.joined(separator: " or "))"]
        if retries.perTryMs > 0 { parts.append("each attempt within \(duration(retries.perTryMs))") }
        if retries.hedgeAfterMs > 0 {
            parts.append("a second server beside the first after \(duration(retries.hedgeAfterMs))")
        }
        parts.append("within \(retries.budgetPercent)% of the requests")
        return parts.joined(separator: ", ")
    }

    private static func limits(_ breaker: BreakerPlan?, _ bodyBytesMax: Int) -> String {
        let bounds = [("body", bodyBytesMax)] + (breaker?.named ?? [])
        let set = bounds.filter { $0.1 < .max }.map { "\($0.0) \($0.1)" }
        return set.isEmpty ? "none" : set.joined(separator: ", ")
    }

    private static func words(_ timeouts: ServerTimeouts) -> String {
        timeouts.named.map { "\($0.name) \($0.ms == 0 ? "off" : duration($0.ms))" }.joined(separator: ", ")
    }

    private static func duration(_ ms: Int) -> String { ms % 1000 == 0 ? "\(ms / 1000)s" : "\(ms)ms" }

    private static func line(_ name: String, _ value: String) -> String {
        name + String(repeating: " ", count: max(1, 11 - name.count)) + value
    }
}

extension ServerTimeouts {
    /// As the configuration names them.
    var named: [(name: String, ms: Int)] {
        [
            ("connect", connectMs), ("first_byte", firstByteMs), ("read", readMs), ("write", writeMs),
            ("tunnel", tunnelMs), ("request", requestMs),
        ]
    }
}

extension ServerProtocolPlan {
    /// As the configuration names it.
    var name: String {
        switch self {
        case .http1: "h1"
        case .http2: "h2"
        case .negotiated: "auto"
        }
    }
}

extension BreakerPlan {
    /// As the configuration names them; `Int.max` is no limit.
    var named: [(String, Int)] {
        [
            ("connections", connectionsMax), ("pending", pendingMax), ("requests", requestsMax),
            ("retries", retriesMax),
        ]
    }
}

extension RetryPlan {
    /// After what requests are tried again, in words.
    var causes: [String] {
        let kinds: [(RetryTriggers, String)] = [
            (.connect, "connect"), (.reset, "reset"), (.timeout, "timeout"), (.badResponse, "bad_response"),
        ]
        return kinds.filter { triggers.contains($0.0) }.map(\.1)
            + (100...599).filter { statuses.contains($0) }.map { "\($0)" }
    }
}
