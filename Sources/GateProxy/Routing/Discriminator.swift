// Many routes for one path that differ by one thing: the host, a field, the method. They are found by its value.

import GateCore
import GateHTTP

/// Finds those of a list's routes that a request may lead to by the value of one thing that most of them ask for.
struct Discriminator: Sendable {
    /// Lists with fewer routes are asked route by route.
    static let routesMin = 16

    /// What the routes differ by.
    enum Subject: Sendable, Hashable {
        case host
        case method
        case field([UInt8])
        case query([UInt8])
        case cookie([UInt8])
    }

    private let subject: Subject
    private let table: ByteTable
    /// For each value of the table, where its list stands.
    private let lists: [PathTable.Cursor]
    /// The routes that do not ask for the subject, or not for whole values.
    private let rest: PathTable.Cursor

    /// Nil where it would not pay. Lists are appended to `candidates`.
    init?(_ routes: [Int32], _ conditions: [[RouteCondition]], _ candidates: inout [Int32]) {
        guard routes.count >= Self.routesMin, !conditions.isEmpty else { return nil }
        var counts: [Subject: Int] = [:]
        for route in routes {
            for subject in Set(Self.values(conditions[Int(route)]).map(\.subject)) { counts[subject, default: 0] += 1 }
        }
        guard let best = counts.max(by: { $0.value < $1.value }), best.value * 2 >= routes.count else { return nil }
        subject = best.key
        var byValue: [String: [Int32]] = [:]
        var others: [Int32] = []
        for route in routes {
            guard let values = Self.values(conditions[Int(route)]).first(where: { $0.subject == best.key })?.values
            else {
                others.append(route)
                continue
            }
            for value in Set(values) { byValue[value, default: []].append(route) }
        }
        let keys = byValue.keys.sorted()
        table = ByteTable(keys.enumerated().map { ($1, Int32($0)) })
        lists = keys.map { PathTable.Cursor(appending: byValue[$0]!, to: &candidates) }
        rest = PathTable.Cursor(appending: others, to: &candidates)
    }

    /// Things that must be one of some values for the conditions to hold.
    private static func values(_ conditions: [RouteCondition]) -> [(subject: Subject, values: [String])] {
        conditions.flatMap { condition -> [(subject: Subject, values: [String])] in
            switch condition {
            case .method(let methods): return [(.method, methods)]
            case .host(let hosts): return exact(hosts).map { [(.host, $0)] } ?? []
            case .field(let name, let tests):
                // Fields that count only from trusted proxies are left to their condition.
                guard let values = exact(tests), !FieldTest.isForwarding(name) else { return [] }
                return [(.field(Array(name.lowercased().utf8)), values)]
            case .query(let name, let tests): return exact(tests).map { [(.query(Array(name.utf8)), $0)] } ?? []
            case .cookie(let name, let tests): return exact(tests).map { [(.cookie(Array(name.utf8)), $0)] } ?? []
            case .all(let inner): return values(inner)
            case .path, .secure, .listener, .client, .any, .not: return []
            }
        }
    }

    /// The hosts, if all are whole names.
    private static func exact(_ hosts: [HostPattern]) -> [String]? {
        let names = hosts.compactMap { if case .exact(let name) = $0 { name } else { nil } }
        return names.count == hosts.count ? names : nil
    }

    /// The values, if all are whole ones.
    private static func exact(_ tests: [TextTest]) -> [String]? {
        let values = tests.compactMap { if case .exact(let value) = $0 { value } else { nil } }
        return values.count == tests.count ? values : nil
    }

    /// Puts a cursor before each list that the request leads to.
    func find(_ exchange: Exchange, _ bench: Bench) {
        if rest.at < rest.end { bench.cursors.append(rest) }
        switch subject {
        case .host: add(exchange.host, bench)
        case .method: add(exchange.requestMethod, bench)
        case .field(let name): findFields(name, exchange, bench)
        case .query(let name): findParameters(name, exchange, bench)
        case .cookie(let name): findCookies(name, exchange, bench)
        }
    }

    private func add(_ value: Span<UInt8>, _ bench: Bench) {
        guard let number = table.value(value) else { return }
        let list = lists[Int(number)]
        // A value that is there twice leads nowhere else.
        for cursor in bench.cursors where cursor.at == list.at { return }
        bench.cursors.append(list)
    }

    private func findFields(_ name: [UInt8], _ exchange: Exchange, _ bench: Bench) {
        var next = exchange.request.first(named: name.span)
        while let index = next {
            add(exchange.requestValue(index), bench)
            next = exchange.request.first(named: name.span, from: index + 1)
        }
    }

    private func findParameters(_ name: [UInt8], _ exchange: Exchange, _ bench: Bench) {
        let query = exchange.requestTarget.extracting(exchange.targetParts.query)
        var parameters = QueryParameters()
        while let parameter = parameters.next(in: query) {
            guard QueryParameters.decodes(query.extracting(parameter.name), to: name.span) else { continue }
            bench.scratch.removeAll()
            QueryParameters.decode(query.extracting(parameter.value), into: &bench.scratch)
            let value = bench.scratch.takeOut()
            add(decoded: value, bench)
            bench.scratch = value
        }
    }

    private func add(decoded value: borrowing ByteBuffer, _ bench: Bench) { add(value.span, bench) }

    private func findCookies(_ name: [UInt8], _ exchange: Exchange, _ bench: Bench) {
        var next = exchange.request.first(.cookie)
        while let index = next {
            let value = exchange.requestValue(index)
            var pairs = CookieString()
            while let pair = pairs.next(in: value) {
                if ASCII.equals(value.extracting(pair.name), name.span) { add(value.extracting(pair.value), bench) }
            }
            next = exchange.request.first(.cookie, from: index + 1)
        }
    }
}
