import GateHTTP2
import GateTestSupport
import Testing

/// What must come of frames: the rows of h2spec, and rules of RFC 9113 that it has no row for.
struct Row: CustomTestStringConvertible {
    enum Outcome: Equatable {
        /// The connection ends.
        case connection(HTTP2Failure)
        /// A stream that the owner knows is reset.
        case stream(UInt32, HTTP2Failure)
        /// A stream that the owner does not know is reset.
        case unknownStream(UInt32, HTTP2Failure)
        /// Nothing is wrong.
        case fine
    }

    var section: String
    var name: String
    var frames: [UInt8]
    var outcome: Outcome

    init(_ section: String, _ name: String, _ frames: [[UInt8]], _ outcome: Outcome) {
        self.section = section
        self.name = name
        self.frames = frames.flatMap { $0 }
        self.outcome = outcome
    }

    var testDescription: String { "§\(section) \(name)" }
}

@Suite("Conformance of the connection, as h2spec asks for it")
struct ConformanceTests {
    @Test("The server's end", arguments: Row.server)
    func server(row: Row) { check(row, .ready(.server)) }

    @Test("The client's end, with stream 1 under way", arguments: Row.client)
    func client(row: Row) {
        let session = Session.ready(.client)
        session.request(end: false)
        _ = session.sent()
        check(row, session)
    }

    private func check(_ row: Row, _ session: Session) {
        let told = session.receive(row.frames)
        let frames = session.sent()
        let failures = told.filter { $0.isFailure }
        switch row.outcome {
        case .connection(let failure):
            #expect(told.last == .failed(failure))
            #expect(failures == [.failed(failure)])
            #expect(frames.last?.type == 7)
            #expect(frames.last.map { Array($0.payload[4..<8]) } == failure.code.rawValue.bytes)
        case .stream(let id, let failure):
            #expect(failures == [.streamFailed(id, failure)])
            #expect(frames.filter { $0.type == 3 || $0.type == 7 } == [.reset(id, failure.code)])
        case .unknownStream(let id, let failure):
            #expect(failures == [.streamRefused(failure)])
            #expect(frames.filter { $0.type == 3 || $0.type == 7 } == [.reset(id, failure.code)])
        case .fine:
            #expect(failures.isEmpty)
            #expect(frames.allSatisfy { $0.type != 3 && $0.type != 7 })
        }
    }
}

extension Told {
    /// Whether a rule was broken.
    var isFailure: Bool {
        switch self {
        case .streamFailed, .streamRefused, .failed: true
        default: false
        }
    }
}

extension Row {
    private static let body = [UInt8](repeating: 0x61, count: 16_384)
    private static let noEnd: UInt8 = 0

    static let server: [Row] =
        frames + idle + halfClosed + closed + identifiers + data + headers + priority + small + settings + windows
        + continuation + messages

    private static let frames = [
        Row("4.1", "a frame of an unknown type is ignored", [Frame.raw(0x16, flags: 0xFF, 0, [1, 2, 3])], .fine),
        Row("4.1", "unknown flags are ignored", [Frame.raw(6, flags: 0x16, 0, Array(0..<8))], .fine),
        Row("4.1", "the reserved bit is ignored", [Frame.raw(6, 0x8000_0000, Array(0..<8))], .fine),
        Row(
            "4.2", "16,384 bytes of DATA are taken",
            [Frame.headers(1, Frame.post), Frame.data(1, body, end: true)], .fine),
        Row(
            "4.2", "one byte more is not",
            [Frame.headers(1, Frame.post), Frame.raw(0, 1, body + [0])], .connection(.frameTooLarge)),
        Row("4.2", "HEADERS beyond the size", [Frame.raw(1, flags: 5, 1, body + [0])], .connection(.frameTooLarge)),
        Row("4.2", "SETTINGS beyond the size", [Frame.raw(4, 0, [], length: 16_386)], .connection(.frameTooLarge)),
        Row(
            "4.3", "a block that cannot be decoded", [Frame.raw(1, flags: 5, 1, [0x40])], .connection(.badCompression)),
        Row(
            "4.3", "PRIORITY within a block",
            [Frame.headers(1, Frame.get, end: true, flags: noEnd), Frame.priority(1)], .connection(.badContinuation)),
        Row(
            "4.3", "HEADERS of another stream within a block",
            [Frame.headers(1, Frame.get, end: true, flags: noEnd), Frame.request(3)], .connection(.badContinuation)),
        Row(
            "5.5", "an unknown frame within a block",
            [Frame.headers(1, Frame.get, end: true, flags: noEnd), Frame.raw(0x16, 0)], .connection(.badContinuation)),
        Row("5.4.1", "a broken rule of the connection ends it", [Frame.ping([1])], .connection(.badFrameLength)),
    ]

