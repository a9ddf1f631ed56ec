import GateCore
import GateHTTP
import GateHTTP2
import GateTestSupport

/// What a connection told, with streams by their identifiers and bytes copied.
enum Told: Equatable {
    case head(UInt32, [String], isEnd: Bool)
    case trailers(UInt32, [String])
    case data(UInt32, [UInt8])
    case end(UInt32)
    case reset(UInt32, HTTP2ErrorCode)
    case streamFailed(UInt32, HTTP2Failure)
    case streamRefused(HTTP2Failure)
    case refusedHead(UInt32, HTTPViolation)
    case sendable, settings, alive
    case goAway(UInt32, HTTP2ErrorCode)
    case failed(HTTP2Failure)
}

/// A frame that a connection wrote.
struct SentFrame: Equatable {
    var type: UInt8
    var flags: UInt8
    var id: UInt32
    var payload: [UInt8]

    static func reset(_ id: UInt32, _ code: HTTP2ErrorCode) -> SentFrame {
        SentFrame(type: 3, flags: 0, id: id, payload: code.rawValue.bytes)
    }

    static func goAway(_ last: UInt32, _ code: HTTP2ErrorCode) -> SentFrame {
        SentFrame(type: 7, flags: 0, id: 0, payload: last.bytes + code.rawValue.bytes)
    }

    static func windowUpdate(_ id: UInt32, _ increment: UInt32) -> SentFrame {
        SentFrame(type: 8, flags: 0, id: id, payload: increment.bytes)
    }
}

/// A connection with what belongs around it.
final class Session {
    var connection: HTTP2Connection
    let workspace = HTTP2Workspace()
    var out = ByteBuffer()
    var nowMs: UInt64 = 1_000
    /// Streams that were told of and not released.
    private(set) var streams: [UInt32: HTTP2StreamIndex] = [:]
    private var waiting: [UInt8] = []
    /// The other end's decoder, for what is sent.
    private var decoder = HPACKDecoder()
    /// Whether streams that are gone are released at once, as owners do.
    var releasesGone = true
    /// Whether data is given back at once.
    var consumes = false

    init(_ role: HTTP2Role = .server, _ limits: HTTP2Limits = HTTP2Limits()) {
        connection = HTTP2Connection(role: role, limits: limits)
        connection.begin(nowMs: nowMs, into: &out)
    }

    /// A session whose peer has said what it must at first; nothing of that is left to look at.
    static func ready(
        _ role: HTTP2Role = .server, _ limits: HTTP2Limits = HTTP2Limits(), _ settings: [(UInt16, UInt32)] = []
    ) -> Session {
        let session = Session(role, limits)
        _ = session.receive(
            (role == .server ? Frame.preface : []) + Frame.settings(settings) + Frame.settingsAcknowledged)
        _ = session.sent()
        return session
    }

    /// Shows the bytes, with those that are still waiting, and tells what came of it.
    @discardableResult
    func receive(_ bytes: [UInt8]) -> [Told] {
        waiting += bytes
        var told: [Told] = []
        var at = 0
        let input = waiting
        while true {
            let event = connection.next(input.span, at: &at, nowMs: nowMs, workspace: workspace, into: &out)
            if event == .needMore { break }
            let one = tell(event, input)
            told.append(one)
            if case .failed = one { break }
        }
        waiting = Array(input[at...])
        return told
    }

    private func tell(_ event: HTTP2Event, _ input: [UInt8]) -> Told {
        switch event {
        case .needMore: preconditionFailure("not an event to tell")
        case .head(let stream, let isEnd): return .head(note(stream), lines(), isEnd: isEnd)
        case .trailers(let stream): return .trailers(id(stream), lines())
        case .data(let stream, let range):
            if consumes { connection.consumed(stream, range.count, into: &out) }
            return .data(id(stream), Array(input[range]))
        case .end(let stream): return .end(id(stream))
        case .reset(let stream, let code): return .reset(gone(stream), code)
        case .streamFailed(let stream, let failure): return .streamFailed(gone(stream), failure)
        case .streamRefused(let failure): return .streamRefused(failure)
        case .refusedHead(let stream, let violation): return .refusedHead(note(stream), violation)
        case .sendable: return .sendable
        case .settings: return .settings
        case .alive: return .alive
        case .goAway(let last, let code): return .goAway(last, code)
        case .failed(let failure): return .failed(failure)
        }
    }

