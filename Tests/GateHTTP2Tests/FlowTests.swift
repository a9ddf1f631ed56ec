import GateHTTP2
import GateTestSupport
import Testing

@Suite("Windows (RFC 9113 §5.2, §6.9)")
struct FlowTests {
    private static let frame = [UInt8](repeating: 0x61, count: 16_384)

    // MARK: Ours to send

    @Test("What is sent is cut into frames, and ends where the windows do")
    func sending() {
        let session = Session.ready()
        session.receive(Frame.request(1))
        session.respond(1)
        _ = session.sent()
        let body = [UInt8](repeating: 0x61, count: 100_000)
        #expect(session.send(1, body, end: true) == 65_535)
        #expect(session.sent().map(\.payload.count) == [16_384, 16_384, 16_384, 16_383])
        #expect(session.send(1, body) == 0)
        session.wants(1)
        #expect(session.turn() == nil)
        // The stream's window alone is not enough.
        #expect(session.receive(Frame.windowUpdate(1, 10)).isEmpty)
        #expect(session.turn() == nil)
        #expect(session.receive(Frame.windowUpdate(0, 5)) == [.sendable])
        #expect(session.turn() == 1)
        #expect(session.send(1, body) == 5)
        #expect(session.receive(Frame.windowUpdate(0, 100)) == [.sendable])
        #expect(session.send(1, Array(body[..<5]), end: true) == 5)
        #expect(session.sent().map { [$0.flags, UInt8($0.payload.count)] } == [[0, 5], [1, 5]])
    }

    @Test("An initial window of 1 gives frames of one byte (h2spec 6.9.1)")
    func oneByte() {
        let session = Session.ready(.server, HTTP2Limits(), [(4, 1)])
        session.receive(Frame.request(1))
        session.respond(1)
        _ = session.sent()
        #expect(session.send(1, [1, 2, 3], end: true) == 1)
        #expect(session.sent() == [SentFrame(type: 0, flags: 0, id: 1, payload: [1])])
    }

    @Test("A window that SETTINGS make negative opens only beyond nothing (§6.9.2, h2spec 6.9.2)")
    func negative() {
        let session = Session.ready(.server, HTTP2Limits(), [(4, 3)])
        session.receive(Frame.request(1))
        session.respond(1)
        session.wants(1)
        #expect(session.send(1, [1, 2, 3, 4, 5]) == 3)
        #expect(session.receive(Frame.settings([(4, 2)])) == [.settings])
        #expect(session.turn() == nil)
        #expect(session.receive(Frame.windowUpdate(1, 1)).isEmpty)
        #expect(session.send(1, [4, 5]) == 0)
        #expect(session.receive(Frame.windowUpdate(1, 1)) == [.sendable])
        #expect(session.turn() == 1)
        #expect(session.send(1, [4, 5]) == 1)
        // SETTINGS may open windows, too.
        #expect(session.receive(Frame.settings([(4, 3)])) == [.settings])
        #expect(session.turn() == 1)
    }

    @Test("The last of several initial windows holds, and the first of a stream that comes later is that")
    func severalValues() {
        let session = Session.ready(.server, HTTP2Limits(), [(4, 100), (4, 1)])
        session.receive(Frame.request(1))
        session.respond(1)
        #expect(session.send(1, [1, 2, 3]) == 1)
        session.receive(Frame.settings([(4, 0), (4, 2)]))
        #expect(session.send(1, [2, 3]) == 1)
    }

    @Test("The header of a frame of data without its bytes")
    func dataHeader() {
        let session = Session.ready(.server, HTTP2Limits(), [(4, 100)])
        session.receive(Frame.request(1))
        session.respond(1)
        _ = session.sent()
        let taken = session.connection.sendDataHeader(session[1], count: 500, isEnd: true, into: &session.out)
        #expect(taken == 100)
        #expect(session.sentBytes() == Frame.raw(0, 1, length: 100))
        #expect(session.connection.sendDataHeader(session[1], count: 500, isEnd: true, into: &session.out) == 0)
    }

    // MARK: The peer's to send

