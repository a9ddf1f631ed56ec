internal import GateConfig

extension Configuration.Passive {
    static let definition = StructDefinition<Self>(
        "passive", title: "passive",
        doc:
            "When a server that fails requests is left out for a while. Failures are connections that are refused, reset "
            + "or cut, timeouts, answers that break HTTP's rules, and the statuses named here.",
        example: """
            upstreams:
              app:
                servers: [http://10.0.0.1:8080, http://10.0.0.2:8080, http://10.0.0.3:8080]
                passive:
                  failures: 5
                  for: 30s
                  failure_rate: { share: 30%, min_requests: 100 }
                  latency: { factor: 400% }
            """,
        make: { Self() },
        keys: {
            Key("failures", .integer(1...1000), \.failuresMax, "Failures in a row.")
            Key(
                "for", .duration(100...86_400_000), \.ejectionMs,
                "How long the server is left out the first time; the n-th time in a row it is n times as long. Each such "
                    + "while without another failure takes one time back.")
            Key("max_for", .duration(100...86_400_000), \.ejectionMsMax, "The longest that repetition makes of it.")
            Key(
                "max_share", .percentage(), \.shareMaxPercent,
                "The most servers left out at once, as a share of the upstream.")
            Key(
                "statuses", .statuses, \.statuses,
                "Answers that count as failures: `503`, `5xx`, `500-504`, or a list of them; `[]` is none.")
            Key(
                "failure_rate", Configuration.FailureRate.definition.shape, \.failureRate, defaultText: "none",
                "The share of failures that is too much, whether they come in a row or not.")
            Key(
                "latency", Configuration.Latency.definition.shape, \.latency, defaultText: "none",
                "When a server is left out because it is far slower than the others. It takes three servers to tell.")
        })
}

extension Configuration.FailureRate {
    static let definition = StructDefinition<Self>(
        "failure_rate", title: "failure rate", doc: "The share of failed requests that is too much.",
        make: { Self() },
        keys: {
            Key("share", .percentage(1...100), \.percent, "Failures as a share of the requests.")
            Key(
                "min_requests", .integer(1...1_000_000), \.requestsMin,
                "Requests in the window below which nothing is said. Each worker counts its own.")
            Key("window", .duration(1000...3_600_000), \.windowMs, "How far back requests count.")
        })
}

extension Configuration.Latency {
    static let definition = StructDefinition<Self>(
        "latency", title: "latency rule",
        doc:
            "When a server is too slow: its mean time to the head of an answer against the median of the servers' means.",
        make: { Self() },
        keys: {
            Key("factor", .percentage(110...10_000), \.factorPercent, "The mean as a share of the median.")
            Key("floor", .duration(1...3_600_000), \.floorMs, "Means below this are never too slow.")
            Key(
                "min_requests", .integer(1...1_000_000), \.requestsMin,
                "Answers that a mean needs. Each worker counts its own.")
        })
}

extension Shape where Value == Configuration.Passive? {
    static var passive: Shape<Configuration.Passive?> {
        Configuration.Passive.definition.shape.converted { value, _, _ in Optional(value) }.orWord("off", nil)
    }
}
