// Whether an answer is what a check wants: its status, and perhaps some text of its body. Whatever version brought it.

import GatePattern
import GateProxy

/// Judges one answer, whose body it gathers.
struct HTTPVerdict {
    /// Bytes of an answer that are looked at.
    static let answerBytesMax = 64 << 10

    private let plan: HTTPCheckPlan
    var body: [UInt8] = []

    init(_ plan: HTTPCheckPlan) { self.plan = plan }

    /// What was asked, for people.
    var words: String { "\(plan.method) \(plan.target)" }

    /// The final status is there; nil when the body has a say, too.
    func judge(status: Int) -> CheckOutcome? {
        guard plan.statuses.contains(status) else {
            return .bad("\(words) answered \(status), expected \(plan.statuses.text)")
        }
        return plan.body == .any ? .good : nil
    }

    /// The body has grown; nil when more of it may change the verdict.
    func judge(isWhole: Bool) -> CheckOutcome? {
        switch plan.body {
        case .any: return .good
        case .contains(let text):
            if Self.contains(body, text) { return .good }
            return isWhole ? missing : nil
        case .matches(let pattern):
            // A match may hang on the end of the text, so there is one look, at all of it.
            guard isWhole || body.count >= PatternMatcher.subjectBytesMax else { return nil }
            let subject = Array(body.prefix(PatternMatcher.subjectBytesMax))
            return PatternMatcher().match(pattern, subject.span) == .matched ? .good : missing
        }
    }

    /// What the verdict is when nothing more comes.
    var missing: CheckOutcome {
        switch plan.body {
        case .any: .good
        case .contains(let text):
            .bad("\(words): the answer's body does not contain `\(String(decoding: text, as: UTF8.self))`")
        case .matches(let pattern): .bad("\(words): the answer's body does not match `\(pattern.text)`")
        }
    }

    private static func contains(_ text: [UInt8], _ wanted: [UInt8]) -> Bool {
        guard text.count >= wanted.count else { return false }
        return (0...(text.count - wanted.count)).contains { text[$0...].starts(with: wanted) }
    }
}
