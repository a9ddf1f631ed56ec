// The target that a server gets where a route rewrites: made from the path that routing saw, so that no other spelling
// of a path comes through, and normal again at the end, so that rewriting brings no dot segment back.

import GateCore
import GateHTTP

/// Rewrites the target of one exchange.
enum TargetRewriter {
    /// Bytes of a rewritten target: replacing makes paths longer.
    static let bytesMax = 64 << 10

    /// Fills `Exchange.rewritten`. When it answers a reason the request cannot be sent.
    static func rewrite(_ exchange: Exchange, _ plan: RewritePlan) -> EndReason? {
        // `*` names no path (RFC 9112 §3.2.4).
        guard exchange.path[0] == ASCII.slash else { return nil }
        let pool = exchange.worker.pool
        var path = pool.take()
        let isDecided = appendPath(exchange, plan, to: &path)
        let failure = isDecided ? finish(path.span, exchange, plan) : .patternLimit
        pool.give(path)
        return failure
    }

    // MARK: Path

    /// False when a pattern took too long.
    private static func appendPath(_ exchange: Exchange, _ plan: RewritePlan, to path: inout ByteBuffer) -> Bool {
        if let fixed = plan.path {
            exchange.append(fixed, to: &path)
            return true
        }
        path.append(plan.addPrefix.span)
        let rest = exchange.path.extracting(strippedCount(exchange.path, plan.stripPrefix)...)
        guard plan.replacement != nil || plan.expression != nil else {
            if rest.isEmpty { path.append(byte: ASCII.slash) } else { path.append(rest) }
            return true
        }
        var middle = exchange.worker.pool.take()
        if rest.isEmpty { middle.append(byte: ASCII.slash) } else { middle.append(rest) }
        let isDecided = edit(&middle, exchange, plan, to: &path)
        exchange.worker.pool.give(middle)
        return isDecided
    }

    private static func edit(
        _ middle: inout ByteBuffer, _ exchange: Exchange, _ plan: RewritePlan, to path: inout ByteBuffer
    ) -> Bool {
        if let replacement = plan.replacement {
            var replaced = exchange.worker.pool.take()
            replace(middle.span, replacement, exchange, to: &replaced)
            middle.removeAll()
            middle.append(replaced.span)
            exchange.worker.pool.give(replaced)
        }
        guard let expression = plan.expression else {
            path.append(middle.span)
            return true
        }
        return PatternRewriter.rewrite(middle.span, expression, exchange, to: &path)
    }

    /// Bytes of a prefix that stands in front as whole segments.
    static func strippedCount(_ path: Span<UInt8>, _ prefix: [UInt8]) -> Int {
        guard !prefix.isEmpty, hasPrefix(path, prefix.span, at: 0) else { return 0 }
        return path.count == prefix.count || path[prefix.count] == ASCII.slash ? prefix.count : 0
    }

    private static func hasPrefix(_ bytes: Span<UInt8>, _ prefix: Span<UInt8>, at start: Int) -> Bool {
        guard bytes.count - start >= prefix.count else { return false }
        for i in 0..<prefix.count where bytes[start + i] != prefix[i] { return false }
        return true
    }

    private static func replace(
        _ path: Span<UInt8>, _ replacement: RewritePlan.Replacement, _ exchange: Exchange, to out: inout ByteBuffer
    ) {
        var i = 0
        while i < path.count && out.count <= bytesMax {
            if hasPrefix(path, replacement.from.span, at: i) {
                exchange.append(replacement.to, to: &out)
                i += replacement.from.count
            } else {
                out.append(byte: path[i])
                i += 1
            }
        }
    }

    // MARK: Target

    private static func finish(_ path: Span<UInt8>, _ exchange: Exchange, _ plan: RewritePlan) -> EndReason? {
        guard path.count > 0, path.count <= bytesMax else { return .requestLineTooLong }
        guard let route = exchange.route else { return nil }
        let allowed = route.plan.allowedEncodings
        // What names a host to a server that reads `//host` so is a path here.
        switch PathNormalizer.normalize(path, allowing: allowed, into: &exchange.rewritten) {
        case .unchanged: exchange.rewritten.append(path)
        case .written: break
        case .invalid: return .malformedRequest
        }
        if !allowed.isEmpty && EncodedSegments.climb(exchange.rewritten.span) {
            exchange.rewritten.removeAll()
            return .malformedRequest
        }
        exchange.rewrittenPathCount = exchange.rewritten.count
        appendQuery(exchange, plan.query)
        return exchange.rewritten.count <= bytesMax ? nil : .requestLineTooLong
    }

    // MARK: Query

    private static func appendQuery(_ exchange: Exchange, _ edits: QueryEdits) {
        guard !edits.isEmpty else {
            return exchange.rewritten.append(exchange.requestTarget, exchange.targetParts.query)
        }
        let query = exchange.requestTarget.extracting(exchange.targetParts.query)
        var separator = UInt8(ascii: "?")
        func begin() {
            exchange.rewritten.append(byte: separator)
            separator = UInt8(ascii: "&")
        }
        var parameters = QueryParameters()
        while let parameter = parameters.next(in: query) {
            if edits.drops(query.extracting(parameter.name)) { continue }
            begin()
            exchange.rewritten.append(query, parameter.name.lowerBound..<parameter.value.upperBound)
        }
        for parameter in edits.set {
            begin()
            append(parameter, exchange)
        }
        for parameter in edits.add {
            begin()
            append(parameter, exchange)
        }
    }

    private static func append(_ parameter: QueryEdits.Parameter, _ exchange: Exchange) {
        exchange.rewritten.append(parameter.encodedName.span)
        exchange.rewritten.append(byte: UInt8(ascii: "="))
        let pool = exchange.worker.pool
        var value = pool.take()
        exchange.append(parameter.value, to: &value)
        exchange.rewritten.append(value.span)
        pool.give(value)
    }
}

extension Exchange {
    /// Usual targets leave their room for the next one.
    func releaseRewritten() {
        rewritten.removeAll()
        if rewritten.capacity > 4096 { rewritten = ByteBuffer(capacity: 0, keepsOutgrown: true) }
    }
}

/// Rewrites every request of a route.
final class RewriteFilter: Filter {
    struct Factory: FilterFactory {
        let plan: RewritePlan
        func makeFilter() -> any Filter { RewriteFilter(plan) }
    }

    private let plan: RewritePlan

    init(_ plan: RewritePlan) { self.plan = plan }

    var phase: FilterPhase { .rewrite }
    var interests: FilterInterests { .requestHead }

    func requestHead(_ exchange: Exchange) -> FilterVerdict {
        if let failure = TargetRewriter.rewrite(exchange, plan) { exchange.fail(failure) }
        return .next
    }
}
