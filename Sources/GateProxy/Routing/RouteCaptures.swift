// What the groups of a route's patterns found, for whoever rewrites. Routing itself keeps nothing: a route that is asked
// for its captures matches once more, and one that is not asked pays nothing.

import GatePattern

/// Where the groups of the patterns that led to a route stand in the exchange's path and host. Of several patterns that
/// match, those of nested routes among them, it is the last one's.
public final class RouteCaptures {
    private struct Groups {
        var pattern: Pattern?
        var ranges: ContiguousArray<Range<Int>> = []

        mutating func take(_ pattern: Pattern, _ matcher: PatternMatcher) {
            self.pattern = pattern
            ranges.removeAll(keepingCapacity: true)
            for number in 0...pattern.groupCount { ranges.append(matcher.group(number) ?? -1 ..< -1) }
        }

        subscript(number: Int) -> Range<Int>? {
            guard pattern != nil, number >= 0, number < ranges.count, ranges[number].lowerBound >= 0 else { return nil }
            return ranges[number]
        }

        subscript(capture: Capture) -> Range<Int>? {
            switch capture {
            case .number(let number): self[number]
            case .name(let name): pattern?.number(ofGroup: name).flatMap { self[$0] }
            }
        }
    }

    private var pathGroups = Groups()
    private var hostGroups = Groups()

    /// Where a group of the path's pattern stands in `Exchange.path`; nil when it took no part.
    public func path(_ capture: Capture) -> Range<Int>? { pathGroups[capture] }
    /// Where a group of the host's pattern stands in `Exchange.host`.
    public func host(_ capture: Capture) -> Range<Int>? { hostGroups[capture] }

    /// The pattern that the path's groups belong to.
    var pathPattern: Pattern? { pathGroups.pattern }

    fileprivate func clear() {
        pathGroups.pattern = nil
        hostGroups.pattern = nil
    }

    fileprivate func fill(_ exchange: Exchange, _ patterns: CapturingPatterns, _ bench: Bench) {
        for tests in patterns.paths {
            for test in tests where test.ask(exchange.path, bench) == .yes {
                if case .pattern(let pattern) = test { pathGroups.take(pattern, bench.matcher) }
                break
            }
        }
        for tests in patterns.hosts {
            for test in tests where test.ask(exchange.host, bench) == .yes {
                if case .pattern(let pattern) = test { hostGroups.take(pattern, bench.matcher) }
                break
            }
        }
    }
}

/// The conditions of a route that have groups.
struct CapturingPatterns: Sendable {
    private(set) var paths: [[PathTest]] = []
    private(set) var hosts: [[HostTest]] = []

    var isEmpty: Bool { paths.isEmpty && hosts.isEmpty }

    /// From the outermost to the innermost: the site's hosts, the conditions, the paths that find the route.
    init(siteHosts: [HostPattern], conditions: [RouteCondition], paths: [PathPattern]) {
        add(.host(siteHosts))
        for condition in conditions { add(condition) }
        add(.path(paths))
    }

    private mutating func add(_ condition: RouteCondition) {
        switch condition {
        case .host(let patterns):
            if patterns.contains(where: { if case .pattern = $0 { true } else { false } }) {
                hosts.append(patterns.map { HostTest($0) })
            }
        case .path(let patterns):
            if patterns.contains(where: { if case .pattern = $0 { true } else { false } }) {
                paths.append(patterns.map { PathTest($0) })
            }
        case .all(let inner), .any(let inner): for condition in inner { add(condition) }
        case .method, .secure, .listener, .client, .field, .query, .cookie, .not: break
        }
    }
}

extension Exchange {
    /// What the patterns that led to the route found; nil when there is no route yet or it has no patterns.
    public var captures: RouteCaptures? {
        guard let route, !route.capturing.isEmpty else { return nil }
        let store = captureStore ?? RouteCaptures()
        if !hasCaptures {
            captureStore = store
            hasCaptures = true
            store.clear()
            store.fill(self, route.capturing, worker.router.bench)
        }
        return store
    }
}
