// A thousand streams on one connection, two of which stand still: one whose client opens no window, one whose server does
// not answer. Nobody else waits for them.

import GateTesting
import Testing

@Suite("A thousand streams, two of them stalled")
struct HTTP2ThousandStreamsTests {
    private typealias Raw = RawHTTP2Connection

    /// The client's window for each stream: the short answers fit, the long one does not.
    private static let windowBytes = 16_384
    private static let longBytes = 1 << 20
    private static let shortBody = String(repeating: "x", count: 8192)
    private static let buffersMax = 8
    private static let unopened: UInt32 = 1
    private static let unanswered: UInt32 = 3
    private static let others = stride(from: UInt32(5), to: 2001, by: 2)

    @Test("all others end while the two stand, with what they hold bounded, and the two go on when they may")
    func http1() throws {
        let script = ScriptedServer.serving { visit, request in
            switch request.target {
            case "/long":
                try visit.send("HTTP/1.1 200 OK\r\nContent-Length: \(Self.longBytes)\r\n\r\n")
                try visit.send([UInt8](repeating: 120, count: Self.longBytes))
            case "/unanswered":
                try visit.stall()
                try visit.respond(body: "late")
            default: try visit.respond(body: Self.shortBody)
            }
        }
        // The server's own limit keeps its threads few; the rest of the thousand wait in the queue.
        let server = try ScriptedServer(script)
        defer { server.stop() }
        let upstream = Stage.Settings(
            upstream: "queue: { length: 1000, timeout: 60s }",
            servers: ["{ url: \"\(server.url)\", max_requests: 50 }"])
        try play(script, upstream) { client, stage in
            _ = try server.nextRequest()
            _ = try server.nextRequest()
            try othersEnd(client, stage)
            server.release.fire()
        }
    }

    @Test("the same where all of them share one connection to the server")
    func http2() throws {
        let long = LongAnswer(count: Self.longBytes)
        let script = ScriptedServer.http2 { visit in
            var waiting: UInt32?
            while true {
                let frame = try visit.wire.readFrame(within: .seconds(120)) {
                    [RawFrame.headers, RawFrame.windowUpdate, RawFrame.goAway].contains($0.type)
                }
                if frame.type == RawFrame.goAway { return }
                if frame.type == RawFrame.windowUpdate {
                    try long.opened(frame, visit)
                    continue
                }
                let fields = try visit.wire.fields(of: frame)
                switch fields.first(where: { $0.0 == ":path" })?.1 {
                case "/long": try long.begin(frame.stream, visit)
                case "/unanswered": waiting = frame.stream
                case "/release":
                    try visit.respond(frame.stream)
                    if let waiting { try visit.respond(waiting, body: "late") }
                default: try visit.respond(frame.stream, body: Self.shortBody)
                }
            }
        }
        try play(script, .init(upstream: "protocol: h2, http2: { streams: 1000 }")) { client, stage in
            try othersEnd(client, stage)
            #expect(stage.backend.connectionCount == 1)
            try client.get(2001, "/release")
        }
    }

    // MARK: The scene

    /// Stalls the two streams, plays `others`, which ends with the server's leave to answer, and sees the two to their ends.
    private func play(
        _ script: @escaping ScriptedServer.Script, _ settings: Stage.Settings, _ others: (Raw, Stage) throws -> Void
    ) throws {
        try Stage.playHTTP2(script, settings: "http2: { streams: 1000 }", settings) { stage in
            let client = try stage.connectHTTP2(settings: [(4, UInt32(Self.windowBytes))])
            try client.openWindow()
            try client.get(Self.unopened, "/long")
            try client.get(Self.unanswered, "/unanswered")
            var long = 0
            while long < Self.windowBytes {
                let frame = try client.readMessage()
                #expect(frame.stream == Self.unopened)
                if frame.type == RawFrame.headers { _ = try client.fields(of: frame) }
                if frame.type == RawFrame.data { long += frame.payload.count }
            }
            try others(client, stage)
            try expectRest(client, long)
            try eventually("nothing to be held") { stage.proxy.activeExchanges == 0 && stage.proxy.buffersOut == 0 }
            #expect(stage.proxy.allEndings.keys.sorted() == ["completed"])
        }
    }

    /// Asks on every other stream at once and reads until all have their answers; nothing of the two may come.
    private func othersEnd(_ client: Raw, _ stage: Stage) throws {
        try client.send(Self.others.map { .headers($0, Raw.head("GET", "/short")) })
        var bytes: [UInt32: Int] = [:]
        var ended = 0
        var buffersMax = 0
        while ended < 998 {
            let frame = try client.readMessage()
            guard frame.stream > Self.unanswered, frame.type == RawFrame.headers || frame.type == RawFrame.data else {
                throw WireFailure(.malformed("\(frame) after \(ended) of the others"))
            }
            if frame.type == RawFrame.headers {
                #expect(try client.fields(of: frame).contains { $0 == (":status", "200") })
            } else {
                bytes[frame.stream, default: 0] += frame.payload.count
            }
            if frame.endsStream { ended += 1 }
            if ended % 50 == 0 { buffersMax = max(buffersMax, stage.proxy.buffersOut) }
        }
        #expect(bytes.count == 998 && bytes.values.allSatisfy { $0 == Self.shortBody.utf8.count })
        // An answer that comes faster than this client reads holds one; none holds more.
        #expect(buffersMax <= 998 + Self.buffersMax)
        try eventually("only the two to be left") { stage.proxy.activeExchanges == 2 }
        // One for what has no window, one or two for what is being read and written.
        #expect(stage.proxy.buffersOut <= Self.buffersMax)
    }

    /// The window opens, and the server has answered: both end, whole.
    private func expectRest(_ client: Raw, _ before: Int) throws {
        try client.send(.windowUpdate(Self.unopened, UInt32(Self.longBytes)))
        var long = before
        var late = ""
        var ended: Set<UInt32> = []
        while !ended.isSuperset(of: [Self.unopened, Self.unanswered]) {
            let frame = try client.readMessage()
            if frame.type == RawFrame.headers { _ = try client.fields(of: frame) }
            if frame.type == RawFrame.data {
                if frame.stream == Self.unopened { long += frame.payload.count }
                if frame.stream == Self.unanswered { late += String(decoding: frame.payload, as: UTF8.self) }
            }
            if frame.endsStream { ended.insert(frame.stream) }
        }
        #expect(long == Self.longBytes)
        #expect(late == "late")
    }
}

/// A response that keeps to its stream's window while the server's thread does other things.
private final class LongAnswer: Sendable {
    private let state: Monitor<(stream: UInt32, left: Int, window: Int)>

    init(count: Int) { state = Monitor((stream: 0, left: count, window: 65_535)) }

    func begin(_ stream: UInt32, _ visit: HTTP2Visit) throws {
        state.update { $0.stream = stream }
        try visit.respondHead(stream)
        try sendSome(visit)
    }

    /// A WINDOW_UPDATE came, of this stream or another.
    func opened(_ frame: RawFrame, _ visit: HTTP2Visit) throws {
        guard frame.stream != 0, frame.stream == state.current.stream else { return }
        state.update { $0.window += Int(frame.number(at: 0) ?? 0) }
        try sendSome(visit)
    }

    private func sendSome(_ visit: HTTP2Visit) throws {
        try state.update { state in
            while state.left > 0 && state.window > 0 {
                let count = min(16_384, state.left, state.window)
                state.left -= count
                state.window -= count
                let bytes = [UInt8](repeating: 120, count: count)
                try visit.wire.send(.data(state.stream, bytes, ends: state.left == 0))
            }
        }
    }
}