    private func id(_ stream: HTTP2StreamIndex) -> UInt32 { connection.streamID(stream) }

    private func note(_ stream: HTTP2StreamIndex) -> UInt32 {
        streams[id(stream)] = stream
        return id(stream)
    }

    private func gone(_ stream: HTTP2StreamIndex) -> UInt32 {
        let id = id(stream)
        if releasesGone { release(id) }
        return id
    }

    /// First what the first line would say, then the fields.
    private func lines() -> [String] {
        let head = { (head: borrowing MessageHead) -> [String] in
            var first: [String] = []
            if head.status > 0 { first = [String(head.status)] }
            if !head.methodRange.isEmpty {
                first = [String(latin1: head.methodBytes.array) + " " + String(latin1: head.target.array)]
            }
            return first + head.lines
        }
        return head(workspace.head)
    }

    // MARK: State

    var isDraining: Bool { connection.isDraining }
    var isOver: Bool { connection.isOver }
    var openStreams: Int { connection.openStreams }
    var canOpen: Bool { connection.openableStreams > 0 }

    // MARK: Saying

    subscript(id: UInt32) -> HTTP2StreamIndex { streams[id]! }

    func open() -> UInt32? { connection.open().map { note($0) } }

    func release(_ id: UInt32) {
        guard let stream = streams.removeValue(forKey: id) else { return }
        connection.release(stream, into: &out)
    }

    /// Sends a request on a new stream.
    @discardableResult
    func request(_ method: String = "GET", end: Bool = true, _ fields: [(String, String)] = []) -> UInt32 {
        let id = open()!
        let head = MessageHead(received: fields)
        connection.sendRequest(
            self[id], method: method.bytes.span, scheme: "http".bytes.span, authority: "a.example".bytes.span,
            path: "/".bytes.span, protocol: "".bytes.span, head, isEnd: end, into: &out)
        return id
    }

    func respond(_ id: UInt32, _ status: Int = 200, end: Bool = false, _ fields: [(String, String)] = []) {
        let head = MessageHead(received: fields)
        connection.sendHead(self[id], status: status, head, isEnd: end, into: &out)
    }

    @discardableResult
    func send(_ id: UInt32, _ bytes: [UInt8], end: Bool = false) -> Int {
        connection.sendData(self[id], bytes.span, isEnd: end, into: &out)
    }

    func end(_ id: UInt32) { connection.sendEnd(self[id], into: &out) }

    func trailers(_ id: UInt32, _ fields: [(String, String)]) {
        let head = MessageHead(received: fields)
        connection.sendTrailers(self[id], head, into: &out)
    }

    func reset(_ id: UInt32, _ code: HTTP2ErrorCode = .cancel) { connection.reset(self[id], code, into: &out) }

    func wants(_ id: UInt32, _ wants: Bool = true) { connection.wantsToSend(self[id], wants) }

    /// Whose turn it is.
    func turn() -> UInt32? { connection.nextSender().map { id($0) } }

    // MARK: What was written

    /// Takes everything that was written.
    func sentBytes() -> [UInt8] {
        let bytes = out.span.array
        out.consume(bytes.count)
        return bytes
    }

    /// Takes the frames that were written.
    func sent() -> [SentFrame] {
        var bytes = sentBytes()[...]
        if bytes.starts(with: Frame.preface) { bytes = bytes.dropFirst(24) }
        var frames: [SentFrame] = []
        while !bytes.isEmpty {
            let head = Array(bytes.prefix(9))
            let length = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
            let id = head[5...].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            frames.append(
                SentFrame(type: head[3], flags: head[4], id: id, payload: Array(bytes.dropFirst(9).prefix(length))))
            precondition(frames.last!.payload.count == length, "a frame is cut")
            bytes = bytes.dropFirst(9 + length)
        }
        return frames
    }

    /// A block that was written, as `name: value`.
    func decoded(_ block: [UInt8]) -> [String] {
        var lines = ByteBuffer()
        var at = 0
        var fields: [String] = []
        while let field = try! decoder.next(block.span, at: &at, into: &lines, lineBytesMax: 1 << 20) {
            let name = field.pseudo.map { "\($0.name)" } ?? String(latin1: lines.span.extracting(field.name).array)
            fields.append(name + ": " + String(latin1: lines.span.extracting(field.value).array))
        }
        return fields
    }
}
