// A tree of conditions as a list of questions with two ways on from each: asking stops at the first answer that decides.

import GateCore

/// A route's conditions, made ready for asking.
struct RouteProgram: Sendable {
    /// What the questions came to.
    enum Verdict {
        case taken
        /// The number of the condition whose answer decided.
        case refused(Int)
        /// The condition's pattern took too long to tell.
        case undecided(Int)
    }

    private struct Step: Sendable {
        var test: ConditionTest
        var onYes: Int32
        var onNo: Int32
    }

    private static let taken: Int32 = -1
    private static let refused: Int32 = -2

    private var steps: [Step] = []
    /// In words, for people; the numbers are those of verdicts.
    private(set) var words: [String] = []
    private var entry = Self.taken

    /// All of the conditions must hold, and are asked in their order.
    init(_ conditions: [RouteCondition]) {
        entry = compile(.all(conditions), onYes: Self.taken, onNo: Self.refused)
    }

    /// Every request passes.
    var isEmpty: Bool { steps.isEmpty }

    /// From the last to the first, as each must know where to go on.
    private mutating func compile(_ condition: RouteCondition, onYes: Int32, onNo: Int32) -> Int32 {
        switch condition {
        case .all(let conditions):
            return conditions.reversed().reduce(onYes) { compile($1, onYes: $0, onNo: onNo) }
        case .any(let conditions):
            return conditions.reversed().reduce(onNo) { compile($1, onYes: onYes, onNo: $0) }
        case .not(let inner): return compile(inner, onYes: onNo, onNo: onYes)
        case .host(let hosts): return add(.host(hosts.map { HostTest($0) }), condition, onYes, onNo)
        case .path(let paths): return add(.path(paths.map { PathTest($0) }), condition, onYes, onNo)
        case .method(let methods): return add(.method(MethodTest(methods)), condition, onYes, onNo)
        case .secure(let isSecure): return add(.secure(isSecure), condition, onYes, onNo)
        case .listener(let names): return add(.listener(Set(names)), condition, onYes, onNo)
        case .client(let addresses): return add(.client(addresses), condition, onYes, onNo)
        case .field(let name, let tests): return add(.field(FieldTest(name, tests)), condition, onYes, onNo)
        case .query(let name, let tests): return add(.query(NamedTest(name, tests)), condition, onYes, onNo)
        case .cookie(let name, let tests): return add(.cookie(NamedTest(name, tests)), condition, onYes, onNo)
        }
    }

    private mutating func add(
        _ test: ConditionTest, _ condition: RouteCondition, _ onYes: Int32, _ onNo: Int32
    ) -> Int32 {
        steps.append(Step(test: test, onYes: onYes, onNo: onNo))
        words.append("\(condition)")
        return Int32(steps.count - 1)
    }

    /// Asks. A pattern that takes too long ends it, whatever the others would say.
    func judge(_ exchange: Exchange, _ bench: Bench) -> Verdict {
        var at = entry
        var last = 0
        while at >= 0 {
            last = Int(at)
            switch steps[last].test.ask(exchange, bench) {
            case .yes: at = steps[last].onYes
            case .no: at = steps[last].onNo
            case .unknown: return .undecided(last)
            }
        }
        return at == Self.taken ? .taken : .refused(last)
    }

    /// What speaks against a request, in words; nil if nothing does.
    func objection(_ exchange: Exchange, _ bench: Bench) -> String? {
        switch judge(exchange, bench) {
        case .taken: nil
        case .refused(let number):
            steps[number].test.ask(exchange, bench) == .yes
                ? "\(words[number]): yes, and it must not" : "\(words[number]): no"
        case .undecided(let number): "\(words[number]): takes too long to tell"
        }
    }
}
