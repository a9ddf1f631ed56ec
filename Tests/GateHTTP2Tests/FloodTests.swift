import GateCore
import GateHTTP
import GateHTTP2
import GateTestSupport
import Testing

/// Each flood is stopped at the frame behind its limit, for a reason of its own, and one interval later it is forgotten.
@Suite("Floods")
struct FloodTests {
    struct Flood: CustomTestStringConvertible, Sendable {
        var failure: HTTP2Failure
        var limit: Int
        var before: [UInt8] = []
        /// The frames number 0 and on.
        var frame: @Sendable (Int) -> [UInt8]
        var testDescription: String { "\(failure)" }
    }

    private static let limits: HTTP2Limits = {
        var limits = HTTP2Limits()
        limits.resets = 20
        limits.settings = 21
        limits.pings = 22
        limits.priorities = 23
        limits.priorityUpdates = 24
        limits.emptyFrames = 25
        limits.windowUpdates = 26
        limits.unknownFrames = 27
        limits.strayFrames = 28
        return limits
    }()

    private static func id(_ number: Int) -> UInt32 { UInt32(number) * 2 + 1 }

    static let floods: [Flood] = [
        Flood(failure: .rapidReset, limit: 20) { Frame.request(id($0)) + Frame.reset(id($0)) },
        // What makes us reset streams, one way each.
        Flood(failure: .madeUsReset, limit: 20) { Frame.request(id($0)) + Frame.windowUpdate(id($0), 0) },
        Flood(failure: .madeUsReset, limit: 20) {
            Frame.request(id($0)) + Frame.windowUpdate(id($0), 0x7FFF_FFFF)
        },
        Flood(failure: .madeUsReset, limit: 20) { Frame.request(id($0)) + Frame.data(id($0), [1]) },
        Flood(failure: .madeUsReset, limit: 20) { Frame.request(id($0)) + Frame.request(id($0)) },
        Flood(failure: .madeUsReset, limit: 20) { Frame.request(id($0)) + Frame.raw(2, id($0), [0]) },
        Flood(failure: .madeUsReset, limit: 20) { Frame.request(id($0)) + Frame.priority(id($0), parent: id($0)) },
        Flood(failure: .madeUsReset, limit: 20) {
            Frame.headers(id($0), Frame.post + [("content-length", "1")]) + Frame.data(id($0), end: true)
        },
        Flood(failure: .madeUsReset, limit: 20) { Frame.request(id($0), [("Bad", "1")]) },
        Flood(failure: .madeUsReset, limit: 20) {
            Frame.request(id($0), (0..<130).map { ("x-\($0)", "1") })
        },
        Flood(failure: .madeUsReset, limit: 20, before: Frame.headers(1, Frame.post) + Frame.reset(1)) { _ in
            Frame.data(1, [1])
        },
        Flood(failure: .madeUsReset, limit: 20, before: Frame.headers(1, Frame.post) + Frame.reset(1)) { _ in
            Frame.raw(2, 1, [0])
        },
        Flood(failure: .settingsFlood, limit: 21) { _ in Frame.settings() },
        Flood(failure: .pingFlood, limit: 22) { _ in Frame.ping() },
        Flood(failure: .priorityFlood, limit: 23) { Frame.priority(id($0)) },
        Flood(failure: .priorityUpdateFlood, limit: 24) { Frame.priorityUpdate(id($0), "u=1") },
        Flood(failure: .emptyFrameFlood, limit: 25, before: Frame.headers(1, Frame.post)) { _ in Frame.data(1) },
        Flood(failure: .emptyFrameFlood, limit: 25, before: Frame.headers(1, Frame.post)) { _ in
            Frame.data(1, padding: 20)
        },
        Flood(failure: .windowUpdateFlood, limit: 26) { _ in Frame.windowUpdate(0, 1) },
        Flood(failure: .windowUpdateFlood, limit: 26 + 4, before: Frame.headers(1, Frame.post)) { _ in
            Frame.windowUpdate(1, 1)
        },
        Flood(failure: .unknownFrameFlood, limit: 27) { _ in Frame.raw(0x42, 0) },
        Flood(failure: .unknownFrameFlood, limit: 27) { _ in Frame.ping(isAnswer: true) },
        Flood(failure: .unknownFrameFlood, limit: 27, before: Frame.goAway(0x7FFF_FFFF)) {
            Frame.goAway(UInt32(1_000_000 - $0))
        },
        // Each of them moves the windows of all streams.
        Flood(failure: .settingsFlood, limit: 21, before: (0..<100).flatMap { Frame.request(id($0)) }) {
            Frame.settings([(4, 1), (4, 2), (4, UInt32(1000 + $0))])
        },
        Flood(failure: .strayFrameFlood, limit: 28 + 4, before: Frame.request(1) + Frame.reset(1)) { _ in
            Frame.reset(1)
        },
    ]

