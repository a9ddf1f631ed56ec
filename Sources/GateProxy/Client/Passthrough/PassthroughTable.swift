// Which names' connections go on as they are.

/// Upstreams by the names that clients ask for. An exact name comes first, then the longest that ends like it.
final class PassthroughTable {
    private var exact: [String: String] = [:]
    /// What stands behind `*.`.
    private var suffixes: [String: String] = [:]
    private var all: String?

    /// Nil when there is nothing in it. Of equal names the first counts.
    init?(_ plans: [PassthroughPlan]) {
        if plans.isEmpty { return nil }
        for plan in plans {
            for name in plan.names { add(name, plan.upstream) }
        }
    }

    private func add(_ name: String, _ upstream: String) {
        if name == "*" {
            all = all ?? upstream
        } else if name.hasPrefix("*.") {
            let suffix = String(name.dropFirst(2))
            suffixes[suffix] = suffixes[suffix] ?? upstream
        } else {
            exact[name] = exact[name] ?? upstream
        }
    }

    /// The upstream for a name in lower case; nil when its TLS ends here.
    func upstream(for name: String) -> String? {
        if let upstream = exact[name] { return upstream }
        var rest = name[...]
        while !suffixes.isEmpty, let dot = rest.firstIndex(of: ".") {
            rest = rest[rest.index(after: dot)...]
            if let upstream = suffixes[String(rest)] { return upstream }
        }
        return all
    }
}
