// Which upstream of a split a request goes to. The branches are routes of their own, so nothing behind this knows of splits.

import GateCore
import GateHTTP

/// A split's routes for one worker.
final class SplitRuntime {
    private let plan: SplitPlan
    private let branches: [RouteRuntime]
    private let marks: [[UInt8]]
    private let cookie: [UInt8]
    private let total: Int

    init(_ split: SplitPlan, makeBranch: (SplitPlan.Choice) -> RouteRuntime) {
        plan = split
        branches = split.choices.map(makeBranch)
        marks = split.choices.map { Array($0.mark.utf8) }
        cookie = Array((split.cookie ?? "").utf8)
        total = split.choices.reduce(0) { $0 + $1.weight }
    }

    /// The branch for a request: the one that its cookie names, else the one that its key falls to.
    func branch(_ exchange: Exchange) -> RouteRuntime {
        if !cookie.isEmpty, let index = named(exchange) { return branches[index] }
        return branches[plan.index(at: point(exchange), total)]
    }

    func has(_ route: RouteRuntime?) -> Bool { branches.contains { $0 === route } }

    private func named(_ exchange: Exchange) -> Int? {
        let cookie = cookie
        var next = exchange.request.first(.cookie)
        while let index = next {
            let value = exchange.requestValue(index)
            if let range = CookieString.value(of: cookie.span, in: value), let number = named(value.extracting(range)) {
                return number
            }
            next = exchange.request.first(.cookie, from: index + 1)
        }
        return nil
    }

    private func named(_ value: Span<UInt8>) -> Int? {
        for (number, mark) in marks.enumerated() where ASCII.equals(mark.span, value) { return number }
        return nil
    }

    /// 0..<total, the same for the same key on each worker and after each restart.
    private func point(_ exchange: Exchange) -> Int {
        // Filters have not settled yet who the client is.
        exchange.facts.clientAddress = exchange.findClient()
        let hash = plan.key.hash(of: exchange) ?? HashKey.clientAddress.hash(of: exchange) ?? 0
        return RandomSource.scale(RandomSource.mix(hash), below: total)
    }
}

extension SplitPlan {
    /// The choice that holds a point of 0..<total. When a weight grows, those keep their place who are at choices before it or
    /// within it.
    func index(at point: Int, _ total: Int) -> Int {
        var end = 0
        for (index, choice) in choices.enumerated() {
            end += choice.weight
            if point < end { return index }
        }
        return choices.count - 1
    }
}

/// Gives clients the cookie that keeps them at their branch.
final class SplitCookieFilter: Filter {
    struct Factory: FilterFactory {
        let name: String
        let mark: String
        func makeFilter() -> any Filter { SplitCookieFilter(name, mark) }
    }

    private let name: [UInt8]
    private let mark: [UInt8]
    private let field: String

    init(_ name: String, _ mark: String) {
        self.name = Array(name.utf8)
        self.mark = Array(mark.utf8)
        field = "\(name)=\(mark); Path=/; HttpOnly; SameSite=Lax"
    }

    var phase: FilterPhase { .handler }
    var interests: FilterInterests { .responseHead }

    func responseHead(_ exchange: Exchange) -> FilterVerdict {
        if !hasMark(exchange) {
            exchange.response.add("Set-Cookie", exchange.isPublicSideSecure ? field + "; Secure" : field)
        }
        return .next
    }

    private func hasMark(_ exchange: Exchange) -> Bool {
        let (name, mark) = (name, mark)
        var next = exchange.request.first(.cookie)
        while let index = next {
            let value = exchange.requestValue(index)
            if let range = CookieString.value(of: name.span, in: value) {
                return ASCII.equals(mark.span, value.extracting(range))
            }
            next = exchange.request.first(.cookie, from: index + 1)
        }
        return false
    }
}
