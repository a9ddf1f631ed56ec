// The chunked transfer coding, read. The decoder says where body bytes stand in what it is shown; it holds none.
//
//   size ──;──▶ extension ──CR──▶ sizeEnd ──LF──▶ data ──▶ dataCR ──▶ dataLF ──▶ size …
//                                         └─ size 0 ─▶ trailerStart ──CR──▶ finalLF ──▶ done
//                                                            └─ other byte ─▶ done, trailers begin here

import GateCore
public import GateHTTP

/// Reads a chunked body (RFC 9112 §7.1) from bytes that may be cut anywhere.
///
/// Lines end in CRLF and nothing else. Sizes are 1 to 16 hexadecimal digits up to 2^62. Chunk extensions
/// (RFC 9112 §7.1.1) must be well formed; they are dropped, and bounded so that they cost the sender more than us.
/// Once `next` has answered `end`, `trailersBegin` or `invalid`, the decoder is spent.
public struct ChunkedDecoder: BitwiseCopyable, Sendable {
    /// Bytes of extension accepted in one chunk header.
    public static let extensionBytesMax = 256
    /// Bytes of extension accepted in one message.
    public static let extensionBytesMaxPerMessage = 4096
    /// The largest chunk.
    public static let chunkBytesMax = 1 << 62
    static let sizeDigitsMax = 16

    /// What comes next in the bytes that were shown. Indices are the span's.
    public enum Step: Equatable, Sendable {
        /// Body bytes, never none. Go on from the range's end.
        case data(Range<Int>)
        /// Every byte was taken; show the next ones.
        case needMore
        /// The last chunk is over and a trailer section (RFC 9112 §7.1.2) begins here: show it to a `TrailerCollector`.
        case trailersBegin(at: Int)
        /// The message ends before this index.
        case end(at: Int)
        case invalid(HTTPViolation)
    }

    @usableFromInline
    enum State: UInt8, BitwiseCopyable, Sendable {
        /// Digits of a size; the first is still to come when `digits` is 0.
        case size
        /// Within the extensions of a chunk header.
        case inExtension
        /// CR came after the size or its extensions.
        case sizeEnd
        /// `left` bytes of data.
        case data
        /// Data is over: CR, then LF.
        case dataCR, dataLF
        /// The last chunk's header is over: CR, or a trailer field.
        case trailerStart
        /// CR came in place of a trailer field.
        case finalLF
        /// Nothing more is read.
        case done
    }

    @usableFromInline var state = State.size
    /// The size as far as it is read, then the data bytes that are still to come.
    @usableFromInline var left = 0
    private var digits: UInt8 = 0
    private var grammar = ChunkExtensionGrammar()
    private var extensionBytes: UInt16 = 0
    private var extensionBytesOfMessage: UInt16 = 0

    public init() {}

    /// Whether the message is over. A connection that is cut before is a cut message (RFC 9112 §8).
    public var isDone: Bool { state == .done }

    /// Reads on from `start`, up to the next thing to tell.
    @inlinable
    public mutating func next(_ bytes: Span<UInt8>, from start: Int) -> Step {
        if state == .data && start < bytes.count { return takeData(start, bytes.count) }
        return nextLine(bytes, from: start)
    }

    @inlinable
    mutating func takeData(_ start: Int, _ count: Int) -> Step {
        let end = start &+ min(left, count &- start)
        left &-= end &- start
        if left == 0 { state = .dataCR }
        return .data(start..<end)
    }

    /// Everything that is not data, a byte at a time.
    @usableFromInline
    mutating func nextLine(_ bytes: Span<UInt8>, from start: Int) -> Step {
        var i = start
        while i < bytes.count {
            if state == .data { return takeData(i, bytes.count) }
            let byte = bytes[i]
            if state == .trailerStart && byte != ASCII.carriageReturn { return finish(.trailersBegin(at: i)) }
            if let violation = take(byte) { return finish(.invalid(violation)) }
            i += 1
            if state == .done { return .end(at: i) }
        }
        return .needMore
    }

    private mutating func finish(_ step: Step) -> Step {
        state = .done
        return step
    }

    private mutating func take(_ byte: UInt8) -> HTTPViolation? {
        switch state {
        case .size: return takeSize(byte)
        case .inExtension: return takeExtension(byte)
        case .sizeEnd:
            guard byte == ASCII.lineFeed else { return .badLineEnd }
            startData()
        case .dataCR:
            guard byte == ASCII.carriageReturn else { return .badChunkEnd }
            state = .dataLF
        case .dataLF:
            guard byte == ASCII.lineFeed else { return .badChunkEnd }
            state = .size
        case .trailerStart: state = .finalLF
        case .finalLF:
            guard byte == ASCII.lineFeed else { return .badLineEnd }
            state = .done
        case .data, .done: return .extraData
        }
        return nil
    }

    private mutating func takeSize(_ byte: UInt8) -> HTTPViolation? {
        if let digit = ASCII.hexValue(byte) {
            guard digits < Self.sizeDigitsMax, left <= Self.chunkBytesMax >> 4 else { return .badChunkSize }
            left = left << 4 | digit
            guard left <= Self.chunkBytesMax else { return .badChunkSize }
            digits += 1
            return nil
        }
        guard digits > 0 else { return .badChunkSize }
        switch byte {
        case ASCII.carriageReturn:
            state = .sizeEnd
            return nil
        case ASCII.semicolon, ASCII.space, ASCII.tab:
            state = .inExtension
            return takeExtension(byte)
        case ASCII.lineFeed: return .badLineEnd
        default: return .badChunkSize
        }
    }

    private mutating func takeExtension(_ byte: UInt8) -> HTTPViolation? {
        if byte == ASCII.carriageReturn {
            guard grammar.mayEnd else { return .badChunkExtension }
            state = .sizeEnd
            return nil
        }
        extensionBytes += 1
        extensionBytesOfMessage += 1
        guard extensionBytes <= Self.extensionBytesMax else { return .badChunkExtension }
        guard extensionBytesOfMessage <= Self.extensionBytesMaxPerMessage else { return .badChunkExtension }
        return grammar.take(byte) ? nil : .badChunkExtension
    }

    private mutating func startData() {
        state = left == 0 ? .trailerStart : .data
        digits = 0
        extensionBytes = 0
        grammar = ChunkExtensionGrammar()
    }
}
