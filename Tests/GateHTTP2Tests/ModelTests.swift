import GateHTTP
import GateHTTP2
import GateTestSupport
import Testing

/// Random frames, legal and not, beside a model that says what must come of each.
@Suite("The connection beside a model")
struct ModelTests {
    private static let limits: HTTP2Limits = {
        var limits = HTTP2Limits()
        limits.streams = 6
        (limits.resets, limits.settings, limits.pings, limits.priorities) = (1_000, 1 << 30, 1 << 30, 1 << 30)
        (limits.emptyFrames, limits.windowUpdates, limits.tinyFrames) = (1 << 30, 1 << 30, 1 << 30)
        limits.strayFrames = 1 << 30
        return limits
    }()

    @Test("Every frame of a random sequence is told as the model says", arguments: 0..<8)
    func server(stream: Int) {
        var random = SeededRandom(stream: UInt64(200 + stream))
        for _ in 0..<20 {
            var run = Run(limits: Self.limits, random: random)
            run.go()
            random = run.random
        }
    }

    /// One connection's life.
    private struct Run {
        let session: Session
        var model: ServerModel
        var random: SeededRandom
        var log: [String] = []
        private var hasFailed = false

        init(limits: HTTP2Limits, random: SeededRandom) {
            session = .ready(.server, limits)
            model = ServerModel(windowBytes: limits.streamWindowBytes, streamsMax: limits.streams)
            self.random = random
        }

        mutating func go() {
            for _ in 0..<150 where !hasFailed {
                if random.number(below: 3) == 0 { speak() } else { listen() }
            }
        }

        // MARK: The peer

        /// Mostly a stream that is there, sometimes another one.
        private mutating func anyID() -> UInt32 {
            if random.number(below: 30) == 0 { return UInt32(random.number(below: Int(model.highest) + 6)) }
            return aliveID() ?? UInt32(random.number(below: Int(model.highest) + 1)) | 1
        }

        private mutating func aliveID() -> UInt32? {
            let alive = model.streams.filter(\.value.isAlive).keys.sorted()
            if random.number(below: 12) == 0 { return model.streams.keys.sorted().randomElement(using: &random) }
            return alive.randomElement(using: &random)
        }

        private mutating func listen() {
            switch random.number(below: 20) {
            case 0..<5: request(model.highest + (model.highest % 2 == 1 ? 2 : 1))
            case 5: request(model.highest + 1 + UInt32(random.number(below: 5)))
            case 6: request(anyID())
            case 7..<12: data(anyID())
            case 12, 13: trailers(anyID())
            case 14:
                let id = nonzero()
                check("reset \(id)", Frame.reset(id), model.reset(id))
            case 15, 16: windowUpdate(random.number(below: 3) == 0 ? 0 : anyID())
            case 17: priority(nonzero())
            case 18: settings()
            default: check("others", Frame.ping() + Frame.raw(0x77, anyID()), [])
            }
        }

        private mutating func nonzero() -> UInt32 { max(1, anyID()) }

        private mutating func request(_ id: UInt32) {
            if id == 0 { return }
            let end = random.number(below: 2) == 0
            let length = random.number(below: 3) == 0 ? random.number(below: 4) * 10 : nil
            let isGood = random.number(below: 12) > 0
            let isLarge = isGood && random.number(below: 20) == 0
            var fields = Frame.post + (length.map { [("content-length", String($0))] } ?? [])
            if !isGood { fields.append(("Bad", "1")) }
            if isLarge { fields += (0..<130).map { ("x-\($0)", "") } }
            // Blocks of several frames now and then.
            let block = Frame.block(fields)
            let cut = random.number(below: 3) == 0 ? random.number(below: block.count) : block.count
            let flags = (end ? Frame.endStream : 0) | (cut == block.count ? Frame.endHeaders : 0)
            var frames = Frame.raw(1, flags: flags, id, Array(block[..<cut]))
            if cut < block.count { frames += Frame.continuation(id, Array(block[cut...])) }
            check(
                "request \(id) end \(end) length \(length ?? -1) good \(isGood) large \(isLarge)", frames,
                model.request(id, end: end, length: length, isGood: isGood, isLarge: isLarge))
        }

        private mutating func data(_ id: UInt32) {
            if id == 0 { return }
            let count = [0, 1, 10, 20, 5_000, 16_000].randomElement(using: &random)!
            let bytes = [UInt8](repeating: UInt8(random.number(below: 256)), count: count)
            let padding = random.number(below: 4) == 0 ? random.number(below: 256) : nil
            let end = random.number(below: 4) == 0
            check(
                "data \(id) \(count) padding \(padding ?? -1) end \(end)",
                Frame.data(id, bytes, end: end, padding: padding),
                model.data(id, bytes, padding: padding, end: end))
        }

