// `rewrite.regex`: what a pattern finds first in a path gives way to a text with its groups.

import GateCore
import GatePattern

enum PatternRewriter {
    /// Appends the rewritten path. False when the pattern took too long to tell whether it is there: such a request must
    /// not go on with either path.
    static func rewrite(
        _ path: Span<UInt8>, _ expression: RewritePlan.Expression, _ exchange: Exchange, to out: inout ByteBuffer
    ) -> Bool {
        let matcher = exchange.worker.router.bench.matcher
        switch matcher.match(expression.pattern, path) {
        case .limitReached: return false
        case .noMatch: out.append(path)
        case .matched:
            let whole = matcher.group(0) ?? 0..<0
            // Other variables may match patterns of their own meanwhile.
            let groups = Groups(matcher)
            out.append(path, 0..<whole.lowerBound)
            for segment in expression.to.segments {
                append(segment, path, groups, expression.pattern, exchange, to: &out)
            }
            out.append(path, whole.upperBound..<path.count)
        }
        return true
    }

    private static func append(
        _ segment: Template.Segment, _ path: Span<UInt8>, _ groups: Groups, _ pattern: Pattern, _ exchange: Exchange,
        to out: inout ByteBuffer
    ) {
        switch segment {
        case .text(let bytes): out.append(bytes.span)
        case .variable(.rewriteCapture(let capture), let place):
            ValueEscaping.append(path.extracting(groups[capture, pattern]), .path, as: place, to: &out)
        case .variable(let variable, let place): exchange.append(variable, as: place, to: &out)
        }
    }

    /// Where groups stood.
    private struct Groups {
        private var ranges: InlineArray<51, Range<Int32>> = .init(repeating: 0..<0)

        init(_ matcher: PatternMatcher) {
            for number in 0..<min(matcher.groupCount, ranges.count) {
                guard let range = matcher.group(number) else { continue }
                ranges[number] = Int32(range.lowerBound)..<Int32(range.upperBound)
            }
        }

        /// Empty for a group that took no part.
        subscript(capture: Capture, pattern: Pattern) -> Range<Int> {
            let number =
                switch capture {
                case .number(let number): number
                case .name(let name): pattern.number(ofGroup: name) ?? ranges.count
                }
            guard number < ranges.count else { return 0..<0 }
            return Int(ranges[number].lowerBound)..<Int(ranges[number].upperBound)
        }
    }
}
