// A site's routes by path: one pass over the path finds every pattern that takes it; the first in the file wins.

import GateCore

/// Finds the first route of a site for a path. The cost grows with the path's segments, not with the routes.
struct PathTable: Sendable {
    private var exact: ByteTable
    private var prefixes: ByteTable
    /// For each key of the tables, the routes in file order.
    private var lists: [[Int32]]
    private var anyPath: [Int32]
    /// Prefixes that do not end in `/`: their lengths, in rising order.
    private let oddLengths: [Int]

    init(_ routes: [[PathPattern]]) {
        var builder = Builder()
        for (index, patterns) in routes.enumerated() { builder.add(patterns, Int32(index)) }
        exact = ByteTable(builder.exact.map { ($0.key, Int32($0.value)) })
        prefixes = ByteTable(builder.prefixes.map { ($0.key, Int32($0.value)) })
        lists = builder.lists
        anyPath = builder.anyPath
        oddLengths = Set(builder.prefixes.keys.filter { !$0.hasSuffix("/") }.map(\.utf8.count)).sorted()
    }

    private struct Builder {
        var exact: [String: Int] = [:]
        var prefixes: [String: Int] = [:]
        var lists: [[Int32]] = []
        var anyPath: [Int32] = []

        mutating func add(_ patterns: [PathPattern], _ index: Int32) {
            if patterns.isEmpty { return anyPath.append(index) }
            for pattern in patterns {
                switch pattern {
                case .any, .prefix("/"): anyPath.append(index)
                case .exact(let path): append(index, \.exact, path)
                case .prefix(let path):
                    append(index, \.prefixes, path)
                    // `/api/*` takes `/api` as well.
                    if path.hasSuffix("/") { append(index, \.exact, String(path.dropLast())) }
                }
            }
        }

        mutating func append(_ index: Int32, _ table: WritableKeyPath<Builder, [String: Int]>, _ key: String) {
            if let list = self[keyPath: table][key] {
                if lists[list].last != index { lists[list].append(index) }
            } else {
                self[keyPath: table][key] = lists.count
                lists.append([index])
            }
        }
    }

    /// The first route in file order that takes the path and passes `accepts`.
    func first(_ path: Span<UInt8>, where accepts: (Int) -> Bool) -> Int? {
        var best = Int32.max
        consider(anyPath, &best, accepts)
        if let list = exact.value(path) { consider(lists[Int(list)], &best, accepts) }
        if !prefixes.isEmpty { considerPrefixes(path, &best, accepts) }
        return best == Int32.max ? nil : Int(best)
    }

    private func considerPrefixes(_ path: Span<UInt8>, _ best: inout Int32, _ accepts: (Int) -> Bool) {
        var slash = 0
        while slash < path.count {
            if path[slash] == ASCII.slash, let list = prefixes.value(path.extracting(0..<(slash + 1))) {
                consider(lists[Int(list)], &best, accepts)
            }
            slash += 1
        }
        for length in oddLengths where length <= path.count {
            if let list = prefixes.value(path.extracting(0..<length)) { consider(lists[Int(list)], &best, accepts) }
        }
    }

    private func consider(_ list: [Int32], _ best: inout Int32, _ accepts: (Int) -> Bool) {
        for index in list {
            if index >= best { return }
            if accepts(Int(index)) {
                best = index
                return
            }
        }
    }
}
