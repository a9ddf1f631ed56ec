import GateCore
import GateHTTP
import GateHTTP2

/// Whatever a peer sends, a connection tells and answers it alike however it is cut, and keeps to its own rules.
///
/// The first byte of an input chooses the role, whether the peer's first words are said for it, how its bytes are cut and
/// what the owner does; the rest is what the peer sends.
enum HTTP2ConnectionProperty {
    static func check(_ bytes: Span<UInt8>) {
        guard bytes.count > 0 else { return }
        var input = ByteBuffer()
        if bytes[0] & 2 != 0 { FuzzedPeer.greeting(isServer: bytes[0] & 1 != 0, into: &input) }
        input.append(bytes, 1..<bytes.count)
        check(input.span, bytes[0])
    }

    static func check(_ input: Span<UInt8>, _ options: UInt8) {
        let role: HTTP2Role = options & 1 == 0 ? .server : .client
        let whole = run(input, role, piece: max(1, input.count), isGenerous: false)
        let cut = run(input, role, piece: 1 + Int(options >> 3), isGenerous: false)
        precondition(whole.digest == cut.digest, "told differently in pieces")
        precondition(ASCII.equals(whole.written.span, cut.written.span), "answered differently in pieces")
        whole.checkFrames(role)
        // Credit leaves when a piece's end says so: what is told may then depend on the cut, the rules may not.
        run(input, role, piece: 1 + Int(options >> 3), isGenerous: true).checkFrames(role)
    }

    private static func run(
        _ input: Span<UInt8>, _ role: HTTP2Role, piece: Int, isGenerous: Bool
    ) -> FuzzedConnection {
        var connection = FuzzedConnection(role, isGenerous: isGenerous)
        var end = 0
        while end < input.count && !connection.hasFailed {
            end = min(input.count, end + piece)
            connection.take(input, upTo: end)
        }
        connection.finish()
        return connection
    }
}

/// What peers say first, so that inputs come to the point.
enum FuzzedPeer {
    static func greeting(isServer: Bool, into input: inout ByteBuffer) {
        if !isServer { input.append("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") }
        append(4, 0, 0, 0, to: &input)
        append(4, 1, 0, 0, to: &input)
    }

    /// A frame's header.
    static func append(_ type: UInt8, _ flags: UInt8, _ id: UInt32, _ length: Int, to input: inout ByteBuffer) {
        for shift in [16, 8, 0] { input.append(byte: UInt8(truncatingIfNeeded: length >> shift)) }
        input.append(byte: type)
        input.append(byte: flags)
        append(id, to: &input)
    }

    static func append(_ number: UInt32, to input: inout ByteBuffer) {
        for shift in [24, 16, 8, 0] as [UInt32] { input.append(byte: UInt8(truncatingIfNeeded: number >> shift)) }
    }
}

/// A connection with an owner that does what owners do, and watches.
struct FuzzedConnection: ~Copyable {
    private static let streamsMax = 5

    private var connection: HTTP2Connection
    private let workspace = HTTP2Workspace()
    private let isGenerous: Bool
    private var out = ByteBuffer()
    private var at = 0
    private var log = FuzzedLog()
    private var head = MessageHead()
    private(set) var written = ByteBuffer()
    private(set) var hasFailed = false
    /// What became of the peer's side of each slot's stream.
    private var isHeld = [Bool](repeating: false, count: 64)
    private var isDone = [Bool](repeating: false, count: 64)
    private var nowMs: UInt64 = 5

    init(_ role: HTTP2Role, isGenerous: Bool) {
        var limits = HTTP2Limits()
        limits.streams = Self.streamsMax
        limits.resets = 20
        limits.streamWindowBytes = 1_000
        limits.streamWindowBytesMax = 3_000
        limits.windowGrowthBytesMax = 4_000
        limits.connectionWindowBytes = 70_000
        limits.head = HeadLimits(startLineBytes: 64, headBytes: 512, fields: 8)
        limits.blockBytesMax = 600
        limits.continuations = 4
        (limits.emptyFrames, limits.unknownFrames, limits.strayFrames) = (50, 50, 50)
        connection = HTTP2Connection(role: role, limits: limits)
        self.isGenerous = isGenerous
        connection.begin(nowMs: nowMs, into: &out)
        guard role == .client else { return }
        for _ in 0..<3 { request() }
    }