    private static let idle = [
        Row("5.1", "idle: DATA", [Frame.data(1, [1], end: true)], .connection(.idleStream)),
        Row("5.1", "idle: RST_STREAM", [Frame.reset(1)], .connection(.idleStream)),
        Row("5.1", "idle: WINDOW_UPDATE", [Frame.windowUpdate(1, 100)], .connection(.idleStream)),
        Row("5.1", "idle: CONTINUATION", [Frame.continuation(1, [])], .connection(.badContinuation)),
        Row("5.1", "idle: PRIORITY", [Frame.priority(1)], .fine),
    ]

    private static let halfClosed = [
        Row(
            "5.1", "half-closed (remote): DATA", [Frame.request(1), Frame.data(1, [1])], .stream(1, .halfClosedStream)),
        Row(
            "5.1", "half-closed (remote): HEADERS", [Frame.request(1), Frame.request(1)], .stream(1, .halfClosedStream)),
        Row(
            "5.1", "half-closed (remote): CONTINUATION", [Frame.request(1), Frame.continuation(1, [])],
            .connection(.badContinuation)),
        Row(
            "5.1", "half-closed (remote): WINDOW_UPDATE, PRIORITY and RST_STREAM are right",
            [Frame.request(1), Frame.windowUpdate(1, 1), Frame.priority(1), Frame.reset(1)], .fine),
    ]

    private static let closed = [
        Row(
            "5.1", "closed by the peer's RST_STREAM: DATA",
            [Frame.headers(1, Frame.post), Frame.reset(1), Frame.data(1, [1])], .unknownStream(1, .resetStream)),
        Row(
            "5.1", "closed by the peer's RST_STREAM: HEADERS",
            [Frame.headers(1, Frame.post), Frame.reset(1), Frame.request(1)], .unknownStream(1, .resetStream)),
        Row(
            "5.1", "closed by the peer's RST_STREAM: CONTINUATION",
            [Frame.headers(1, Frame.post), Frame.reset(1), Frame.continuation(1, [])], .connection(.badContinuation)),
        Row(
            "5.1", "closed by the peer's RST_STREAM: PRIORITY, RST_STREAM and WINDOW_UPDATE do nothing",
            [
                Frame.headers(1, Frame.post), Frame.reset(1), Frame.priority(1), Frame.reset(1),
                Frame.windowUpdate(1, 0),
            ], .fine),
    ]

    private static let identifiers = [
        Row("5.1.1", "an even identifier", [Frame.request(2)], .connection(.badNewStreamID)),
        Row("5.1.1", "a lower identifier", [Frame.request(5), Frame.request(3)], .connection(.badNewStreamID)),
        Row(
            "5.1.1", "DATA of a stream that was left out", [Frame.request(5), Frame.data(3)], .connection(.closedStream)
        ),
        Row(
            "5.1.1", "identifiers may be left out",
            [Frame.request(1), Frame.request(1001), Frame.request(0x7FFF_FFFF)],
            .fine),
        Row(
            "5.1.2", "one stream too many", (0...100).map { Frame.headers(UInt32($0) * 2 + 1, Frame.post) },
            .unknownStream(201, .tooManyStreams)),
    ]

    private static let data = [
        Row("6.1", "DATA on stream 0", [Frame.data(0, [1])], .connection(.badStreamID)),
        Row(
            "6.1", "padding as long as the frame",
            [Frame.headers(1, Frame.post), Frame.raw(0, flags: 8, 1, [3, 0, 0])],
            .connection(.badPadding)),
        Row(
            "6.1", "padding that leaves no data",
            [Frame.headers(1, Frame.post), Frame.raw(0, flags: 8, 1, [2, 0, 0])],
            .fine),
        Row(
            "6.1", "padding without its length", [Frame.headers(1, Frame.post), Frame.raw(0, flags: 8, 1)],
            .connection(.badFrameLength)),
        Row(
            "6.1", "padded data", [Frame.headers(1, Frame.post), Frame.data(1, [1, 2], end: true, padding: 255)], .fine),
        Row(
            "6.9.1", "data beyond the stream's window",
            [Frame.headers(1, Frame.post)] + (0..<4).map { _ in Frame.data(1, body) } + [Frame.data(1, [1])],
            .stream(1, .windowExceeded)),
    ]

