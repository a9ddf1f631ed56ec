internal import GateConfig

extension Configuration.Retries {
    static let definition = StructDefinition<Self>(
        "retries", title: "retries",
        doc:
            "When a request is tried again on another connection or server: if nothing of it was sent or the server refused "
            + "it, or if its method is idempotent and its body can be sent again; never after a byte of the answer "
            + "reached the client.",
        example: """
            upstreams:
              app:
                servers: [http://10.0.0.1:8080, http://10.0.0.2:8080, http://10.0.0.3:8080]
                retries: { on: [connect, reset, timeout, 503], attempts: 2, per_try_timeout: 2s, budget: 10% }
            """,
        make: { Self() },
        keys: {
            Key("attempts", .integer(0...10), \.attemptsMax, "Further attempts for one request; 0 is none.")
            Key(
                "on", .retryCauses, \.causes, defaultText: "[connect, reset, timeout]",
                "After what: `connect` is no connection, `reset` one that ends before the head of the answer is whole, "
                    + "`timeout` a head that does not come in time, `bad_response` one that breaks HTTP's rules; and statuses "
                    + "such as `503` or `5xx`, whose answers are then thrown away.")
            Key(
                "per_try_timeout", .duration(off: true), \.perTryMs,
                "The time that one attempt may take up to the head of its answer, connecting included.")
            Key(
                "backoff", Configuration.Backoff.definition.shape, \.backoff, defaultText: "as below",
                "The waits between attempts.")
            Key(
                "budget", .percentage(), \.budgetPercent,
                "Retries as a share of the requests of the last seconds. Beyond it a failed request is not tried again."
            )
            Key(
                "min_per_second", .integer(0...1_000_000), \.perSecondMin,
                "Retries per second that are allowed however few requests there were.")
        })

    /// What `on` says, in one value.
    fileprivate(set) var causes: RetryCauses {
        get { RetryCauses(triggers: triggers, statuses: statuses) }
        set { (triggers, statuses) = (newValue.triggers, newValue.statuses) }
    }
}

/// Failures and statuses after which a request is tried again.
struct RetryCauses: Sendable, Equatable {
    var triggers: Set<Configuration.RetryTrigger> = []
    var statuses: Statuses = []

    fileprivate enum Cause: Sendable {
        case trigger(Configuration.RetryTrigger)
        case statuses(ClosedRange<Int>)
    }

    fileprivate init(_ causes: [Cause]) {
        for cause in causes {
            switch cause {
            case .trigger(let trigger): triggers.insert(trigger)
            case .statuses(let range): statuses.ranges.append(range)
            }
        }
    }

    init(triggers: Set<Configuration.RetryTrigger>, statuses: Statuses) {
        self.triggers = triggers
        self.statuses = statuses
    }
}

extension Shape where Value == RetryCauses {
    fileprivate static var retryCauses: Shape<RetryCauses> {
        let trigger = Shape<Configuration.RetryTrigger>.word().converted { word, _, _ in RetryCauses.Cause.trigger(word)
        }
        let status = Shape<ClosedRange<Int>>.statusRange.converted { range, _, _ in RetryCauses.Cause.statuses(range) }
        let cause = Shape<RetryCauses.Cause>.either(
            status, where: { ("0"..."9").contains($0.scalar?.text.first ?? "x") }, trigger)
        return Shape<[RetryCauses.Cause]>.list(cause).converted { causes, _, _ in RetryCauses(causes) }
    }
}

extension Configuration.Backoff {
    static let definition = StructDefinition<Self>(
        "backoff", title: "back-off",
        doc:
            "The waits between attempts. The first retry goes to another server at once; the second waits a random time up "
            + "to `from`, and each further one up to twice as long.",
        make: { Self() },
        keys: {
            Key("from", .duration(1...60_000), \.fromMs, "What the second retry waits at most.")
            Key("to", .duration(1...60_000), \.toMs, "What any retry waits at most.")
        })
}

/// When a second server is asked beside the first.
struct Hedge: Sendable {
    var afterMs = 200

    static let definition = StructDefinition<Self>(
        "hedge", title: "hedging",
        doc:
            "A safe request without a body whose answer has not begun after a while goes to a second server, too. The first "
            + "answer wins, the other is cut off. Each such request counts as a retry against `retries.budget`.",
        example: """
            upstreams:
              search:
                servers: [http://10.0.0.1:8080, http://10.0.0.2:8080]
                hedge: { after: 200ms }
            """,
        make: { Self() },
        keys: {
            Key(
                "after", .duration(1...3_600_000), \.afterMs, required: true, example: "200ms",
                "How long the first server has to begin its answer. A time that 95 % of the answers keep costs 5 % more "
                    + "requests.")
        })
}

extension Shape where Value == Int {
    /// Milliseconds; 0 is off.
    static var hedge: Shape<Int> {
        Hedge.definition.shape.converted { hedge, _, _ in hedge.afterMs }.orWord("off", 0)
    }
}