    /// What was told, as a number.
    var digest: UInt64 { log.value }

    private mutating func request() {
        guard let stream = connection.open() else { return }
        isHeld[stream.slot] = true
        let isEnd = connection.streamID(stream) % 4 == 1
        let (method, path, none) = (Array("POST".utf8), Array("/a".utf8), [UInt8]())
        connection.sendRequest(
            stream, method: method.span, scheme: none.span, authority: none.span, path: path.span, protocol: none.span,
            head, isEnd: isEnd, into: &out)
        if !isEnd { send(stream) }
    }

    // MARK: Reading

    mutating func take(_ input: Span<UInt8>, upTo end: Int) {
        let there = input.extracting(0..<end)
        var silent = 0
        while !hasFailed {
            let before = at
            let event = connection.next(there, at: &at, nowMs: nowMs, workspace: workspace, into: &out)
            precondition(at >= before && at <= end)
            if event == .needMore { break }
            silent = at == before ? silent + 1 : 0
            precondition(silent < 20, "no progress")
            handle(event, there)
        }
    }

    private mutating func handle(_ event: HTTP2Event, _ input: Span<UInt8>) {
        switch event {
        case .needMore: break
        case .head(let stream, let isEnd): begin(stream, isEnd: isEnd)
        case .refusedHead(let stream, _):
            hold(stream, 2)
            isDone[stream.slot] = true
            answer(stream, 431)
        case .data(let stream, let range): data(stream, range, input)
        case .end(let stream), .trailers(let stream): finish(stream, event)
        case .reset(let stream, let code): gone(stream, 5 + UInt64(code.rawValue) << 8)
        case .streamFailed(let stream, let failure): gone(stream, 6 + UInt64(failure.rawValue) << 8)
        case .streamRefused(let failure): log.note(7, UInt64(failure.rawValue))
        case .sendable, .settings: writeMore(event == .settings ? 8 : 9)
        case .alive: preconditionFailure("nobody asked")
        case .goAway(let last, _): log.note(10, UInt64(last))
        case .failed(let failure):
            log.note(11, UInt64(failure.rawValue))
            hasFailed = true
        }
        precondition(connection.openStreams <= Self.streamsMax)
    }

    private mutating func hold(_ stream: HTTP2StreamIndex, _ kind: UInt64) {
        log.note(kind, UInt64(connection.streamID(stream)))
        precondition(stream.slot < 25 && !isHeld[stream.slot], "a slot twice")
        isHeld[stream.slot] = true
        isDone[stream.slot] = false
    }

    private mutating func begin(_ stream: HTTP2StreamIndex, isEnd: Bool) {
        if workspace.head.methodRange.isEmpty {
            // A response: some are interim, and only the last one ends.
            precondition(isHeld[stream.slot] && !isDone[stream.slot])
            log.note(3, UInt64(connection.streamID(stream)), UInt64(workspace.head.status))
            precondition(workspace.head.status >= 200 || !isEnd)
        } else {
            hold(stream, 1)
        }
        log.note(UInt64(workspace.head.fieldCount), isEnd ? 1 : 0)
        isDone[stream.slot] = isEnd
        if isEnd { end(stream) }
    }

    private mutating func data(_ stream: HTTP2StreamIndex, _ range: Range<Int>, _ input: Span<UInt8>) {
        precondition(isHeld[stream.slot] && !isDone[stream.slot], "data of nobody")
        precondition(!range.isEmpty && range.upperBound == at)
        log.data(connection.streamID(stream), input.extracting(range))
        if isGenerous { connection.consumed(stream, range.count, into: &out) }
    }

    private mutating func finish(_ stream: HTTP2StreamIndex, _ event: HTTP2Event) {
        precondition(isHeld[stream.slot] && !isDone[stream.slot], "an end twice")
        isDone[stream.slot] = true
        log.note(event == .end(stream) ? 4 : 12, UInt64(connection.streamID(stream)))
        end(stream)
    }

    private mutating func gone(_ stream: HTTP2StreamIndex, _ kind: UInt64) {
        precondition(isHeld[stream.slot] && !connection.isOpen(stream))
        log.note(kind, UInt64(connection.streamID(stream)))
        release(stream)
    }

    // MARK: Saying

