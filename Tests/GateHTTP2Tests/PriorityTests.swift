import GateHTTP2
import GateTestSupport
import Testing

@Suite("Priorities (RFC 9218)")
struct PriorityTests {
    @Test(
        "What a Priority field says",
        arguments: [
            ("", 3, false), ("u=0", 0, false), ("u=7, i", 7, true), ("i,u=5", 5, true), ("i=?0", 3, false),
            ("i=?1", 3, true), ("u=1;x=2, i;q", 1, true), ("u=8", 3, false), ("u=-1", 3, false), ("u=\"1\"", 3, false),
            ("u=1.0", 3, false), ("i=1", 3, false), ("x, y=\"a,b\", u=2", 2, false), ("u=1, u=4", 4, false),
            ("*a=1, u=1", 1, false), ("u=1,", 3, false), ("u=1,,i", 3, false), (",", 3, false), ("u=, i", 3, false),
            ("U=1", 3, false), ("u 1", 3, false), ("=1", 3, false), ("u=1 , i ", 1, true),
        ])
    func field(text: String, urgency: Int, isIncremental: Bool) {
        let wanted = HTTP2Priority(urgency: UInt8(urgency), isIncremental: isIncremental)
        #expect(HTTP2Priority(field: text.bytes.span) == wanted)
    }

    /// Streams with these priorities (nil: none), all of which have more to send than they will be let.
    private func session(_ priorities: [String?]) -> Session {
        let session = Session.ready(.server, HTTP2Limits(), [(4, 1 << 30)])
        session.receive(Frame.windowUpdate(0, 1 << 30))
        for (number, priority) in priorities.enumerated() {
            let id = UInt32(number) * 2 + 1
            session.receive(Frame.request(id, priority.map { [("priority", $0)] } ?? []))
            session.respond(id)
            session.wants(id)
        }
        return session
    }

    private func turns(_ count: Int, _ session: Session) -> [UInt32] { (0..<count).map { _ in session.turn() ?? 0 } }

    @Test("The most urgent come first, equals in order of identifier")
    func urgency() {
        let session = session(["u=5", "u=2", "u=2", "u=7"])
        #expect(turns(3, session) == [3, 3, 3])
        session.wants(3, false)
        #expect(turns(2, session) == [5, 5])
        session.wants(5, false)
        #expect(turns(2, session) == [1, 1])
        session.wants(3)
        #expect(turns(2, session) == [3, 3])
    }

    @Test("Incremental ones take turns")
    func incremental() {
        let session = session(["i", "i", "i"])
        #expect(turns(7, session) == [1, 3, 5, 1, 3, 5, 1])
        session.wants(3, false)
        #expect(turns(4, session) == [5, 1, 5, 1])
        session.wants(3)
        #expect(turns(3, session) == [3, 5, 1])
    }

    @Test("Incremental ones share with the others of their urgency")
    func mixed() {
        let session = session(["i", "u=3", "i", "u=3"])
        #expect(turns(6, session) == [1, 3, 5, 3, 1, 3])
    }

    @Test("A client that says nothing of priorities gets turns for all")
    func silent() {
        let session = session([nil, nil, nil])
        #expect(turns(6, session) == [1, 3, 5, 1, 3, 5])
    }

    @Test("One that does gets the defaults: one stream after the other")
    func defaults() {
        let session = Session.ready(.server, HTTP2Limits(), [(9, 1), (4, 1 << 20)])
        session.receive(Frame.request(1) + Frame.request(3))
        for id: UInt32 in [1, 3] {
            session.respond(id)
            session.wants(id)
        }
        #expect(turns(3, session) == [1, 1, 1])
    }

    @Test("PRIORITY_UPDATE changes a stream's priority, before it is there and after")
    func update() {
        let session = session(["u=1", "u=1"])
        session.receive(Frame.priorityUpdate(3, "u=0"))
        #expect(session.turn() == 3)
        session.receive(Frame.priorityUpdate(5, "u=0, i"))
        session.receive(Frame.request(5, [("priority", "u=6")]))
        session.respond(5)
        session.wants(5)
        #expect(turns(3, session) == [5, 3, 5])
    }

    @Test("The response's own Priority field is heard, and changes only what it says")
    func response() {
        let session = Session.ready()
        session.receive(Frame.request(1, [("priority", "u=1")]) + Frame.request(3, [("priority", "u=6, i")]))
        session.respond(1, 200, [("Priority", "u=5")])
        session.respond(3, 200, [("priority", "u=2")])
        session.receive(Frame.request(5, [("priority", "u=2, i")]))
        session.respond(5)
        for id: UInt32 in [1, 3, 5] { session.wants(id) }
        #expect(turns(4, session) == [3, 5, 3, 5])
    }

    @Test("A client's uploads share the connection")
    func uploads() {
        let session = Session.ready(.client)
        for _ in 0..<3 { session.wants(session.request("POST", end: false)) }
        #expect(turns(4, session) == [1, 3, 5, 1])
    }

