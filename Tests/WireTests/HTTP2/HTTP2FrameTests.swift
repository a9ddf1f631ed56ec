// h2spec's rows, end to end: frames that break a rule, and what the rule says follows. RFC 9113, RFC 7541.

import GateTesting
import Testing

@Suite("Frames that break rules (h2spec's rows)")
struct HTTP2FrameTests {
    private typealias Raw = RawHTTP2Connection

    /// What follows.
    enum Outcome: Sendable {
        /// GOAWAY with one of these codes, or the connection's end without one.
        case connection([UInt32])
        /// RST_STREAM with one of these codes, GOAWAY, or the connection's end: a connection error may always be made of a
        /// stream's (RFC 9113 §5.4.1).
        case stream([UInt32])
        /// Nothing: the next request is served.
        case nothing
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let outcome: Outcome
        let frames: [RawFrame]

        init(_ name: String, _ outcome: Outcome, _ frames: RawFrame...) {
            self.name = name
            self.outcome = outcome
            self.frames = frames
        }

        var testDescription: String { name }
    }

    private static let noError: UInt32 = 0
    private static let protocolError: UInt32 = 1
    private static let flowControl: UInt32 = 3
    private static let streamClosed: UInt32 = 5
    private static let frameSize: UInt32 = 6
    private static let compression: UInt32 = 9

    private static func frame(_ type: UInt8, _ flags: UInt8 = 0, _ stream: UInt32 = 0, _ count: Int) -> RawFrame {
        RawFrame(type: type, flags: flags, stream: stream, payload: [UInt8](repeating: 0, count: count))
    }

    private static func get(_ id: UInt32 = 1, _ fields: [(String, String)] = []) -> RawFrame {
        .headers(id, Raw.head("GET", "/", fields))
    }

    private static func open(_ id: UInt32 = 1) -> RawFrame { .headers(id, Raw.head("POST"), ends: false) }

    private static func block(_ bytes: [UInt8]) -> RawFrame {
        RawFrame(
            type: RawFrame.headers, flags: RawFrame.endHeaders | RawFrame.endStream, stream: 1,
            payload: RawFrame.block(Raw.head()) + bytes)
    }

    /// HEADERS of stream 1 whose payload has something in front of the block.
    private static func headers(_ flags: UInt8, _ front: [UInt8] = []) -> RawFrame {
        RawFrame(type: RawFrame.headers, flags: flags, stream: 1, payload: front + RawFrame.block(Raw.head()))
    }

    static let rows: [Row] = general + states + control + messages + compressionRows

    private static let general: [Row] = [
        // RFC 9113 §4.1, §4.2
        Row("a frame of unknown type is ignored", .nothing, frame(0xF0, 0xFF, 0, 8)),
        Row("unknown flags are ignored", .nothing, RawFrame(type: 6, flags: 0xFE, payload: Array("12345678".utf8))),
        Row("DATA larger than announced", .stream([frameSize]), open(), frame(RawFrame.data, 0, 1, 16_385)),
        Row("HEADERS larger than announced", .connection([frameSize]), frame(RawFrame.headers, 5, 1, 16_385)),
        Row("SETTINGS larger than announced", .connection([frameSize]), frame(RawFrame.settings, 0, 0, 16_386)),
        // §4.3
        Row("a block that is no HPACK", .connection([compression]), block([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF])),
        Row(
            "PRIORITY within a block", .connection([protocolError]),
            headers(1), frame(RawFrame.priority, 0, 1, 5)),
        Row(
            "HEADERS of another stream within a block", .connection([protocolError]),
            headers(1), get(3)),
    ]

    private static let states: [Row] = [
        // §5.1
        Row("idle: DATA", .connection([protocolError, streamClosed]), .data(1, "x", ends: true)),
        Row("idle: RST_STREAM", .connection([protocolError]), .reset(1)),
        Row("idle: WINDOW_UPDATE", .connection([protocolError]), .windowUpdate(1, 100)),
        Row("idle: CONTINUATION", .connection([protocolError]), frame(RawFrame.continuation, 4, 1, 4)),
        Row("half-closed: DATA", .stream([streamClosed]), get(), .data(1, "x", ends: true)),
        Row("half-closed: HEADERS", .stream([streamClosed]), get(), get()),
        Row("half-closed: CONTINUATION", .stream([streamClosed, protocolError]), get(), frame(9, 4, 1, 4)),
        Row("reset: DATA", .stream([streamClosed]), open(), .reset(1), .data(1, "x")),
        Row("reset: HEADERS", .stream([streamClosed]), open(), .reset(1), .headers(1, [("x", "y")])),
        Row("reset: CONTINUATION", .stream([streamClosed, protocolError]), open(), .reset(1), frame(9, 4, 1, 4)),
        // §5.1.1
        Row("an even stream", .connection([protocolError]), get(2)),
        Row("a stream below the last", .connection([protocolError, streamClosed]), get(5), get(3)),
    ]

