/// Answers every request that comes this far: `respond` and `redirect`.
final class FixedAnswerFilter: Filter {
    struct Factory: FilterFactory {
        let answer: FixedAnswer
        func makeFilter() -> any Filter { FixedAnswerFilter(answer) }
    }

    private let answer: FixedAnswer

    init(_ answer: FixedAnswer) { self.answer = answer }

    var phase: FilterPhase { .handler }
    var interests: FilterInterests { .requestHead }

    func requestHead(_ exchange: Exchange) -> FilterVerdict { .answer(answer) }
}