    @Test("The first words announce the windows")
    func announcement() {
        let session = Session()
        let frames = session.sent()
        #expect(frames[0].payload.suffix(6) == [0, 9, 0, 0, 0, 1])
        #expect(frames[0].payload.starts(with: [0, 3, 0, 0, 0, 100, 0, 4, 0, 1, 0, 0]))
        #expect(frames[1] == .windowUpdate(0, UInt32(1 << 20) - 65_535))
        #expect(Session(.client).sentBytes().starts(with: Frame.preface))
    }

    @Test("A stream's credit goes back when half of its window has been passed on, the connection's by itself")
    func credit() {
        let session = Session.ready()
        session.receive(Frame.headers(1, Frame.post))
        session.receive(Frame.data(1, Self.frame) + Frame.data(1, Self.frame) + Frame.data(1, Self.frame))
        #expect(session.sent().isEmpty)
        session.connection.consumed(session[1], 32_767, into: &session.out)
        #expect(session.sent().isEmpty)
        session.connection.consumed(session[1], 1, into: &session.out)
        #expect(session.sent().first == .windowUpdate(1, 32_768))
    }

    @Test("Padding is given back at once")
    func padding() {
        let session = Session.ready()
        session.receive(Frame.headers(1, Frame.post))
        for _ in 0..<256 { session.receive(Frame.data(1, [1], padding: 127)) }
        // 128 bytes of each frame are padding and its length; half of 64 KiB of that have come.
        #expect(session.sent().first == .windowUpdate(1, 32_768))
    }

    @Test("A stream that nobody reads stops itself and no other")
    func stalled() {
        let session = Session.ready()
        session.receive(Frame.headers(1, Frame.post) + Frame.headers(3, Frame.post))
        for _ in 0..<4 { session.receive(Frame.data(1, Self.frame)) }
        session.consumes = true
        for _ in 0..<1_000 {
            #expect(session.receive(Frame.data(3, Self.frame)).count == 1)
        }
        session.consumes = false
        #expect(session.receive(Frame.data(1, [1])) == [.streamFailed(1, .windowExceeded)])
    }

    @Test("More than the connection's window ends the connection")
    func connectionExceeded() {
        var limits = HTTP2Limits()
        limits.connectionWindowBytes = 65_535
        limits.streamWindowBytes = 1 << 20
        let session = Session.ready(.server, limits)
        session.receive(Frame.headers(1, Frame.post))
        // Data of which no piece has come yet is counted by its frame's header: credit never runs ahead of it.
        for _ in 0..<100 {
            #expect(session.receive(Frame.data(1, Self.frame)).first != .failed(.connectionWindowExceeded))
        }
    }

    @Test("Windows grow while a round trip brings as much as they allow, up to their bounds")
    func growth() {
        var limits = HTTP2Limits()
        limits.streamWindowBytesMax = 1 << 20
        limits.windowGrowthBytesMax = (1 << 20) - (64 << 10) + 1_000
        let session = Session.ready(.server, limits)
        session.consumes = true
        session.receive(Frame.headers(1, Frame.post))
        var window = 64 << 10
        var largest = 0
        for _ in 0..<40 {
            // A round trip: the peer sends what it may, then sees what we said.
            var answers: [UInt8] = []
            while window > 0 {
                let count = min(window, 16_384)
                session.receive(Frame.data(1, Array(Self.frame[..<count])))
                window -= count
            }
            for frame in session.sent() {
                if frame.type == 8 && frame.id == 1 {
                    window += Int(frame.payload.reduce(UInt32(0)) { $0 << 8 | UInt32($1) })
                }
                if frame.type == 6 { answers += Frame.ping(frame.payload, isAnswer: true) }
            }
            largest = max(largest, window)
            session.receive(answers)
        }
        #expect(largest > 900 << 10)
        #expect(largest <= 1 << 20)
        // The other stream finds 1000 bytes of growth left.
        session.receive(Frame.headers(3, Frame.post) + Frame.data(3, Self.frame) + Frame.data(3, Self.frame))
        #expect(session.sent().contains(.windowUpdate(3, 32_768 + 1_000)))
        // What the first had is there again when it is over.
        session.receive(
            Frame.reset(1) + Frame.headers(5, Frame.post) + Frame.data(5, Self.frame) + Frame.data(5, Self.frame))
        #expect(session.sent().contains { $0.type == 8 && $0.id == 5 && $0.payload[1] >= 8 })
    }

