// One element of an Accept field, as far as choosing between three formats needs it.

import GateCore

/// A media range with its weight (RFC 9110 §12.5.1, §12.4.2).
struct MediaRange {
    /// The format that satisfies the range.
    let format: ErrorBody.Format
    /// Thousandths: 0 is "not acceptable".
    let weight: Int
    /// 0 for `*/*`, 1 for `type/*`, 2 for a type.
    let specificity: Int

    /// Orders ranges by weight, then specificity; 0 when nothing is acceptable.
    var rank: Int { weight == 0 ? 0 : weight * 4 + specificity }

    /// nil when no format of ours satisfies the range, or it cannot be read.
    init?(_ element: Span<UInt8>) {
        let end = FieldList.endOfElement(element, from: 0, until: ASCII.semicolon)
        let type = ASCII.trimmed(element, 0..<end)
        guard let (format, specificity) = Self.format(element.extracting(type)) else { return nil }
        guard let weight = Self.weight(element, from: end) else { return nil }
        self.format = format
        self.specificity = specificity
        self.weight = weight
    }

    private static func format(_ type: Span<UInt8>) -> (ErrorBody.Format, Int)? {
        if ASCII.matches(type, "*/*") { return (.text, 0) }
        if ASCII.matches(type, "text/*") { return (.text, 1) }
        if ASCII.matches(type, "application/*") { return (.json, 1) }
        if ASCII.matches(type, "text/html") || ASCII.matches(type, "application/xhtml+xml") { return (.html, 2) }
        if ASCII.matches(type, "text/plain") { return (.text, 2) }
        if ASCII.matches(type, "application/json") || isStructuredJSON(type) { return (.json, 2) }
        return nil
    }

    /// `application/problem+json` and its like (RFC 6839 §3.1).
    private static func isStructuredJSON(_ type: Span<UInt8>) -> Bool {
        type.count > 17 && ASCII.matches(type.extracting(0..<12), "application/")
            && ASCII.matches(type.extracting((type.count - 5)..<type.count), "+json")
    }

    /// The weight among the parameters from `start` on; 1000 when there is none, nil when it is no weight.
    private static func weight(_ element: Span<UInt8>, from start: Int) -> Int? {
        var at = start
        while at < element.count {
            let end = FieldList.endOfElement(element, from: at + 1, until: ASCII.semicolon)
            let range = ASCII.trimmed(element, (at + 1)..<end)
            if range.count >= 2, ASCII.matches(element.extracting(range.lowerBound..<(range.lowerBound + 2)), "q=") {
                return thousandths(element.extracting((range.lowerBound + 2)..<range.upperBound))
            }
            at = end
        }
        return 1000
    }

    /// `0`, `0.5`, `1.000`: at most three digits behind the point, at most 1.
    private static func thousandths(_ text: Span<UInt8>) -> Int? {
        guard text.count >= 1, text.count <= 5, text[0] == 0x30 || text[0] == 0x31 else { return nil }
        guard text.count == 1 || text[1] == UInt8(ascii: ".") else { return nil }
        var value = Int(text[0] - 0x30)
        for i in 2..<5 {
            let digit = i < text.count ? text[i] : ASCII.zero
            guard ASCII.isDigit(digit) else { return nil }
            value = value * 10 + Int(digit - 0x30)
        }
        return value <= 1000 ? value : nil
    }
}
