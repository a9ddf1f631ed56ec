import GateHTTP
import GateHTTP2
import GateTestSupport
import Testing

@Suite("Streams' lives (RFC 9113 §5.1, §8.1)")
struct StreamTests {
    @Test("A request and its response")
    func exchange() {
        let session = Session.ready()
        #expect(session.receive(Frame.request(1)) == [.head(1, ["GET /", "host: a.example"], isEnd: true)])
        session.respond(1, 200, [("content-type", "text/plain")])
        #expect(session.send(1, "hello".bytes) == 5)
        session.end(1)
        let frames = session.sent()
        #expect(frames.map(\.type) == [1, 0])
        #expect(session.decoded(frames[0].payload) == [":status: 200", "content-type: text/plain"])
        // The end stands on the last frame, because it was still there.
        #expect(frames[0].flags == Frame.endHeaders)
        #expect(frames[1] == SentFrame(type: 0, flags: Frame.endStream, id: 1, payload: "hello".bytes))
        #expect(session.connection.openStreams == 0)
        session.release(1)
        #expect(session.sent().isEmpty)
    }

    @Test("The end is a frame of its own once the last one has left")
    func lateEnd() {
        let session = Session.ready()
        session.receive(Frame.request(1))
        session.respond(1)
        session.send(1, [1])
        _ = session.sent()
        session.end(1)
        #expect(session.sent() == [SentFrame(type: 0, flags: Frame.endStream, id: 1, payload: [])])
    }