    /// The peer's side has ended.
    private mutating func end(_ stream: HTTP2StreamIndex) {
        switch connection.streamID(stream) % 16 {
        // Some are never answered.
        case 1: break
        case 3: connection.reset(stream, .internalError, into: &out)
        default: answer(stream, 200)
        }
    }

    private mutating func answer(_ stream: HTTP2StreamIndex, _ status: Int) {
        guard connection.isServer else { return release(stream) }
        connection.sendHead(stream, status: status, head, isEnd: false, into: &out)
        send(stream)
    }

    /// More than windows hold at first; what is over is released.
    private mutating func send(_ stream: HTTP2StreamIndex) {
        let body = [UInt8](repeating: 7, count: 30_000)
        let sent = connection.sendData(stream, body.span, isEnd: connection.streamID(stream) % 8 == 5, into: &out)
        connection.wantsToSend(stream, sent < body.count)
        if sent == body.count { connection.sendEnd(stream, into: &out) }
        if !connection.isOpen(stream) && connection.isServer { release(stream) }
    }

    private mutating func release(_ stream: HTTP2StreamIndex) {
        connection.release(stream, into: &out)
        isHeld[stream.slot] = false
    }

    /// A window opened.
    private mutating func writeMore(_ kind: UInt64) {
        log.note(kind)
        for _ in 0..<4 {
            guard let stream = connection.nextSender() else { return }
            precondition(connection.sendableBytes(stream) > 0 && isHeld[stream.slot])
            let sent = connection.sendData(stream, [1, 2, 3].span, isEnd: false, into: &out)
            precondition(sent > 0)
            log.note(13, UInt64(connection.streamID(stream)), UInt64(sent))
        }
    }

    /// Takes what was written.
    mutating func finish() {
        _ = connection.deadlinePassed(nowMs: nowMs, into: &out)
        swap(&written, &out)
    }

    /// What was written is in order: whole frames, none of a stream behind its end, nothing behind the last GOAWAY.
    borrowing func checkFrames(_ role: HTTP2Role) {
        var frames = FuzzedFrames(at: role == .client ? 24 : 0)
        while frames.check(written.span) {}
        precondition(written.count < 1 << 20)
    }
}

/// Frames that we wrote, one after the other.
private struct FuzzedFrames {
    var at: Int
    private var ended: Set<UInt32> = []
    private var reset: Set<UInt32> = []

    init(at: Int) { self.at = at }

    /// Checks the next frame; false at the end.
    mutating func check(_ bytes: Span<UInt8>) -> Bool {
        if at == bytes.count { return false }
        precondition(at + 9 <= bytes.count, "a header is cut")
        let length = Int(bytes[at]) << 16 | Int(bytes[at + 1]) << 8 | Int(bytes[at + 2])
        let (type, flags) = (bytes[at + 3], bytes[at + 4])
        let id = (5..<9).reduce(UInt32(0)) { $0 << 8 | UInt32(bytes[at + $1]) }
        at += 9 + length
        precondition(length <= 16_384 && at <= bytes.count, "a frame is cut")
        precondition(type < 10 && type != 5 && type != 2)
        check(type, flags, id)
        return true
    }

    private mutating func check(_ type: UInt8, _ flags: UInt8, _ id: UInt32) {
        switch type {
        case 4, 6, 7: precondition(id == 0)
        case 8: precondition(id == 0 || !reset.contains(id), "credit for a stream that we reset")
        case 3: reset.insert(id)
        case 9: precondition(!reset.contains(id))
        default:
            precondition(id != 0 && !ended.contains(id) && !reset.contains(id), "a stream that is over")
            if flags & 1 != 0 { ended.insert(id) }
        }
    }
}

/// What was told, as one number. Pieces of data in a row count as one.
private struct FuzzedLog {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325
    private var dataID: UInt32 = 0

    mutating func note(_ parts: UInt64...) {
        dataID = 0
        for part in parts { mix(part) }
    }

    mutating func data(_ id: UInt32, _ bytes: Span<UInt8>) {
        if dataID != id {
            note(14, UInt64(id))
            dataID = id
        }
        for at in 0..<bytes.count { mix(UInt64(bytes[at])) }
    }

    private mutating func mix(_ part: UInt64) { value = (value ^ part) &* 0x100_0000_01B3 }
}