    private static let headers = [
        Row("6.2", "HEADERS on stream 0", [Frame.headers(0, Frame.get)], .connection(.badStreamID)),
        Row(
            "6.2", "padding as long as the frame", [Frame.raw(1, flags: 0xD, 1, [4, 0, 0, 0])], .connection(.badPadding)
        ),
        Row("6.2", "padding without its length", [Frame.raw(1, flags: 0xD, 1)], .connection(.badFrameLength)),
        Row("6.2", "a priority that is cut", [Frame.raw(1, flags: 0x25, 1, [0, 0])], .connection(.badFrameLength)),
        Row(
            "6.2", "padding and priority",
            [Frame.headers(1, Frame.get, end: true, flags: 0x2C, prefix: [2, 0, 0, 0, 0, 15], suffix: [0, 0])], .fine),
        Row(
            "5.3.1", "HEADERS that depend on their own stream",
            [Frame.headers(1, Frame.get, end: true, flags: 0x24, prefix: [0, 0, 0, 1, 15])],
            .unknownStream(1, .selfDependency)),
    ]

    private static let priority = [
        Row("6.3", "PRIORITY on stream 0", [Frame.priority(0)], .connection(.badStreamID)),
        Row(
            "6.3", "PRIORITY of four bytes", [Frame.headers(1, Frame.post), Frame.raw(2, 1, [0, 0, 0, 0])],
            .stream(1, .badPriorityLength)),
        Row("6.3", "PRIORITY of four bytes, idle", [Frame.raw(2, 1, [0, 0, 0, 0])], .connection(.badPriorityLength)),
        Row(
            "6.3", "PRIORITY of four bytes, closed by the peer's RST_STREAM",
            [Frame.headers(1, Frame.post), Frame.reset(1), Frame.raw(2, 1, [0, 0, 0, 0])],
            .unknownStream(1, .badPriorityLength)),
        Row(
            "6.3", "PRIORITY of six bytes, of a stream that was left out",
            [Frame.request(5), Frame.raw(2, 3, [0, 0, 0, 0, 0, 0])], .unknownStream(3, .badPriorityLength)),
        Row(
            "5.3.1", "PRIORITY that depends on its own stream",
            [Frame.headers(1, Frame.post), Frame.priority(1, parent: 1)],
            .stream(1, .selfDependency)),
        Row("5.3.1", "the same, idle", [Frame.priority(1, parent: 1)], .connection(.selfDependency)),
        Row("9218 7.1", "PRIORITY_UPDATE", [Frame.priorityUpdate(1, "u=1"), Frame.request(1)], .fine),
        Row("9218 7.1", "of stream 0", [Frame.priorityUpdate(0, "u=1")], .connection(.badPriorityUpdate)),
        Row("9218 7.1", "of a push", [Frame.priorityUpdate(2, "u=1")], .connection(.badPriorityUpdate)),
        Row("9218 7.1", "on a stream", [Frame.raw(0x10, 1, [0, 0, 0, 1])], .connection(.badStreamID)),
        Row("9218 7.1", "cut", [Frame.raw(0x10, 0, [0, 0, 0])], .connection(.badFrameLength)),
        Row("9218 7.1", "nonsense is no priority", [Frame.priorityUpdate(1, "=;,")], .fine),
    ]

