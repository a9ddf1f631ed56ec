internal import GateConfig

extension Shape where Value == ClosedRange<Int> {
    /// A status or several: `503`, `5xx`, `500-504`.
    static var statusRange: Shape<ClosedRange<Int>> {
        Shape<String>.text(
            "a status such as `503`, `5xx` or `500-504`", pattern: "^([1-5][0-9]{2}(-[1-5][0-9]{2})?|[1-5]xx)$"
        ) {
            Statuses.range($0) == nil ? "is no status; write one such as `503`, `5xx` or `500-504`" : nil
        }
        .converted { text, _, _ in Statuses.range(text) }
        .shown(Statuses.text)
    }
}

extension Shape where Value == Statuses {
    /// One status or range, or a list of them, which may be empty.
    static var statuses: Shape<Statuses> {
        let one = Shape<ClosedRange<Int>>.statusRange
        let list = Shape<[ClosedRange<Int>]>.list(one)
        let show = list.show
        return .scalarOr(
            one.converted { range, _, _ in Statuses([range]) },
            list.converted { ranges, _, _ in Statuses(ranges) }
        ).shown { show($0.ranges) }
    }
}