    private static let control: [Row] = [
        // §6.1 - §6.10
        Row("DATA on stream 0", .connection([protocolError]), .data(0, "x")),
        Row(
            "DATA with more padding than frame", .connection([protocolError]), open(),
            RawFrame(type: RawFrame.data, flags: RawFrame.padded, stream: 1, payload: [6, 1, 2, 3])),
        Row("HEADERS on stream 0", .connection([protocolError]), get(0)),
        Row(
            "HEADERS with more padding than frame", .connection([protocolError]),
            headers(13, [200])),
        Row("PRIORITY on stream 0", .connection([protocolError]), frame(RawFrame.priority, 0, 0, 5)),
        Row("PRIORITY of a wrong length", .stream([frameSize]), open(), frame(RawFrame.priority, 0, 1, 4)),
        Row("PRIORITY for an idle stream", .nothing, frame(RawFrame.priority, 0, 9, 5)),
        Row("RST_STREAM on stream 0", .connection([protocolError]), .reset(0)),
        Row("RST_STREAM of a wrong length", .connection([frameSize]), open(), frame(RawFrame.reset, 0, 1, 3)),
        Row("SETTINGS acknowledgement with content", .connection([frameSize]), frame(RawFrame.settings, 1, 0, 6)),
        Row("SETTINGS on a stream", .connection([protocolError]), frame(RawFrame.settings, 0, 1, 6)),
        Row("SETTINGS of a wrong length", .connection([frameSize]), frame(RawFrame.settings, 0, 0, 3)),
        Row("ENABLE_PUSH of 2", .connection([protocolError]), .settings([(2, 2)])),
        Row("INITIAL_WINDOW_SIZE of 2^31", .connection([flowControl]), .settings([(4, 1 << 31)])),
        Row("MAX_FRAME_SIZE below 16384", .connection([protocolError]), .settings([(5, 16_383)])),
        Row("MAX_FRAME_SIZE above 2^24-1", .connection([protocolError]), .settings([(5, 1 << 24)])),
        Row("an unknown setting", .nothing, .settings([(0xFF, 1)])),
        Row("PUSH_PROMISE", .connection([protocolError]), get(), frame(RawFrame.pushPromise, 4, 1, 8)),
        Row("PING on a stream", .connection([protocolError]), frame(RawFrame.ping, 0, 1, 8)),
        Row("PING of a wrong length", .connection([frameSize]), frame(RawFrame.ping, 0, 0, 6)),
        Row("GOAWAY on a stream", .connection([protocolError]), frame(RawFrame.goAway, 0, 1, 8)),
        Row("WINDOW_UPDATE of 0", .connection([protocolError]), .windowUpdate(0, 0)),
        Row("WINDOW_UPDATE of 0 on a stream", .stream([protocolError]), open(), .windowUpdate(1, 0)),
        Row("WINDOW_UPDATE of a wrong length", .connection([frameSize]), frame(RawFrame.windowUpdate, 0, 0, 3)),
        Row(
            "a connection's window beyond 2^31-1", .connection([flowControl]), .windowUpdate(0, 0x7FFF_FFFF),
            .windowUpdate(0, 0x7FFF_FFFF)),
        Row(
            "a stream's window beyond 2^31-1", .stream([flowControl]), open(), .windowUpdate(1, 0x7FFF_FFFF),
            .windowUpdate(1, 0x7FFF_FFFF)),
        Row("CONTINUATION without HEADERS", .connection([protocolError]), get(), frame(RawFrame.continuation, 4, 1, 4)),
        Row("CONTINUATION on stream 0", .connection([protocolError]), frame(RawFrame.continuation, 4, 0, 4)),
    ]

    private static let messages: [Row] = [
        // §8.1
        Row(
            "trailers that do not end the stream", .stream([protocolError]), open(),
            .headers(1, [("x", "y")], ends: false)),
        Row("trailers with a pseudo-field", .stream([protocolError]), open(), .headers(1, [(":path", "/")])),
    ]