    private static let small = [
        Row("6.4", "RST_STREAM on stream 0", [Frame.reset(0)], .connection(.badStreamID)),
        Row(
            "6.4", "RST_STREAM of three bytes", [Frame.headers(1, Frame.post), Frame.raw(3, 1, [0, 0, 0])],
            .connection(.badFrameLength)),
        Row(
            "6.6", "PUSH_PROMISE", [Frame.request(1), Frame.raw(5, flags: 4, 1, [0, 0, 0, 2])],
            .connection(.pushPromise)),
        Row("6.7", "PING on a stream", [Frame.raw(6, 1, Array(0..<8))], .connection(.badStreamID)),
        Row("6.7", "PING of six bytes", [Frame.ping(Array(0..<6))], .connection(.badFrameLength)),
        Row("6.7", "an answer to no PING", [Frame.ping(isAnswer: true)], .fine),
        Row("6.8", "GOAWAY on a stream", [Frame.raw(7, 1, [UInt8](repeating: 0, count: 8))], .connection(.badStreamID)),
        Row("6.8", "GOAWAY of seven bytes", [Frame.raw(7, 0, Array(0..<7))], .connection(.badFrameLength)),
        Row("7", "GOAWAY with an unknown code", [Frame.goAway(0, HTTP2ErrorCode(rawValue: 0xFF), debug: "why")], .fine),
        Row(
            "7", "RST_STREAM with an unknown code",
            [Frame.headers(1, Frame.post), Frame.reset(1, HTTP2ErrorCode(rawValue: 0xFF))], .fine),
    ]

    private static let settings = [
        Row("6.5", "SETTINGS", [Frame.settings([(0x1, 100), (0x3, 1), (0x6, 65_536)])], .fine),
        Row("6.5", "an acknowledgement with a payload", [Frame.raw(4, flags: 1, 0, [0])], .connection(.badFrameLength)),
        Row("6.5", "an acknowledgement of nothing", [Frame.settingsAcknowledged], .fine),
        Row("6.5", "SETTINGS on a stream", [Frame.raw(4, 1)], .connection(.badStreamID)),
        Row("6.5", "SETTINGS of three bytes", [Frame.raw(4, 0, [0, 1, 2])], .connection(.badFrameLength)),
        Row("6.5.2", "ENABLE_PUSH of 2", [Frame.settings([(2, 2)])], .connection(.badSetting)),
        Row(
            "6.5.2", "INITIAL_WINDOW_SIZE of 2^31", [Frame.settings([(4, 1 << 31)])], .connection(.badInitialWindow)),
        Row("6.5.2", "MAX_FRAME_SIZE of 16,383", [Frame.settings([(5, 16_383)])], .connection(.badSetting)),
        Row("6.5.2", "MAX_FRAME_SIZE of 2^24", [Frame.settings([(5, 1 << 24)])], .connection(.badSetting)),
        Row("6.5.2", "MAX_FRAME_SIZE of 2^24-1", [Frame.settings([(5, 0xFF_FFFF)])], .fine),
        Row("6.5.2", "an unknown setting", [Frame.settings([(0xFF, 1)])], .fine),
        Row("8441 3", "ENABLE_CONNECT_PROTOCOL of 2", [Frame.settings([(8, 2)])], .connection(.badSetting)),
        Row(
            "8441 3", "ENABLE_CONNECT_PROTOCOL taken back", [Frame.settings([(8, 1)]), Frame.settings([(8, 0)])],
            .connection(.badSetting)),
        Row("9218 2.1", "NO_RFC7540_PRIORITIES of 2", [Frame.settings([(9, 2)])], .connection(.badSetting)),
        Row("9218 2.1", "NO_RFC7540_PRIORITIES that changes", [Frame.settings([(9, 1)])], .connection(.badSetting)),
    ]

    private static let windows = [
        Row("6.9", "nothing for the connection", [Frame.windowUpdate(0, 0)], .connection(.emptyConnectionWindowUpdate)),
        Row(
            "6.9", "nothing for a stream", [Frame.headers(1, Frame.post), Frame.windowUpdate(1, 0)],
            .stream(1, .emptyWindowUpdate)),
        Row("6.9", "WINDOW_UPDATE of three bytes", [Frame.raw(8, 0, [0, 0, 1])], .connection(.badFrameLength)),
        Row(
            "6.9.1", "the connection's window above 2^31-1",
            [Frame.windowUpdate(0, 0x7FFF_FFFF)], .connection(.connectionWindowOverflow)),
        Row(
            "6.9.1", "the connection's window of 2^31-1", [Frame.windowUpdate(0, 0x7FFF_FFFF - 65_535)], .fine),
        Row(
            "6.9.1", "a stream's window above 2^31-1",
            [Frame.headers(1, Frame.post), Frame.windowUpdate(1, 0x7FFF_FFFF)], .stream(1, .windowOverflow)),
        Row(
            "6.9.1", "a stream's window of 2^31-1",
            [Frame.headers(1, Frame.post), Frame.windowUpdate(1, 0x7FFF_FFFF - 65_535)], .fine),
        Row(
            "6.9.2", "SETTINGS that make a stream's window too large",
            [
                Frame.headers(1, Frame.post), Frame.windowUpdate(1, 0x7FFF_FFFF - 65_535),
                Frame.settings([(4, 65_536)]),
            ], .connection(.badInitialWindow)),
    ]