    @Test("The end does not land on a frame that another stream's came behind")
    func endBehindOthers() {
        let session = Session.ready()
        session.receive(Frame.request(1) + Frame.request(3))
        session.respond(1)
        session.respond(3)
        session.send(1, [1])
        session.send(3, [3])
        session.end(1)
        session.end(3)
        #expect(
            session.sent().dropFirst(2) == [
                SentFrame(type: 0, flags: 0, id: 1, payload: [1]), SentFrame(type: 0, flags: 0, id: 3, payload: [3]),
                SentFrame(type: 0, flags: Frame.endStream, id: 1, payload: []),
                SentFrame(type: 0, flags: Frame.endStream, id: 3, payload: []),
            ])
    }

    @Test("A head alone carries the end, whether it was known or not", arguments: [true, false])
    func headAlone(isKnown: Bool) {
        let session = Session.ready()
        session.receive(Frame.request(1))
        session.respond(1, 204, end: isKnown)
        if !isKnown { session.end(1) }
        #expect(session.sent().map { [$0.type, $0.flags] } == [[1, Frame.endHeaders | Frame.endStream]])
    }

    @Test("Interim heads, body and trailers")
    func allParts() {
        let session = Session.ready()
        #expect(
            session.receive(
                Frame.headers(1, Frame.post) + Frame.data(1, [1, 2]) + Frame.headers(1, [("x-sum", "3")], end: true))
                == [
                    .head(1, ["POST /", "host: a.example"], isEnd: false), .data(1, [1, 2]),
                    .trailers(1, ["x-sum: 3"]),
                ])
        session.respond(1, 103, [("link", "</a>")])
        session.respond(1, 200)
        session.send(1, [7])
        session.trailers(1, [("Grpc-Status", "0")])
        let frames = session.sent()
        #expect(frames.map { [$0.type, $0.flags] } == [[1, 4], [1, 4], [0, 0], [1, 5]])
        #expect(session.decoded(frames[0].payload) == [":status: 103", "link: </a>"])
        #expect(session.decoded(frames[1].payload) == [":status: 200"])
        #expect(session.decoded(frames[3].payload) == ["grpc-status: 0"])
        #expect(session.connection.openStreams == 0)
    }

    @Test(
        "Fields of one connection never go out",
        arguments: ["Connection", "Keep-Alive", "Transfer-Encoding", "Upgrade"])
    func connectionFields(name: String) {
        let session = Session.ready()
        session.receive(Frame.request(1))
        session.respond(1, 200, end: true, [(name, "x"), ("a", "b")])
        #expect(session.decoded(session.sent()[0].payload) == [":status: 200", "a: b"])
    }

    @Test("Trailers that may not be ones stay behind; with none left the end is all")
    func forbiddenTrailers() {
        let session = Session.ready()
        session.receive(Frame.request(1) + Frame.request(3))
        session.respond(1)
        session.trailers(1, [("Content-Length", "5"), ("X-Sum", "1"), ("Set-Cookie", "a=b")])
        session.respond(3)
        session.send(3, [1])
        session.trailers(3, [("Connection", "close"), ("Host", "a")])
        let frames = session.sent()
        #expect(frames.map { [$0.type, $0.flags] } == [[1, 4], [1, 5], [1, 4], [0, 1]])
        _ = session.decoded(frames[0].payload)
        #expect(session.decoded(frames[1].payload) == ["x-sum: 1"])
    }

    @Test("A head that one frame does not hold goes on in CONTINUATION", arguments: [16_000, 16_500, 40_000])
    func longHead(count: Int) {
        let session = Session.ready()
        session.receive(Frame.request(1))
        // Half of these cost a whole byte each, whatever Huffman does.
        let value = String(repeating: "~", count: count)
        session.respond(1, 200, end: true, [("x", value), ("y", "1")])
        let frames = session.sent()
        #expect(frames.first?.type == 1 && frames.dropFirst().allSatisfy { $0.type == 9 })
        #expect(frames.allSatisfy { $0.payload.count <= 16_384 && $0.id == 1 })
        #expect(frames.map { $0.flags & Frame.endHeaders != 0 } == frames.indices.map { $0 == frames.count - 1 })
        #expect(frames[0].flags & Frame.endStream != 0)
        #expect((frames.count > 1) == (count > 16_384))
        #expect(session.decoded(frames.flatMap(\.payload)) == [":status: 200", "x: " + value, "y: 1"])
    }

    @Test("A stream that is released before its end is reset")
    func release() {
        let session = Session.ready()
        session.receive(Frame.request(1) + Frame.headers(3, Frame.post))
        session.release(1)
        session.respond(3, 200, end: true)
        session.release(3)
        #expect(session.sent().filter { $0.type == 3 } == [.reset(1, .cancel), .reset(3, .noError)])
    }

    @Test("What comes for a stream that we have reset is thrown away and given back to the connection")
    func afterOurReset() {
        let session = Session.ready()
        session.receive(Frame.headers(1, Frame.post))
        session.reset(1)
        session.release(1)
        _ = session.sent()
        let body = [UInt8](repeating: 0, count: 16_384)
        for _ in 0..<100 { #expect(session.receive(Frame.data(1, body)).isEmpty) }
        #expect(session.receive(Frame.headers(1, [("x", "1")], end: true)).isEmpty)
        // The connection's window of 1 MiB has been renewed on the way.
        #expect(session.sent().allSatisfy { $0.type == 8 && $0.id == 0 })
        #expect(session.receive(Frame.request(3)).count == 1)
    }

    @Test("Nothing may come for a stream that both sides have ended")
    func afterBothEnds() {
        for frame in [Frame.data(1, [1]), Frame.request(1)] {
            let session = Session.ready()
            session.receive(Frame.request(1))
            session.respond(1, 200, end: true)
            session.release(1)
            #expect(session.receive(frame) == [.failed(.closedStream)])
        }
    }

    @Test("WINDOW_UPDATE and RST_STREAM may")
    func lateControl() {
        let session = Session.ready()
        session.receive(Frame.request(1))
        session.respond(1, 200, end: true)
        session.release(1)
        #expect(session.receive(Frame.windowUpdate(1, 5) + Frame.reset(1) + Frame.priority(1)).isEmpty)
    }

    /// More streams than are remembered, behind the first one.
    private func forgetAll(_ session: Session, rests: Bool) {
        for number in 1..<200 {
            let id = UInt32(number) * 2 + 1
            session.receive(Frame.request(id))
            session.respond(id, 200, end: true)
            session.release(id)
        }
        if rests { session.connection.shrink() }
    }

    @Test(
        "A lower identifier is refused, however long ago the streams around it were over (RFC 9113 §5.1.1)",
        arguments: [false, true])
    func forgotten(rests: Bool) {
        for (frame, failure) in [
            (Frame.request(1), HTTP2Failure.badNewStreamID), (Frame.request(3), .badNewStreamID),
            (Frame.data(3, [1]), .closedStream),
        ] {
            let session = Session.ready()
            forgetAll(session, rests: rests)
            #expect(session.receive(frame) == [.failed(failure)])
        }
    }

    @Test(
        "What comes late for a stream that we have reset is thrown away, however many came behind it",
        arguments: [false, true])
    func forgottenReset(rests: Bool) {
        let session = Session.ready()
        session.receive(Frame.headers(1, Frame.post))
        session.reset(1)
        session.release(1)
        forgetAll(session, rests: rests)
        #expect(session.receive(Frame.data(1, [1])).isEmpty)
        #expect(session.receive(Frame.headers(1, [("x", "1")], end: true)).isEmpty)
        #expect(session.receive(Frame.request(3)) == [.failed(.badNewStreamID)])
    }

    @Test("Streams beyond the limit are refused, and taken again when one has ended")
    func limit() {
        var limits = HTTP2Limits()
        limits.streams = 2
        let session = Session.ready(.server, limits)
        session.receive(Frame.request(1) + Frame.request(3))
        #expect(session.receive(Frame.request(5)) == [.streamRefused(.tooManyStreams)])
        #expect(session.sent() == [.reset(5, .refusedStream)])
        session.respond(3, 200, end: true)
        #expect(session.receive(Frame.request(7)).count == 1)
        #expect(session.connection.openStreams == 2)
        // Field compression has gone on: the refused block was decoded.
        #expect(session.receive(Frame.data(5, [1])).isEmpty)
    }

    @Test("Slots that nobody released are bounded, too")
    func slots() {
        var limits = HTTP2Limits()
        limits.streams = 2
        limits.resets = 3
        let session = Session.ready(.server, limits)
        session.releasesGone = false
        for id: UInt32 in [1, 3, 5] { session.receive(Frame.request(id) + Frame.reset(id)) }
        session.receive(Frame.request(7) + Frame.request(9))
        #expect(session.connection.openStreams == 2)
        session.respond(7, 200, end: true)
        #expect(session.receive(Frame.request(11)) == [.failed(.madeUsReset)])
    }

    @Test("PRIORITY of a wrong length resets a stream that has ended, and says nothing to one that we reset")
    func badPriorityOfClosed() {
        let session = Session.ready()
        session.receive(Frame.request(1) + Frame.headers(3, Frame.post))
        session.respond(1, 200, end: true)
        session.reset(3)
        _ = session.sent()
        #expect(session.receive(Frame.raw(2, 1, [0])) == [.streamRefused(.badPriorityLength)])
        #expect(session.sent() == [.reset(1, .frameSizeError)])
        #expect(session.receive(Frame.raw(2, 3, [0])).isEmpty)
        #expect(session.sent().isEmpty)
    }

    @Test("A client opens streams up to the server's limit")
    func opening() {
        let session = Session.ready(.client, HTTP2Limits(), [(3, 2)])
        #expect(session.connection.openableStreams == 2)
        #expect(session.request() == 1)
        #expect(session.request() == 3)
        #expect(session.open() == nil)
        session.receive(Frame.response(1, end: true))
        #expect(session.request("POST", end: false) == 5)
        #expect(session.open() == nil)
        session.receive(Frame.settings([(3, 0)]) + Frame.response(3, end: true))
        #expect(session.connection.openableStreams == 0)
    }

    @Test("A client's request and what comes of it")
    func clientExchange() {
        let session = Session.ready(.client)
        let id = session.request("POST", end: false, [("Host", "b.example"), ("X-A", "1")])
        session.send(id, [1, 2], end: true)
        let frames = session.sent()
        #expect(
            session.decoded(frames[0].payload) == [
                ":method: POST", ":scheme: http", ":authority: a.example", ":path: /", "x-a: 1",
            ])
        #expect(frames[1] == SentFrame(type: 0, flags: 1, id: 1, payload: [1, 2]))
        #expect(
            session.receive(
                Frame.response(1, 103) + Frame.response(1, 200, [("a", "b")]) + Frame.data(1, [5], end: true)) == [
                    .head(1, ["103"], isEnd: false), .head(1, ["200", "a: b"], isEnd: false), .data(1, [5]), .end(1),
                ])
        #expect(session.connection.openStreams == 0)
    }

    @Test("The response to HEAD has a length and no data")
    func head() {
        let session = Session.ready(.client)
        session.request("HEAD")
        session.request("HEAD")
        #expect(
            session.receive(Frame.response(1, 200, end: true, [("content-length", "9")])) == [
                .head(1, ["200", "content-length: 9"], isEnd: true)
            ])
        session.receive(Frame.response(3, 200, [("content-length", "9")]))
        #expect(session.receive(Frame.data(3, [1])) == [.streamFailed(3, .lengthMismatch)])
    }

    @Test("A tunnel has no length")
    func tunnel() {
        let session = Session.ready(.client)
        session.request("CONNECT", end: false)
        session.receive(Frame.response(1, 200, [("content-length", "1")]))
        #expect(session.receive(Frame.data(1, [1, 2, 3])) == [.data(1, [1, 2, 3])])
    }

    @Test("A request head beyond the limits can be answered; the rest of the request is not told")
    func largeHead() {
        let session = Session.ready()
        let fields = (0..<200).map { ("x-\($0)", "1") }
        #expect(session.receive(Frame.headers(1, Frame.post + fields)) == [.refusedHead(1, .tooManyFields)])
        #expect(session.receive(Frame.data(1, [1, 2]) + Frame.data(1, [3], end: true)).isEmpty)
        session.respond(1, 431, end: true)
        session.release(1)
        #expect(session.sent().map(\.type) == [1])
        #expect(session.receive(Frame.request(3)).count == 1)
    }

    @Test("A server's GOAWAY refuses the streams above it, each with an event")
    func peerGoesAway() {
        let session = Session.ready(.client)
        for _ in 0..<3 { session.request() }
        #expect(
            session.receive(Frame.goAway(1, .enhanceYourCalm)) == [
                .goAway(1, .enhanceYourCalm), .reset(3, .refusedStream), .reset(5, .refusedStream),
            ])
        #expect(session.open() == nil)
        #expect(session.isDraining)
        #expect(session.receive(Frame.response(1, end: true)).count == 1)
    }

    @Test("Draining: the first GOAWAY lets streams in, the last one follows the PING")
    func drain() throws {
        let session = Session.ready()
        session.receive(Frame.request(1))
        session.connection.beginDrain(nowMs: session.nowMs, into: &session.out)
        let frames = session.sent()
        #expect(frames[0] == .goAway(0x7FFF_FFFF, .noError))
        let ping = try #require(frames.last)
        #expect(ping.type == 6)
        #expect(session.receive(Frame.request(3)).count == 1)
        session.receive(Frame.ping(ping.payload, isAnswer: true))
        #expect(session.sent() == [.goAway(3, .noError)])
        // What comes now is read for the sake of field compression, and nothing else.
        #expect(session.receive(Frame.headers(5, Frame.post) + Frame.data(5, [1])).isEmpty)
        #expect(session.sent().isEmpty)
        #expect(!session.isOver)
        for id: UInt32 in [1, 3] {
            session.respond(id, 200, end: true)
            session.release(id)
        }
        #expect(session.isOver)
    }

    @Test("The last GOAWAY does not wait for the PING's answer for ever")
    func drainDeadline() {
        let session = Session.ready()
        session.connection.beginDrain(nowMs: 1_000, into: &session.out)
        _ = session.sent()
        #expect(session.connection.nextDueMs == 2_000)
        #expect(session.connection.deadlinePassed(nowMs: 1_999, into: &session.out) == .needMore)
        #expect(session.sent().isEmpty)
        #expect(session.connection.deadlinePassed(nowMs: 2_000, into: &session.out) == .needMore)
        #expect(session.sent() == [.goAway(0, .noError)])
        #expect(session.isOver && session.connection.nextDueMs == .max)
    }

    @Test("SETTINGS that nobody acknowledges end the connection")
    func settingsTimeout() {
        let session = Session()
        _ = session.sent()
        session.receive(Frame.preface + Frame.settings())
        #expect(session.connection.nextDueMs == 11_000)
        #expect(session.connection.deadlinePassed(nowMs: 11_000, into: &session.out) == .failed(.settingsTimeout))
        #expect(session.sent().last == .goAway(0, .settingsTimeout))
    }

    @Test("A probe is answered, or it is not")
    func probe() throws {
        let session = Session.ready(.client)
        session.connection.probe(nowMs: 1_000, into: &session.out)
        session.connection.probe(nowMs: 1_500, into: &session.out)
        let pings = session.sent()
        #expect(pings.count == 1)
        #expect(session.receive(Frame.ping(pings[0].payload, isAnswer: true)) == [.alive])
        session.connection.probe(nowMs: 2_000, into: &session.out)
        #expect(session.connection.nextDueMs == 12_000)
        #expect(session.connection.deadlinePassed(nowMs: 12_000, into: &session.out) == .failed(.pingTimeout))
    }

    @Test(
        "What begins with neither preface nor SETTINGS ends at once",
        arguments: [
            Array("GET / HTTP/1.1\r\n".utf8), Frame.preface + Frame.ping(), Frame.preface + Frame.settingsAcknowledged,
            Frame.preface.dropLast() + [0x20],
        ])
    func preface(bytes: [UInt8]) {
        let session = Session()
        #expect(session.receive(bytes) == [.failed(.badPreface)])
        #expect(session.sent().last == .goAway(0, .protocolError))
        // It stays so, and nothing more is written.
        #expect(session.receive([1]) == [.failed(.badPreface)])
        #expect(session.sent().isEmpty)
    }

    @Test("A connection without streams holds little, and gives back what it can")
    func memoryHeld() {
        let session = Session()
        #expect(session.connection.heldBytes == 0)
        session.receive(Frame.preface + Frame.settings() + Frame.settingsAcknowledged)
        for number in 0..<100 { session.receive(Frame.request(UInt32(number) * 2 + 1)) }
        #expect(session.connection.heldBytes > 4096)
        for number in 0..<100 {
            session.respond(UInt32(number) * 2 + 1, 200, end: true)
            session.release(UInt32(number) * 2 + 1)
        }
        session.connection.shrink()
        #expect(session.connection.heldBytes < 1024)
        #expect(MemoryLayout<HTTP2Connection>.size < 2048)
        #expect(session.receive(Frame.request(301)).count == 1)
        #expect(session.receive(Frame.data(7, [1])) == [.failed(.closedStream)])
    }

    @Test("Limits out of range, and data before a head, are the program's own errors")
    func preconditions() async {
        await #expect(processExitsWith: .failure) {
            var limits = HTTP2Limits()
            limits.streams = 2_001
            _ = Session(.server, limits)
        }
        await #expect(processExitsWith: .failure) {
            let session = Session.ready()
            session.receive(Frame.request(1))
            session.send(1, [1])
        }
    }
}
