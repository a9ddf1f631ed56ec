// From conditions as they are written to conditions as they are asked.

import GateCore
import GatePattern
import GateProxy

extension PlanBuilder {
    /// What a route and those around it ask of a request. The innermost paths find the route; the others are conditions.
    static func conditions(_ matches: [Configuration.Match]) -> (paths: [PathPattern], conditions: [RouteCondition]) {
        let finding = matches.lastIndex { !$0.paths.isEmpty }
        var conditions: [RouteCondition] = []
        for (index, match) in matches.enumerated() {
            conditions += self.conditions(match, withPaths: index != finding)
        }
        return (finding.map { matches[$0].paths.map(path) } ?? [], conditions)
    }

    /// The cheap ones first.
    private static func conditions(_ match: Configuration.Match, withPaths: Bool = true) -> [RouteCondition] {
        var result: [RouteCondition] = []
        if !match.methods.isEmpty { result.append(.method(match.methods)) }
        if let scheme = match.scheme { result.append(.secure(scheme == .https)) }
        if !match.listeners.isEmpty { result.append(.listener(match.listeners)) }
        if !match.hosts.isEmpty { result.append(.host(match.hosts.map(host))) }
        if withPaths && !match.paths.isEmpty { result.append(.path(match.paths.map(path))) }
        if let clients = match.clients { result.append(.client(clients)) }
        result += match.fields.map { tests($0, RouteCondition.field) }
        result += match.query.map { tests($0, RouteCondition.query) }
        result += match.cookies.map { tests($0, RouteCondition.cookie) }
        result += match.all.flatMap { conditions($0) }
        if !match.any.isEmpty { result.append(.any(match.any.map { .all(conditions($0)) })) }
        result += match.none.map { .not(.all(conditions($0))) }
        return result
    }

    private static func tests(
        _ named: Configuration.NamedTests, _ make: (String, [TextTest]) -> RouteCondition
    ) -> RouteCondition {
        let tests = named.tests.compactMap(test)
        // Not being there is no property of a value.
        guard named.tests.contains(.present(false)) else { return make(named.name, tests) }
        let absent = RouteCondition.not(make(named.name, [.present]))
        return tests.isEmpty ? absent : .any([absent, make(named.name, tests)])
    }

    private static func test(_ test: Configuration.ValueTest) -> TextTest? {
        switch test {
        case .present(let isPresent): isPresent ? .present : nil
        case .exact(let text): .exact(text)
        case .prefix(let text): .prefix(text)
        case .suffix(let text): .suffix(text)
        case .contains(let text): .contains(text)
        case .regex(let pattern): .pattern(pattern)
        }
    }

    static func host(_ pattern: Configuration.HostPattern) -> HostPattern {
        switch pattern {
        case .exact(let name): .exact(name)
        case .suffix(let suffix): .suffix(suffix)
        case .regex(let pattern): .pattern(pattern)
        }
    }

    static func path(_ pattern: Configuration.PathPattern) -> PathPattern {
        switch pattern {
        case .exact(let path): .exact(path)
        case .prefix(let prefix): .prefix(prefix)
        case .glob(let glob): .glob(PathGlob(glob))
        case .regex(let pattern): .pattern(pattern)
        case .any: .any
        }
    }
}
