import GateCore
import GateHTTP
import GateHTTP1

/// A chunked body is read alike however it is cut, and never grows.
enum ChunkedBodyProperty {
    private static let limits = HeadLimits(headBytes: 128, fields: 4)

    /// The first byte says how long the pieces are.
    static func check(_ bytes: Span<UInt8>) {
        guard bytes.count > 0 else { return }
        let body = bytes.extracting(1..<bytes.count)
        let whole = read(body, piece: max(1, body.count))
        let inPieces = read(body, piece: 1 + Int(bytes[0] & 15))
        precondition(whole.end == inPieces.end, "read differently in pieces")
        precondition(whole.consumed == inPieces.consumed || whole.end != .complete)
        precondition(ASCII.equals(whole.data.span, inPieces.data.span))
        precondition(whole.data.count <= body.count)
        precondition(whole.trailers.count <= limits.headBytes)
        if whole.end == .complete { checkWriting(whole.data.span) }
    }

    private enum End: Equatable {
        case unfinished, complete
        case invalid(HTTPViolation)
    }

    private struct Reading: ~Copyable {
        var decoder = ChunkedDecoder()
        var collector = TrailerCollector(bytesMax: limits.headBytes)
        var isInTrailers = false
        var data = ByteBuffer()
        var trailers = ByteBuffer()
        var end = End.unfinished
        /// Bytes of the message, when it is complete.
        var consumed = 0

        mutating func take(_ piece: Span<UInt8>) {
            var at = 0
            while at < piece.count && end == .unfinished {
                let next = isInTrailers ? takeTrailers(piece, at) : takeBody(piece, at)
                precondition(next >= at && next <= piece.count)
                precondition(next > at || isInTrailers || end != .unfinished, "no progress")
                at = next
            }
            consumed += at
        }

        private mutating func takeBody(_ piece: Span<UInt8>, _ at: Int) -> Int {
            switch decoder.next(piece, from: at) {
            case .needMore: return piece.count
            case .data(let range):
                precondition(range.lowerBound >= at && !range.isEmpty)
                data.append(piece, range)
                return range.upperBound
            case .trailersBegin(let start):
                isInTrailers = true
                return start
            case .end(let index):
                end = .complete
                return index
            case .invalid(let violation):
                end = .invalid(violation)
                return at
            }
        }

        private mutating func takeTrailers(_ piece: Span<UInt8>, _ at: Int) -> Int {
            switch collector.collect(piece, from: at, into: &trailers) {
            case .needMore: return piece.count
            case .complete(let index):
                var head = MessageHead()
                let violation = TrailerCollector.parse(trailers.span, limits: limits, into: &head)
                end = violation.map { .invalid($0) } ?? .complete
                return index
            case .invalid(let violation):
                end = .invalid(violation)
                return at
            }
        }
    }

    private static func read(_ body: Span<UInt8>, piece: Int) -> Reading {
        var reading = Reading()
        var at = 0
        while at < body.count {
            let end = min(body.count, at + piece)
            reading.take(body.extracting(at..<end))
            at = end
        }
        return reading
    }

    private static func checkWriting(_ data: Span<UInt8>) {
        var buffer = ByteBuffer()
        ChunkEncoder.append(data, to: &buffer)
        ChunkEncoder.appendLast(to: &buffer)
        let again = read(buffer.span, piece: buffer.count)
        precondition(again.end == .complete && again.consumed == buffer.count)
        precondition(ASCII.equals(again.data.span, data))
    }
}