        private mutating func trailers(_ id: UInt32) {
            if id == 0 { return }
            let end = random.number(below: 8) > 0
            check(
                "trailers \(id) end \(end)", Frame.headers(id, [("x", "1")], end: end), model.trailers(id, end: end))
        }

        private mutating func windowUpdate(_ id: UInt32) {
            var increments = [1, 100, 70_000]
            if random.number(below: 10) == 0 { increments = [0, Int(Int32.max)] }
            let increment = increments.randomElement(using: &random)!
            check(
                "window \(id) \(increment)", Frame.windowUpdate(id, UInt32(increment)),
                model.windowUpdate(id, increment))
        }

        private mutating func priority(_ id: UInt32) {
            let parent = random.number(below: 10) == 0 ? id : 0
            let isLong = random.number(below: 10) > 0
            check(
                "priority \(id) parent \(parent) long \(isLong)",
                isLong ? Frame.priority(id, parent: parent) : Frame.raw(2, id, [0]),
                model.priority(id, isLong: isLong, parent: parent))
        }

        private mutating func settings() {
            let size = random.number(below: 30) == 0 ? 1 << 31 : [0, 1, 1_000, 65_535].randomElement(using: &random)!
            check("initial window \(size)", Frame.settings([(4, UInt32(size))]), model.initialWindow(size))
        }

        // MARK: The owner

        private mutating func speak() {
            guard let id = model.streams.filter(\.value.isAlive).keys.sorted().randomElement(using: &random),
                model.streams[id]!.state != .halfClosedLocal
            else { return release() }
            switch random.number(below: 12) {
            case 0..<6: send(id)
            case 6..<9: end(id)
            case 9:
                log.append("we reset \(id)")
                session.reset(id)
                model.weReset(id)
            default: release()
            }
        }

        /// Streams that are over are released some time.
        private mutating func release() {
            let over = model.streams.filter { !$0.value.isAlive && session.streams[$0.key] != nil }
            guard let id = over.keys.sorted().randomElement(using: &random) else { return }
            log.append("release \(id)")
            session.release(id)
        }

        private var responded: Set<UInt32> = []

        private mutating func respond(_ id: UInt32) {
            if responded.insert(id).inserted { session.respond(id) }
        }

        private mutating func send(_ id: UInt32) {
            respond(id)
            let count = [1, 100, 20_000, 50_000].randomElement(using: &random)!
            let sent = session.send(id, [UInt8](repeating: 0, count: count))
            log.append("we send \(id) \(count)")
            expect(sent == model.send(id, count), "sent \(sent)")
            model.streams[id]!.wants = sent < count
            session.wants(id, sent < count)
            let candidates =
                model.sendWindow > 0
                ? model.streams.filter { $0.value.isAlive && $0.value.wants && $0.value.sendWindow > 0 } : [:]
            let turn = session.turn()
            expect(turn.map { candidates[$0] != nil } ?? candidates.isEmpty, "turn of \(turn ?? 0)")
        }

        private mutating func end(_ id: UInt32) {
            respond(id)
            log.append("we end \(id)")
            session.end(id)
            model.weEnd(id)
        }

        // MARK: Comparing

        private mutating func check(_ what: String, _ bytes: [UInt8], _ expected: [Told]) {
            if hasFailed { return }
            log.append(what)
            var told: [Told] = []
            for piece in random.number(below: 4) == 0 ? random.pieces(of: bytes) : [bytes] {
                told += session.receive(piece)
            }
            told = Self.simplified(told)
            expect(told == expected, "told \(told), not \(expected)")
            expect(session.openStreams == model.alive, "\(session.openStreams) streams are open")
            let resets = session.sent().filter { $0.type == 3 }.count
            let failures = expected.filter { $0.isFailure && $0.ifConnection == nil }.count
            expect(resets >= failures, "a reset is missing")
            hasFailed = told != expected || expected.last?.ifConnection != nil
        }

        /// Texts are made for failures alone.
        private func expect(_ condition: Bool, _ what: @autoclosure () -> String) {
            if !condition { Issue.record("seed \(random.seed), \(log.joined(separator: "; ")): \(what())") }
        }

        /// Data in one piece, heads without their fields.
        private static func simplified(_ told: [Told]) -> [Told] {
            var simple: [Told] = []
            for one in told {
                switch (one, simple.last) {
                case (.data(let id, let bytes), .data(let before, let first)?) where id == before:
                    simple[simple.count - 1] = .data(id, first + bytes)
                case (.head(let id, _, let isEnd), _): simple.append(.head(id, [], isEnd: isEnd))
                case (.failed, .failed?): break
                default: simple.append(one)
                }
            }
            return simple
        }
    }
}

extension Told {
    fileprivate var ifConnection: Told? {
        if case .failed = self { return self }
        return nil
    }
}