    @Test("Data that nobody has passed on stays within its bound, whatever made windows grow", arguments: 0..<3)
    func memoryBound(seed: Int) {
        var random = SeededRandom(stream: UInt64(700 + seed))
        var limits = HTTP2Limits()
        limits.streams = 10
        limits.windowGrowthBytesMax = 512 << 10
        let session = Session.ready(.server, limits)
        let bound = limits.streams * limits.streamWindowBytes + limits.windowGrowthBytesMax
        var next: UInt32 = 1
        // What a greedy peer may still send on each stream, and what we hold of it.
        var windows: [UInt32: Int] = [:]
        var held: [UInt32: Int] = [:]
        var most = 0
        var answers: [UInt8] = []
        for round in 0..<900 {
            session.nowMs += 500
            if windows.count < limits.streams {
                session.receive(Frame.headers(next, Frame.post))
                windows[next] = limits.streamWindowBytes
                held[next] = 0
                next += 2
            }
            let id = windows.keys.sorted().randomElement(using: &random)!
            while windows[id]! > 0 {
                let count = min(16_384, windows[id]!)
                #expect(session.receive(Frame.data(id, Array(Self.frame[..<count]))).count == 1)
                windows[id]! -= count
                held[id]! += count
            }
            most = max(most, held.values.reduce(0, +))
            session.receive(answers)
            answers = []
            // Everything is read until windows have grown, nothing at the end.
            if round < 600 || random.number(below: 4) == 0 && round < 800 {
                session.connection.consumed(session[id], held[id]!, into: &session.out)
                held[id] = 0
            }
            if random.number(below: 40) == 0 && round < 800 {
                session.receive(Frame.reset(id))
                windows[id] = nil
                held[id] = nil
            }
            for frame in session.sent() {
                let number = Int(frame.payload.suffix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) })
                if frame.type == 8 && windows[frame.id] != nil { windows[frame.id]! += number }
                if frame.type == 6 { answers += Frame.ping(frame.payload, isAnswer: true) }
            }
        }
        #expect(most <= bound)
        // The bound is tight: it was nearly reached.
        #expect(most * 10 > bound * 9, "\(most) of \(bound), seed \(random.seed)")
    }

    @Test("A slow reader's window does not grow")
    func noGrowth() {
        let session = Session.ready()
        session.receive(Frame.headers(1, Frame.post))
        var window = 64 << 10
        func take(_ count: Int) {
            session.receive(Frame.data(1, Array(Self.frame[..<count])))
            session.connection.consumed(session[1], count, into: &session.out)
            window -= count
        }
        for _ in 0..<400 {
            take(4096)
            for frame in session.sent() {
                if frame.type == 8 && frame.id == 1 {
                    window += Int(frame.payload[1]) << 16 | Int(frame.payload[2]) << 8
                }
                // Each round trip brings 16 KiB.
                if frame.type == 6 {
                    take(16_384)
                    session.receive(Frame.ping(frame.payload, isAnswer: true))
                }
            }
            #expect(window <= 64 << 10)
        }
    }

    @Test("Before our settings are acknowledged the peer may count with 65,535")
    func smallWindow() {
        var limits = HTTP2Limits()
        limits.streamWindowBytes = 1_000
        let early = Session(.server, limits)
        early.receive(Frame.preface + Frame.settings() + Frame.headers(1, Frame.post))
        #expect(early.receive(Frame.data(1, Self.frame)).count == 1)
        let session = Session.ready(.server, limits)
        session.receive(Frame.headers(1, Frame.post))
        #expect(session.receive(Frame.data(1, Array(Self.frame[..<1_000]))).count == 1)
        #expect(session.receive(Frame.data(1, [1])) == [.streamFailed(1, .windowExceeded)])
    }
}