    private static let continuation = [
        Row(
            "6.10", "a block of three frames",
            [
                Frame.headers(1, Frame.get, end: true, flags: noEnd),
                Frame.continuation(1, Frame.block([("a", "1")]), end: false),
                Frame.continuation(1, Frame.block([("b", "2")])),
            ], .fine),
        Row(
            "6.10", "another frame within a block",
            [Frame.headers(1, Frame.get, flags: noEnd), Frame.data(1, [1])], .connection(.badContinuation)),
        Row(
            "6.10", "CONTINUATION on stream 0",
            [Frame.headers(1, Frame.get, flags: noEnd), Frame.continuation(0, [])], .connection(.badContinuation)),
        Row(
            "6.10", "CONTINUATION of another stream",
            [Frame.headers(1, Frame.get, flags: noEnd), Frame.continuation(3, [])], .connection(.badContinuation)),
        Row(
            "6.10", "CONTINUATION behind END_HEADERS", [Frame.headers(1, Frame.post), Frame.continuation(1, [])],
            .connection(.badContinuation)),
        Row(
            "6.10", "CONTINUATION behind the last CONTINUATION",
            [Frame.headers(1, Frame.post, flags: noEnd), Frame.continuation(1, []), Frame.continuation(1, [])],
            .connection(.badContinuation)),
        Row(
            "6.10", "CONTINUATION behind DATA",
            [Frame.headers(1, Frame.post), Frame.data(1, [1]), Frame.continuation(1, [])],
            .connection(.badContinuation)),
    ]

    private static let messages = [
        Row(
            "8.1", "trailers",
            [Frame.headers(1, Frame.post), Frame.data(1, [1]), Frame.headers(1, [("x", "1")], end: true)],
            .fine),
        Row(
            "8.1", "a second head that does not end the stream",
            [Frame.headers(1, Frame.post), Frame.headers(1, [("x", "1")])],
            .stream(1, .malformedTrailers)),
        Row(
            "8.1", "pseudo-fields in trailers",
            [Frame.headers(1, Frame.post), Frame.headers(1, [(":path", "/")], end: true)],
            .stream(1, .malformedTrailers)),
        Row("8.2.1", "a name with upper case", [Frame.request(1, [("X-A", "1")])], .unknownStream(1, .malformedHead)),
        Row("8.2.2", "Connection", [Frame.request(1, [("connection", "close")])], .unknownStream(1, .malformedHead)),
        Row("8.2.2", "TE", [Frame.request(1, [("te", "gzip")])], .unknownStream(1, .malformedHead)),
        Row("8.2.2", "TE: trailers", [Frame.request(1, [("te", "trailers")])], .fine),
        Row("8.3", "an unknown pseudo-field", [Frame.request(1, [(":x", "1")])], .unknownStream(1, .malformedHead)),
        Row(
            "8.3", "a response's pseudo-field", [Frame.request(1, [(":status", "200")])],
            .unknownStream(1, .malformedHead)),
        Row(
            "8.3", "a pseudo-field behind a field", [Frame.headers(1, [("a", "1")] + Frame.get, end: true)],
            .unknownStream(1, .malformedHead)),
        Row("8.3.1", "no fields at all", [Frame.headers(1, [], end: true)], .unknownStream(1, .malformedHead)),
        Row(
            "8.3.1", "an empty path",
            [Frame.headers(1, [(":method", "GET"), (":scheme", "http"), (":path", "")], end: true)],
            .unknownStream(1, .malformedHead)),
        Row(
            "8.3.1", "no method", [Frame.headers(1, [(":scheme", "http"), (":path", "/")], end: true)],
            .unknownStream(1, .malformedHead)),
        Row(
            "8.3.1", "a path twice", [Frame.headers(1, Frame.get + [(":path", "/")], end: true)],
            .unknownStream(1, .malformedHead)),
        Row(
            "8.1.1", "less data than Content-Length says",
            [Frame.headers(1, Frame.post + [("content-length", "2")]), Frame.data(1, [1], end: true)],
            .stream(1, .lengthMismatch)),
        Row(
            "8.1.1", "more data than Content-Length says, in two frames",
            [
                Frame.headers(1, Frame.post + [("content-length", "1")]), Frame.data(1, [1]),
                Frame.data(1, [1], end: true),
            ],
            .stream(1, .lengthMismatch)),
        Row(
            "8.1.1", "no data where Content-Length says some",
            [Frame.headers(1, Frame.post + [("content-length", "1")], end: true)], .unknownStream(1, .lengthMismatch)),
        Row(
            "8.1.1", "trailers before Content-Length is reached",
            [Frame.headers(1, Frame.post + [("content-length", "1")]), Frame.headers(1, [("x", "1")], end: true)],
            .stream(1, .lengthMismatch)),
        Row(
            "8.1.1", "as much data as Content-Length says, padding not counted",
            [
                Frame.headers(1, Frame.post + [("content-length", "2")]), Frame.data(1, [1], padding: 9),
                Frame.data(1, [1]), Frame.data(1, end: true),
            ], .fine),
        Row(
            "8441 4", "extended CONNECT",
            [
                Frame.headers(
                    1,
                    [
                        (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":path", "/"),
                        (":authority", "a.example"),
                    ])
            ], .fine),
    ]

