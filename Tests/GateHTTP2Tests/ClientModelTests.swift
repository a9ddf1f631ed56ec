import GateHTTP2
import GateTestSupport
import Testing

/// Random answers of a server, right and wrong ones, beside a model that says what must come of each.
@Suite("A client's end beside a model")
struct ClientModelTests {
    private static let limits: HTTP2Limits = {
        var limits = HTTP2Limits()
        limits.streams = 6
        (limits.resets, limits.emptyFrames, limits.strayFrames) = (1_000, 1 << 30, 1 << 30)
        return limits
    }()

    @Test("Every frame of a random sequence is told as the model says", arguments: 0..<8)
    func client(stream: Int) {
        var random = SeededRandom(stream: UInt64(600 + stream))
        for _ in 0..<40 {
            var run = Run(limits: Self.limits, random: random)
            run.go()
            random = run.random
        }
    }

    /// One connection's life.
    private struct Run {
        let session: Session
        var model = ClientModel()
        var random: SeededRandom
        var log: [String] = []
        private var hasFailed = false

        init(limits: HTTP2Limits, random: SeededRandom) {
            session = .ready(.client, limits)
            self.random = random
        }

        mutating func go() {
            for _ in 0..<120 where !hasFailed {
                if random.number(below: 3) == 0 { speak() } else { listen() }
            }
        }

        private mutating func anyID() -> UInt32 {
            if random.number(below: 60) == 0 { return UInt32(random.number(below: 400)) + 1 }
            let wantsAlive = random.number(below: 10) > 0
            let known = model.streams.filter { $0.value.isAlive || !wantsAlive }.keys.sorted()
            return known.randomElement(using: &random) ?? 0
        }

        private mutating func listen() {
            let id = anyID()
            if id == 0 { return speak() }
            let end = random.number(below: 4) == 0
            switch random.number(below: 16) {
            case 0..<6: head(id, end)
            case 6..<12: data(id, end)
            case 12, 13: check("trailers \(id)", Frame.headers(id, [("x", "1")], end: true), model.trailers(id))
            case 14: check("reset \(id)", Frame.reset(id), model.reset(id))
            default:
                if random.number(below: 10) == 0 { check("goaway \(id)", Frame.goAway(id), model.goAway(id)) }
            }
        }

        private mutating func head(_ id: UInt32, _ end: Bool) {
            let status = [103, 200, 200, 204, 304, 500].randomElement(using: &random)!
            let length = random.number(below: 2) == 0 ? random.number(below: 3) * 10 : nil
            let fields = length.map { [("content-length", String($0))] } ?? []
            check(
                "head \(id) \(status) end \(end) length \(length ?? -1)", Frame.response(id, status, end: end, fields),
                model.head(id, status, end: end, length: length))
        }

        private mutating func data(_ id: UInt32, _ end: Bool) {
            let bytes = [UInt8](repeating: UInt8(random.number(below: 256)), count: random.number(below: 3) * 10)
            check(
                "data \(id) \(bytes.count) end \(end)", Frame.data(id, bytes, end: end), model.data(id, bytes, end: end)
            )
        }

        // MARK: The owner

        private mutating func speak() {
            if random.number(below: 2) == 0 { return request() }
            let speaking = model.streams.filter { $0.value.state == .open || $0.value.state == .halfClosedRemote }
            let alive = model.streams.filter(\.value.isAlive)
            if let id = speaking.keys.sorted().randomElement(using: &random), random.number(below: 3) > 0 {
                log.append("we end \(id)")
                session.end(id)
                model.weEnd(id)
            } else if let id = alive.keys.sorted().randomElement(using: &random), random.number(below: 6) == 0 {
                log.append("we reset \(id)")
                session.reset(id)
                model.weReset(id)
            } else {
                let over = session.streams.keys.filter { !model.streams[$0]!.isAlive }
                if let id = over.sorted().randomElement(using: &random) { session.release(id) }
            }
        }

        private mutating func request() {
            expect(session.canOpen == (model.alive < 6 && model.goAway == nil), "whether a stream may be opened")
            guard session.canOpen else { return }
            let (isHead, end) = (random.number(below: 4) == 0, random.number(below: 2) == 0)
            let id = session.request(isHead ? "HEAD" : "POST", end: end)
            log.append("request \(id) head \(isHead) end \(end)")
            model.streams[id] = ClientModel.Stream(state: end ? .halfClosedLocal : .open, isHead: isHead)
        }

        // MARK: Comparing

        private mutating func check(_ what: String, _ bytes: [UInt8], _ expected: [Told]) {
            log.append(what)
            var told: [Told] = []
            for piece in random.number(below: 4) == 0 ? random.pieces(of: bytes) : [bytes] {
                told += session.receive(piece)
            }
            told = Self.simplified(told)
            // Streams that GOAWAY leaves out are told in no certain order.
            if case .goAway = told.first { told[1...].sort { $0.refusedID < $1.refusedID } }
            expect(told == expected, "told \(told), not \(expected)")
            expect(session.openStreams == model.alive, "\(session.openStreams) streams are open")
            _ = session.sentBytes()
            if told != expected { hasFailed = true }
            if case .failed = told.last { hasFailed = true }
        }

        /// Texts are made for failures alone.
        private func expect(_ condition: Bool, _ what: @autoclosure () -> String) {
            if !condition { Issue.record("seed \(random.seed), \(log.joined(separator: "; ")): \(what())") }
        }

        /// Data in one piece, heads without their fields, the end of the connection once.
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
    fileprivate var refusedID: UInt32 {
        if case .reset(let id, .refusedStream) = self { return id }
        return 0
    }
}