    private static let compressionRows: [Row] = [
        // RFC 7541
        Row("an index of 0", .connection([compression]), block([0x80])),
        Row("an index beyond the tables", .connection([compression]), block([0xC6])),
        Row(
            "a table size beyond the announced", .connection([compression]),
            headers(5, [0x3F, 0xE2, 0x1F])),
        Row("a size update behind a field", .connection([compression]), block([0x20])),
        // Name and value of these are h2spec's, "x-test: test".
        Row(
            "Huffman padding longer than 7 bits", .connection([compression]),
            block([0, 0x85, 0xF2, 0xB2, 0x4A, 0x84, 0xFF, 0x84, 0x49, 0x50, 0x9F, 0xFF])),
        Row(
            "Huffman padding longer than 7 bits in a name", .connection([compression]),
            block([0, 0x82, 0xF3, 0xFF, 0x81, 0x0F])),
        Row("a Huffman value of padding only", .connection([compression]), block([0, 0x81, 0xF3, 0x81, 0xFF])),
        Row("Huffman padding of zeros", .connection([compression]), block([0, 0x81, 0x00, 0x81, 0x0F])),
        Row("Huffman with EOS", .connection([compression]), block([0, 0x84, 0xFF, 0xFF, 0xFF, 0xFF, 0x81, 0x0F])),
    ]

    @Test("break the stream or the connection, as RFC 9113 says", arguments: rows)
    func breaks(_ row: Row) throws {
        // The server answers late, so that streams are open while more frames come.
        let script: ScriptedServer.Script = ScriptedServer.serving { visit, request in
            if request.target == "/" { try visit.stall() }
            try visit.respond(body: "ok")
        }
        try Stage.playHTTP2(script) { stage in
            let client = try stage.connectHTTP2()
            // All that the preface brings is past.
            _ = try client.readFrame { $0.type == RawFrame.settings && $0.flags == 1 }
            try client.send(row.frames)
            switch row.outcome {
            case .connection(let codes): try expectEnd(client, codes, row.name)
            case .stream(let codes): try expectReset(client, codes, row.name)
            case .nothing:
                try client.get(11, "/next")
                #expect(try client.response(11).status == 200, "\(row.name)")
            }
            // Others on the worker are not touched.
            let other = try stage.connectHTTP2()
            try other.get(1, "/next")
            #expect(try other.response(1).status == 200)
            stage.backend.release.fire()
        }
    }

    private func expectEnd(_ client: RawHTTP2Connection, _ codes: [UInt32], _ name: String) throws {
        let code = try client.goAwayCode()
        #expect(codes.contains(code), "\(name): GOAWAY with \(code)")
        try client.stream.waitForEnd()
    }

    private func expectReset(_ client: RawHTTP2Connection, _ codes: [UInt32], _ name: String) throws {
        let frame = try client.readFrame { $0.type == RawFrame.reset || $0.type == RawFrame.goAway }
        let code = frame.number(at: frame.type == RawFrame.reset ? 0 : 4) ?? .max
        #expect(codes.contains(code), "\(name): \(frame)")
    }

    @Test("PING is answered, with its content (RFC 9113 §6.7)")
    func ping() throws {
        try Stage.playHTTP2 { stage in
            let client = try stage.connectHTTP2()
            try client.send(.ping("abcdefgh"))
            let answer = try client.readFrame { $0.type == RawFrame.ping && $0.flags == 1 }
            #expect(answer.payload == Array("abcdefgh".utf8))
            try client.send(RawFrame(type: RawFrame.ping, flags: 1, payload: Array("12345678".utf8)))
            try client.get(1)
            #expect(try client.response(1).status == 200)
        }
    }

    @Test("what comes first is SETTINGS (RFC 9113 §3.4)")
    func firstSettings() throws {
        try Stage.playHTTP2 { stage in
            let client = try stage.connectHTTP2()
            #expect(try client.readFrame().type == RawFrame.settings)
            let other = try stage.connectHTTP2(settings: nil)
            try other.get(1)
            #expect(try other.goAwayCode() == Self.protocolError)
        }
    }

    @Test("DATA waits for windows, and windows that SETTINGS change move those of open streams (RFC 9113 §6.9)")
    func windows() throws {
        try Stage.playHTTP2(ScriptedServer.saying(String(repeating: "x", count: 10))) { stage in
            let client = try stage.connectHTTP2(settings: [(4, 1)])
            try client.get(1)
            #expect(try client.readFrame { $0.type == RawFrame.data }.payload.count == 1)
            try client.send(.settings([(4, 3)]))
            #expect(try client.readFrame { $0.type == RawFrame.data }.payload.count == 2)
            try client.send(.settings([(4, 0)]))
            // The window is now below 0.
            try client.send(.windowUpdate(1, 4))
            #expect(try client.readFrame { $0.type == RawFrame.data }.payload.count == 1)
            try client.send(.windowUpdate(1, 100))
            let last = try client.readFrame { $0.type == RawFrame.data }
            #expect(last.payload.count == 6 && last.endsStream)
        }
    }
}
