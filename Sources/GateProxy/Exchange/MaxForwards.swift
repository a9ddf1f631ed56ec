import GateCore
import GateHTTP

/// How far OPTIONS and TRACE may go. RFC 9110 §7.6.2.
enum MaxForwards {
    /// Counts down; an answer when this is as far as the request may go.
    static func settle(_ request: inout MessageHead) -> FixedAnswer? {
        guard request.method == .options || request.method == .trace else { return nil }
        guard let index = request.first(.maxForwards), let left = number(request.value(index)) else {
            return nil
        }
        if left == 0 { return answer(request.method) }
        request.remove(.maxForwards)
        request.beginField(.maxForwards)
        request.withOwn { $0.append(decimal: left - 1) }
        request.endField()
        return nil
    }

    /// The least of what is asked and what we can count (RFC 9110 §7.6.2); nil when it is no number.
    private static func number(_ value: Span<UInt8>) -> Int? {
        for i in 0..<value.count where !ASCII.isDigit(value[i]) { return nil }
        return value.isEmpty ? nil : ASCII.decimal(value) ?? Int(Int32.max)
    }

    /// TRACE is refused: it would show the fields that the hops before us added (RFC 9110 §9.3.8).
    private static func answer(_ method: Method) -> FixedAnswer {
        let allow = FixedAnswer.Field("Allow", "GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH")
        return method == .options ? FixedAnswer(status: 204, fields: [allow]) : FixedAnswer(error: 405, fields: [allow])
    }
}