    @Test("One too many ends the connection", arguments: floods.indices)
    func bounded(index: Int) {
        let flood = Self.floods[index]
        // The counters begin anew with an interval, and so does the test; the preface is then out of the count.
        let session = Session.ready(.server, Self.limits)
        session.nowMs += 30_000
        session.receive(flood.before)
        // A reset of the preparation counts for stray frames as credit for nothing, and for resets as one.
        let used = flood.before.isEmpty || flood.failure != .madeUsReset ? 0 : 1
        for number in 0..<(flood.limit - used) {
            #expect(!session.hasEnded(by: flood.frame(number)), "frame \(number)")
        }
        #expect(session.receive(flood.frame(flood.limit - used)).last == .failed(flood.failure))
        #expect(session.sent().last?.payload.suffix(4) == flood.failure.code.rawValue.bytes[...])
    }

    @Test("The same in two intervals is none", arguments: floods.indices)
    func forgotten(index: Int) {
        let flood = Self.floods[index]
        let session = Session.ready(.server, Self.limits)
        session.nowMs += 30_000
        session.receive(flood.before)
        for number in 0..<(2 * (flood.limit - 5)) {
            if number == flood.limit - 5 { session.nowMs += 30_000 }
            #expect(!session.hasEnded(by: flood.frame(number)), "frame \(number)")
        }
    }

    @Test("A short time for resets does not shorten the others', and a long one does not lengthen them")
    func intervals() {
        var limits = Self.limits
        limits.resetIntervalMs = 1000
        let short = Session.ready(.server, limits)
        short.nowMs += 30_000
        for number in 0..<21 {
            short.nowMs += 1000
            let resets = (0..<20).map { Self.id(20 * number + $0) }.flatMap { Frame.request($0) + Frame.reset($0) }
            #expect(!short.hasEnded(by: Frame.settings() + resets), "second \(number)")
        }
        #expect(short.receive(Frame.settings()).last == .failed(.settingsFlood))

        limits.resetIntervalMs = 3_600_000
        let long = Session.ready(.server, limits)
        for number in 0..<20 {
            long.nowMs += 30_000
            let settings = (0..<21).flatMap { _ in Frame.settings() }
            #expect(!long.hasEnded(by: settings + Frame.request(Self.id(number)) + Frame.reset(Self.id(number))))
        }
        #expect(long.receive(Frame.request(101) + Frame.reset(101)).last == .failed(.rapidReset))
    }

    @Test("A budget of more resets than there can be slots is one all the same")
    func largeBudget() {
        var limits = Self.limits
        limits.resets = 1_000_000
        let session = Session.ready(.server, limits)
        for number in 0..<200 {
            #expect(!session.hasEnded(by: Frame.request(Self.id(number)) + Frame.reset(Self.id(number))))
        }
    }

    @Test("Resets of both kinds have one budget")
    func oneBudget() {
        let session = Session.ready(.server, Self.limits)
        for number in 0..<10 {
            session.receive(Frame.request(Self.id(2 * number)) + Frame.reset(Self.id(2 * number)))
            session.receive(Frame.request(Self.id(2 * number + 1)) + Frame.windowUpdate(Self.id(2 * number + 1), 0))
        }
        #expect(session.receive(Frame.request(101) + Frame.reset(101)).last == .failed(.rapidReset))
    }

    @Test("A reset of what is answered already costs nothing")
    func answered() {
        let session = Session.ready(.server, Self.limits)
        for number in 0..<100 {
            session.receive(Frame.headers(Self.id(number), Frame.post))
            session.respond(Self.id(number), 200, end: true)
            #expect(session.receive(Frame.reset(Self.id(number))) == [.reset(Self.id(number), .cancel)])
        }
    }

    @Test("A server that resets our streams takes nothing from us")
    func servers() {
        let session = Session.ready(.client, Self.limits)
        for _ in 0..<100 {
            let id = session.request()
            #expect(session.receive(Frame.reset(id, .refusedStream)) == [.reset(id, .refusedStream)])
        }
    }

    @Test("Frames of data that we send earn the peer PINGs and WINDOW_UPDATEs")
    func earned() {
        let session = Session.ready(.server, Self.limits)
        session.receive(Frame.request(1))
        session.respond(1)
        for _ in 0..<100 {
            session.send(1, [1, 2, 3])
            #expect(session.receive(Frame.ping()).isEmpty)
            let updates = Frame.windowUpdate(0, 3) + Frame.windowUpdate(1, 3)
            #expect(session.receive(updates + updates).isEmpty)
        }
    }