    static let client = [
        Row("5.1", "a stream that we did not open", [Frame.response(3)], .connection(.idleStream)),
        Row("5.1", "a server's stream", [Frame.response(2)], .connection(.idleStream)),
        Row("6.6", "PUSH_PROMISE", [Frame.raw(5, flags: 4, 1, [0, 0, 0, 2])], .connection(.pushPromise)),
        Row("6.5.2", "ENABLE_PUSH by a server", [Frame.settings([(2, 1)])], .connection(.badSetting)),
        Row(
            "9218 7.1", "PRIORITY_UPDATE by a server", [Frame.priorityUpdate(1, "u=1")], .connection(.badPriorityUpdate)
        ),
        Row("8.1", "a response", [Frame.response(1), Frame.data(1, [1], end: true)], .fine),
        Row(
            "8.1", "interim responses", [Frame.response(1, 103), Frame.response(1, 100), Frame.response(1, end: true)],
            .fine),
        Row("8.1", "an interim response that ends", [Frame.response(1, 103, end: true)], .stream(1, .badResponse)),
        Row("8.6", "101", [Frame.response(1, 101)], .stream(1, .malformedHead)),
        Row("8.1", "data before the head", [Frame.data(1, [1])], .stream(1, .dataBeforeHead)),
        Row(
            "8.1", "data before the final head", [Frame.response(1, 103), Frame.data(1, [1])],
            .stream(1, .dataBeforeHead)),
        Row("8.3.2", "no status", [Frame.headers(1, [("a", "1")])], .stream(1, .malformedHead)),
        Row(
            "8.3.2", "a request's pseudo-field", [Frame.response(1, 200, [(":path", "/")])], .stream(1, .malformedHead)),
        Row(
            "8.1.1", "Content-Length and no data", [Frame.response(1, end: true, [("content-length", "1")])],
            .stream(1, .lengthMismatch)),
        Row(
            "8.1.1", "a length that 304 may have", [Frame.response(1, 304, end: true, [("content-length", "1")])], .fine
        ),
        Row("8.1.1", "data of a 204", [Frame.response(1, 204), Frame.data(1, [1])], .stream(1, .lengthMismatch)),
        Row(
            "8.1", "heads behind the final one that end nothing", [Frame.response(1), Frame.response(1)],
            .stream(1, .malformedTrailers)),
        Row(
            "5.1", "half-closed (remote): DATA", [Frame.response(1, end: true), Frame.data(1, [1])],
            .stream(1, .halfClosedStream)),
        Row("6.5.2", "unknown settings", [Frame.settings([(0xABC, 5)])], .fine),
    ]
}
