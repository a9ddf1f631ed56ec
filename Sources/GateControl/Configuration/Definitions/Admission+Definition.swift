internal import GateConfig

extension Configuration.CircuitBreaker {
    static let definition = StructDefinition<Self>(
        "circuit_breaker", title: "circuit breaker",
        doc: "Bounds over an upstream as a whole, counted over all workers. What is beyond them is answered 503 with "
            + "Retry-After at once, so that a slow upstream does not take everything else down with it.",
        example: """
            upstreams:
              app:
                servers: [http://10.0.0.1:8080, http://10.0.0.2:8080]
                circuit_breaker: { connections: 500, requests: 1000, pending: 100, retries: 20 }
            """,
        make: { Self() },
        keys: {
            Key("connections", .limit(), \.connectionsMax, "Open connections, the idle ones among them.")
            Key("pending", .limit(), \.pendingMax, "Connections that are being made, with a request waiting for each.")
            Key("requests", .limit(), \.requestsMax, "Requests under way.")
            Key("retries", .limit(), \.retriesMax, "Requests under way that are being tried again or hedged.")
        })
}

extension Configuration.AdaptiveConcurrency {
    static let definition = StructDefinition<Self>(
        "adaptive_concurrency", title: "adaptive concurrency",
        doc:
            "A limit of requests under way that finds itself: while answers come as fast as usual it grows, and when they "
            + "take longer it shrinks. What is beyond it is answered 503 with Retry-After. Each worker has its own.",
        example: """
            upstreams:
              app:
                servers: [http://10.0.0.1:8080, http://10.0.0.2:8080]
                adaptive_concurrency: { min: 8, max: 400 }
            """,
        make: { Self() },
        keys: {
            Key("initial", .integer(1...1_000_000), \.limitStart, "The limit at the start.")
            Key("min", .integer(1...1_000_000), \.limitMin, "The least that it shrinks to.")
            Key("max", .integer(1...1_000_000), \.limitMax, "The most that it grows to.")
            Key(
                "tolerance", .percentage(110...1000), \.tolerancePercent,
                "How long answers may take, as a share of the usual time, before the limit shrinks.")
            Key("window", .duration(50...60_000), \.windowMs, "The time between two looks at the limit.")
        },
        finish: { rules, node, decoding in
            guard rules.limitMin > rules.limitMax || !(rules.limitMin...rules.limitMax).contains(rules.limitStart)
            else { return }
            decoding.error(
                at: node.location,
                "`min` \(rules.limitMin), `initial` \(rules.limitStart) and `max` \(rules.limitMax) are not in order; "
                    + "write them so that none is less than the one before")
        })
}
