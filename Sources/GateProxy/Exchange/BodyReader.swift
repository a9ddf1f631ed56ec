// Where a request's or a response's body stands in the bytes of a connection.

import GateCore
import GateHTTP
import GateHTTP1

/// Reads one HTTP/1 body by its framing. Says where the bytes are; holds none.
struct BodyReader {
    enum Step {
        /// Body bytes; go on behind them.
        case data(Range<Int>)
        /// All bytes were taken.
        case needMore
        /// The body is over; the index behind it.
        case end(Int)
        /// A trailer section begins here.
        case trailers(Int)
        case invalid(HTTPViolation)
    }

    private enum State {
        case done
        case length(left: Int)
        case chunked
        case untilClose
        case trailers
    }

    private var state = State.done
    private var chunks = ChunkedDecoder()

    init(_ framing: BodyFraming = .none) {
        switch framing {
        case .none, .length(0): state = .done
        case .length(let count): state = .length(left: count)
        case .chunked: state = .chunked
        case .untilClose: state = .untilClose
        }
    }

    var isDone: Bool { if case .done = state { true } else { false } }
    var isInTrailers: Bool { if case .trailers = state { true } else { false } }
    /// Whether the sender's close ends the body.
    var endsWithClose: Bool { if case .untilClose = state { true } else { false } }

    /// Bytes that may be moved by the kernel: what is left of a body of known length.
    var spliceableCount: Int { if case .length(let left) = state { left } else { 0 } }

    mutating func next(_ bytes: Span<UInt8>, from start: Int) -> Step {
        switch state {
        case .done: return .end(start)
        case .length(let left):
            let count = min(left, bytes.count - start)
            if count == 0 { return .needMore }
            state = count == left ? .done : .length(left: left - count)
            return .data(start..<(start + count))
        case .untilClose: return start < bytes.count ? .data(start..<bytes.count) : .needMore
        case .chunked: return nextChunk(bytes, start)
        case .trailers: return .trailers(start)
        }
    }

    private mutating func nextChunk(_ bytes: Span<UInt8>, _ start: Int) -> Step {
        switch chunks.next(bytes, from: start) {
        case .data(let range): return .data(range)
        case .needMore: return .needMore
        case .end(let at):
            state = .done
            return .end(at)
        case .trailersBegin(let at):
            state = .trailers
            return .trailers(at)
        case .invalid(let violation): return .invalid(violation)
        }
    }

    /// As many bytes were moved without being shown.
    mutating func skip(_ count: Int) {
        guard case .length(let left) = state else { preconditionFailure("no length to skip in") }
        precondition(count <= left)
        state = count == left ? .done : .length(left: left - count)
    }

    /// The trailers were read.
    mutating func finish() { state = .done }
}