    @Test("Streams without a window are passed over")
    func windows() {
        let session = Session.ready(.server, HTTP2Limits(), [(4, 1)])
        for id: UInt32 in [1, 3] {
            session.receive(Frame.request(id, [("priority", "u=1")]))
            session.respond(id)
            session.wants(id)
        }
        #expect(session.turn() == 1)
        session.send(1, [1, 2])
        #expect(session.turn() == 3)
        session.send(3, [1], end: true)
        #expect(session.turn() == nil)
        #expect(session.receive(Frame.windowUpdate(1, 1)) == [.sendable])
        #expect(session.turn() == 1)
    }

    /// RFC 9218 §10 in the plainest words.
    private struct Model {
        struct Stream {
            var priority: HTTP2Priority
            var wants = true
        }

        var streams: [UInt32: Stream] = [:]
        /// The incremental stream of each urgency that had the last turn.
        private var last = [UInt32](repeating: 0, count: 8)
        private var lastWasIncremental = false

        mutating func turn() -> UInt32? {
            let ready = streams.filter(\.value.wants)
            guard let urgency = ready.map(\.value.priority.urgency).min() else { return nil }
            let equals = ready.filter { $0.value.priority.urgency == urgency }
            let shared = equals.filter(\.value.priority.isIncremental).keys.sorted()
            let others = equals.filter { !$0.value.priority.isIncremental }.keys.sorted()
            lastWasIncremental = others.isEmpty || !shared.isEmpty && !lastWasIncremental
            guard lastWasIncremental else { return others[0] }
            let next = shared.first { $0 > last[Int(urgency)] } ?? shared[0]
            last[Int(urgency)] = next
            return next
        }
    }

    @Test("Turns are those of a model while thousands of streams come and go", arguments: [4, 40, 300])
    func model(alive: Int) {
        var random = SeededRandom(stream: UInt64(500 + alive))
        var limits = HTTP2Limits()
        limits.streams = 1_000
        let session = Session.ready(.server, limits, [(4, 1 << 30), (9, 1)])
        session.receive(Frame.windowUpdate(0, 1 << 30))
        var model = Model()
        for number in 0..<1_500 {
            session.nowMs += 50
            let id = UInt32(number) * 2 + 1
            let priority = HTTP2Priority(
                urgency: UInt8(random.number(below: 3)) + 2, isIncremental: random.number(below: 2) == 0)
            let field = "u=\(priority.urgency)" + (priority.isIncremental ? ", i" : "")
            session.receive(Frame.request(id, [("priority", field)]))
            session.respond(id)
            session.wants(id)
            model.streams[id] = Model.Stream(priority: priority)
            while model.streams.count > alive, let over = model.streams.keys.sorted().randomElement(using: &random) {
                session.end(over)
                session.release(over)
                model.streams[over] = nil
            }
            if let other = model.streams.keys.sorted().randomElement(using: &random) {
                model.streams[other]!.wants.toggle()
                session.wants(other, model.streams[other]!.wants)
            }
            for _ in 0..<4 {
                let (turn, expected) = (session.turn(), model.turn())
                if turn != expected {
                    Issue.record("stream \(id), seed \(random.seed): \(turn ?? 0), not \(expected ?? 0)")
                }
            }
            _ = session.sentBytes()
        }
    }

    @Test("As many streams as there may be, one of them stalled: every other one has its turn, and no more are let in")
    func largest() {
        var limits = HTTP2Limits()
        limits.streams = 2_000
        limits.windowUpdates = 1 << 20
        let session = Session.ready(.server, limits, [(4, 0)])
        session.receive(Frame.windowUpdate(0, 1 << 30))
        func open(_ number: Int) {
            let id = UInt32(number) * 2 + 1
            session.receive(Frame.request(id))
            session.respond(id)
            session.wants(id)
            if id != 1_001 { session.receive(Frame.windowUpdate(id, 1_000)) }
            _ = session.sentBytes()
        }
        for number in 0..<2_000 { open(number) }
        #expect(session.receive(Frame.request(4_001)) == [.streamRefused(.tooManyStreams)])
        #expect(Set((0..<1_999).map { _ in session.turn()! }).count == 1_999)
        // Numbers run out several times while as many are open.
        for number in 2_001..<8_000 {
            let over = session.turn()!
            session.end(over)
            session.release(over)
            open(number)
        }
        let turns = Set((0..<1_999).map { _ in session.turn()! })
        #expect(turns.count == 1_999 && !turns.contains(1_001))
        #expect(session.openStreams == 2_000)
    }

    @Test("A turn costs the same among a thousand streams as among ten")
    func cost() {
        var limits = HTTP2Limits()
        limits.streams = 1_000
        let costs = [10, 1_000].map { count in
            let session = Session.ready(.server, limits, [(4, 1 << 30)])
            session.receive(Frame.windowUpdate(0, 1 << 30))
            for number in 0..<count {
                let id = UInt32(number) * 2 + 1
                session.receive(Frame.request(id, [("priority", "i")]))
                session.respond(id)
                session.wants(id)
            }
            _ = session.sent()
            return (0..<3).map { _ in
                cpuMilliseconds {
                    for _ in 0..<100_000 { _ = session.connection.nextSender() }
                }
            }.min()!
        }
        #expect(costs[1] <= costs[0] * 3 + 5)
    }
}