    @Test("Clients that give back what they read in small pieces, of streams that have ended too, do nothing wrong")
    func smallCredit() {
        let session = Session.ready(.server, Self.limits)
        let body = [UInt8](repeating: 1, count: 16_384)
        for number in 0..<200 {
            let id = Self.id(number)
            session.receive(Frame.request(id))
            session.respond(id)
            session.send(id, body, end: true)
            session.release(id)
            let piece = Frame.windowUpdate(0, 4096) + Frame.windowUpdate(id, 4096)
            #expect(session.receive(piece + piece + piece + piece).isEmpty)
            _ = session.sentBytes()
        }
    }

    @Test("A block of too many frames, or of too many bytes")
    func continuation() {
        let session = Session.ready()
        session.receive(Frame.headers(1, Frame.get, end: true, flags: 0))
        for _ in 0..<16 { #expect(session.receive(Frame.continuation(1, [], end: false)).isEmpty) }
        #expect(session.receive(Frame.continuation(1, [], end: false)) == [.failed(.continuationFlood)])

        let large = Session.ready()
        large.receive(Frame.headers(1, Frame.get, end: true, flags: 0))
        let part = [UInt8](repeating: 0, count: 16_384)
        for _ in 0..<4 { #expect(large.receive(Frame.continuation(1, part, end: false)).isEmpty) }
        #expect(large.receive(Frame.continuation(1, part, end: false)) == [.failed(.continuationFlood)])
    }

    @Test("A block of small references to a large field costs no memory and is refused as too large")
    func bomb() {
        let session = Session.ready()
        let large = Frame.block([]) + [0x40, 1, 0x61, 0x7F, 0xA1, 0x1E] + [UInt8](repeating: 0x62, count: 4000)
        let block = Frame.block(Frame.get) + large + [UInt8](repeating: 0xBE, count: 12_000)
        #expect(session.receive(Frame.raw(1, flags: 5, 1, block)) == [.refusedHead(1, .headTooLarge)])
        #expect(session.connection.heldBytes < 64 << 10)
    }

    @Test("Windows opened a byte at a time")
    func tinyWindows() {
        var limits = HTTP2Limits()
        limits.tinyFrames = 50
        limits.windowUpdates = 100_000
        let session = Session.ready(.server, limits, [(4, 0)])
        session.receive(Frame.request(1))
        session.respond(1)
        session.wants(1)
        let body = [UInt8](repeating: 1, count: 1_000)
        for _ in 0..<50 {
            #expect(session.receive(Frame.windowUpdate(1, 1)) == [.sendable])
            #expect(session.send(1, body) == 1)
        }
        session.receive(Frame.windowUpdate(1, 1))
        session.send(1, body)
        #expect(session.receive(Frame.windowUpdate(1, 1)) == [.failed(.tinyWindows)])
        #expect(session.sent().last == .goAway(1, .enhanceYourCalm))
    }

    @Test("A server that opens its windows a byte at a time is slow, and no attacker")
    func tinyWindowsOfServer() {
        let session = Session.ready(.client, HTTP2Limits(), [(4, 0)])
        let id = session.request("POST", end: false)
        session.wants(id)
        let body = [UInt8](repeating: 1, count: 5_000)
        for _ in 0..<3_000 {
            #expect(session.receive(Frame.windowUpdate(id, 1)) == [.sendable])
            #expect(session.send(id, body) == 1)
        }
    }

    @Test("Answers that nobody reads")
    func unread() {
        var limits = HTTP2Limits()
        limits.pings = 1 << 20
        let session = Session.ready(.server, limits)
        var count = 0
        while session.receive(Frame.ping()).isEmpty && count < 100_000 { count += 1 }
        #expect(count < 100_000)
        #expect(session.out.count < 3 * limits.unreadAnswerBytesMax)
        let reader = Session.ready(.server, limits)
        for _ in 0..<(3 * count) {
            #expect(reader.receive(Frame.ping()).isEmpty)
            _ = reader.sentBytes()
        }
    }

    @Test("Streams beyond the limit before the peer knows it are no attack; afterwards they are")
    func refused() {
        let session = Session(.server, Self.limits)
        session.receive(Frame.preface + Frame.settings())
        for number in 0..<125 { #expect(!session.hasEnded(by: Frame.request(Self.id(number)))) }
        session.receive(Frame.settingsAcknowledged)
        for number in 125..<145 { #expect(!session.hasEnded(by: Frame.request(Self.id(number)))) }
        #expect(session.receive(Frame.request(Self.id(145))).last == .failed(.madeUsReset))
    }
}

extension Session {
    /// Whether the bytes end the connection.
    func hasEnded(by bytes: [UInt8]) -> Bool {
        receive(bytes).contains { if case .failed = $0 { true } else { false } }
    }
}
