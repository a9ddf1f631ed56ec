// Gathers a trailer section that may come in pieces, so that it can be parsed in one go.

public import GateCore
public import GateHTTP

/// Copies a trailer section (RFC 9112 §7.1.2) into a buffer until its empty line, within a bound.
///
/// It only finds the end: after `complete` the bytes, the empty line with them, are parsed by the rules of heads.
public struct TrailerCollector: BitwiseCopyable, Sendable {
    public enum Step: Equatable, Sendable {
        /// Every byte was taken; show the next ones.
        case needMore
        /// The section, and the message with it, ends before this index.
        case complete(at: Int)
        case invalid(HTTPViolation)
    }

    private enum Line: UInt8, BitwiseCopyable, Sendable { case empty, carriageReturn, other }

    private var line = Line.empty
    private let bytesMax: Int

    /// `bytesMax` bounds the section with all line ends.
    public init(bytesMax: Int) {
        precondition(bytesMax > 0)
        self.bytesMax = bytesMax
    }

    /// Takes bytes from `start` on into `buffer`, which holds what came of the section before and nothing else.
    public mutating func collect(_ bytes: Span<UInt8>, from start: Int, into buffer: inout ByteBuffer) -> Step {
        let room = bytesMax - buffer.count
        let last = min(bytes.count, start + room)
        var i = start
        while i < last {
            let isEnd = take(bytes[i])
            i += 1
            if isEnd {
                buffer.append(bytes, start..<i)
                return .complete(at: i)
            }
        }
        guard last == bytes.count else { return .invalid(.trailersTooLarge) }
        buffer.append(bytes, start..<last)
        return .needMore
    }

    /// True at the line feed of an empty line.
    private mutating func take(_ byte: UInt8) -> Bool {
        if byte == ASCII.lineFeed {
            // A bare LF ends the section too; the parser then refuses it.
            let isEnd = line != .other
            line = .empty
            return isEnd
        }
        line = byte == ASCII.carriageReturn && line == .empty ? .carriageReturn : .other
        return false
    }
}

extension TrailerCollector {
    /// Parses a collected section: `bytes` end with its empty line. On nil, `trailers` has the fields and their bytes;
    /// otherwise it is as after `reset`.
    ///
    /// Every field stands in `trailers`; which of them go on is for `TrailerRules`.
    public static func parse(
        _ bytes: Span<UInt8>, limits: HeadLimits, into trailers: inout MessageHead
    ) -> HTTPViolation? {
        trailers.reset()
        let violation = violation(of: FieldLines.parse(bytes, from: 0, limits: limits, into: &trailers), bytes.count)
        if violation == nil { trailers.received.append(bytes) } else { trailers.reset() }
        return violation
    }

    private static func violation(of answer: HeadParse, _ count: Int) -> HTTPViolation? {
        switch answer {
        case .complete(let end): end == count ? nil : .badTrailer
        case .invalid(.headTooLarge), .invalid(.tooManyFields): .trailersTooLarge
        case .invalid, .needMore: .badTrailer
        }
    }
}
