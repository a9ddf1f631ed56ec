// A site's routes by path: one pass over the path finds every list of routes that may take it; then the routes of those
// lists are asked in the order of the file. Patterns are found by the literal text that they begin with.

import GateCore
import GatePattern

/// Finds the routes of a site for a path. The cost grows with the path's segments, not with the routes.
struct PathTable: Sendable {
    /// Where the search stands in one list of candidates.
    struct Cursor: BitwiseCopyable, Sendable {
        var at: Int32
        var end: Int32

        /// A new list behind those that are there.
        init(appending list: [Int32], to candidates: inout [Int32]) {
            at = Int32(candidates.count)
            candidates += list
            end = Int32(candidates.count)
        }
    }

    /// One value's routes.
    private struct List: Sendable {
        var cursor: Cursor
        /// Leads to fewer of them.
        var discriminator: Discriminator?
    }

    private let exact: ByteTable
    private let prefixes: ByteTable
    /// The lists' routes in file order, one list behind the other.
    private var candidates: [Int32] = []
    /// For each value of the tables, where its list stands.
    private var lists: [List] = []
    private let anyPath: List
    /// Prefixes that do not end in `/`: their lengths, in rising order.
    private let oddLengths: [Int]
    /// Paths make no difference here.
    private let hasOnlyAny: Bool

    /// - Parameter conditions: what each route asks besides; they only make the search shorter.
    init(_ routes: [[PathPattern]], _ conditions: [[RouteCondition]] = []) {
        var builder = Builder()
        for (index, patterns) in routes.enumerated() { builder.add(patterns, Int32(index)) }
        exact = ByteTable(builder.exact.map { ($0.key, Int32($0.value)) })
        prefixes = ByteTable(builder.prefixes.map { ($0.key, Int32($0.value)) })
        oddLengths = Set(builder.prefixes.keys.filter { !$0.hasSuffix("/") }.map(\.utf8.count)).sorted()
        var candidates: [Int32] = []
        func list(_ routes: [Int32]) -> List {
            List(
                cursor: Cursor(appending: routes, to: &candidates),
                discriminator: Discriminator(routes, conditions, &candidates))
        }
        anyPath = list(builder.anyPath)
        lists = builder.lists.map(list)
        hasOnlyAny = lists.isEmpty && anyPath.discriminator == nil
        self.candidates = candidates
    }

    private struct Builder {
        var exact: [String: Int] = [:]
        var prefixes: [String: Int] = [:]
        var lists: [[Int32]] = []
        var anyPath: [Int32] = []

        mutating func add(_ patterns: [PathPattern], _ index: Int32) {
            if patterns.isEmpty { return appendAny(index) }
            for pattern in patterns {
                switch pattern {
                case .any, .prefix("/"): appendAny(index)
                case .exact(let path): append(index, \.exact, path)
                case .prefix(let path):
                    append(index, \.prefixes, path)
                    // `/api/*` takes `/api` as well.
                    if path.hasSuffix("/") { append(index, \.exact, String(path.dropLast())) }
                case .glob(let glob): appendBeginning(glob.literalPrefix, index)
                case .pattern(let pattern): appendBeginning(pattern.literalPrefix, index)
                }
            }
        }

        /// A route that takes no path that does not begin so, and not all that do.
        private mutating func appendBeginning(_ literal: String, _ index: Int32) {
            if literal == "" || literal == "/" { appendAny(index) } else { append(index, \.prefixes, literal) }
        }

        private mutating func appendAny(_ index: Int32) {
            if anyPath.last != index { anyPath.append(index) }
        }

        private mutating func append(_ index: Int32, _ table: WritableKeyPath<Builder, [String: Int]>, _ key: String) {
            if let list = self[keyPath: table][key] {
                if lists[list].last != index { lists[list].append(index) }
            } else {
                self[keyPath: table][key] = lists.count
                lists.append([index])
            }
        }
    }

    /// Calls `accepts` with each route that the path may lead to, in file order, until one is accepted; nil when none is.
    ///
    /// A route with globs or patterns is among them when its literal beginning fits; whether it takes the path is for
    /// `accepts` to find out. The others take it for certain.
    @inline(__always)
    func first(
        _ path: Span<UInt8>, _ exchange: Exchange?, _ bench: Bench, where accepts: (Int) -> Bool
    ) -> Int? {
        if hasOnlyAny {
            for at in 0..<Int(anyPath.cursor.end) where accepts(Int(candidates[at])) { return Int(candidates[at]) }
            return nil
        }
        find(path, exchange, bench)
        while let index = next(bench) {
            if accepts(index) { return index }
        }
        return nil
    }

    /// Puts a cursor before each list that the path leads to.
    private func find(_ path: Span<UInt8>, _ exchange: Exchange?, _ bench: Bench) {
        bench.cursors.removeAll(keepingCapacity: true)
        add(anyPath, exchange, bench)
        if let list = exact.value(path) { add(lists[Int(list)], exchange, bench) }
        guard !prefixes.isEmpty else { return }
        var slash = 0
        while slash < path.count {
            if path[slash] == ASCII.slash, let list = prefixes.value(path.extracting(0..<(slash + 1))) {
                add(lists[Int(list)], exchange, bench)
            }
            slash += 1
        }
        for length in oddLengths where length <= path.count {
            if let list = prefixes.value(path.extracting(0..<length)) { add(lists[Int(list)], exchange, bench) }
        }
    }

    private func add(_ list: List, _ exchange: Exchange?, _ bench: Bench) {
        if let discriminator = list.discriminator, let exchange {
            discriminator.find(exchange, bench)
        } else if list.cursor.at < list.cursor.end {
            bench.cursors.append(list.cursor)
        }
    }

    /// The next route in file order, each once; nil at the end.
    private func next(_ bench: Bench) -> Int? {
        var least = Int32.max
        for index in 0..<bench.cursors.count where bench.cursors[index].at < bench.cursors[index].end {
            least = min(least, candidates[Int(bench.cursors[index].at)])
        }
        guard least < Int32.max else { return nil }
        for index in 0..<bench.cursors.count where bench.cursors[index].at < bench.cursors[index].end {
            if candidates[Int(bench.cursors[index].at)] == least { bench.cursors[index].at += 1 }
        }
        return Int(least)
    }
}
