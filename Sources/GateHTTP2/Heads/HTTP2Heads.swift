// Whole field blocks into heads, by the rules of RFC 9113 §8. A block is always decoded to its end, whatever is wrong with
// it, because the blocks behind it build on its table.

package import GateHTTP

/// Decodes heads and trailers. What is refused leaves the head as after `reset`.
///
/// Lines come in `received` as HTTP/1 would write them: names in lower case, `:authority` as the first Host field, cookie
/// crumbs as one Cookie field; other pseudo-fields have no record. Bounds are those of `HeadLimits`: `headBytes` counts
/// 32 for each field beside its name and value (RFC 9113 §6.5.2), `startLineBytes` holds for method and path together,
/// and `fields` for lines without the pseudo-fields, each crumb being one.
package enum HTTP2Heads {
    /// What became of a block.
    package enum Outcome: Equatable, Sendable {
        case complete
        /// A rule of messages is broken: a stream error of type PROTOCOL_ERROR (RFC 9113 §8.1.1).
        case malformed(HTTPViolation)
        /// In order, and above a limit of ours: `.requestLineTooLong`, `.headTooLarge`, `.tooManyFields`, or
        /// `.trailersTooLarge`.
        case tooLarge(HTTPViolation)
        /// A connection error of type COMPRESSION_ERROR (RFC 9113 §4.3).
        case undecodable(HPACKFailure)
    }

    /// A request's head. RFC 9113 §8.3.1, RFC 8441 §4.
    ///
    /// `head` has the method, the target (`:path`; of a CONNECT without `:protocol` its authority) and the fields.
    /// `allowsConnectProtocol`: we have announced SETTINGS_ENABLE_CONNECT_PROTOCOL.
    package static func request(
        _ block: Span<UInt8>, _ decoder: inout HPACKDecoder, limits: HeadLimits, allowsConnectProtocol: Bool,
        into head: inout MessageHead, facts: inout HTTP2HeadFacts
    ) -> Outcome {
        facts = HTTP2HeadFacts()
        var reader = FieldBlockReader(.request, limits)
        return finish(reader.read(block, &decoder, &head, &facts), &head) { head in
            reader.finishRequest(&head, &facts, allowsConnectProtocol: allowsConnectProtocol)
        }
    }

    /// A response's head, final or interim. RFC 9113 §8.3.2.
    package static func response(
        _ block: Span<UInt8>, _ decoder: inout HPACKDecoder, limits: HeadLimits, into head: inout MessageHead,
        facts: inout HTTP2HeadFacts
    ) -> Outcome {
        facts = HTTP2HeadFacts()
        var reader = FieldBlockReader(.response, limits)
        return finish(reader.read(block, &decoder, &head, &facts), &head) { head in reader.finishResponse(&head) }
    }

    /// Trailers of either. RFC 9113 §8.1. Which of them go on is for `TrailerRules`.
    package static func trailers(
        _ block: Span<UInt8>, _ decoder: inout HPACKDecoder, limits: HeadLimits, into head: inout MessageHead
    ) -> Outcome {
        var facts = HTTP2HeadFacts()
        var reader = FieldBlockReader(.trailers, limits)
        return finish(reader.read(block, &decoder, &head, &facts), &head) { _ in nil }
    }

    @inline(__always)
    private static func finish(
        _ outcome: Outcome, _ head: inout MessageHead, _ rules: (inout MessageHead) -> HTTPViolation?
    ) -> Outcome {
        guard case .complete = outcome else {
            head.reset()
            return outcome
        }
        guard let violation = rules(&head) else { return .complete }
        head.reset()
        return .malformed(violation)
    }
}
