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

    @Test("Long-lived streams keep their order while thousands come and go")
    func renumbering() {
        let session = session(["u=3", "i"])
        for number in 2..<5_000 {
            let id = UInt32(number) * 2 + 1
            session.nowMs += 1
            session.receive(Frame.request(id, [("priority", number % 2 == 0 ? "u=3" : "i")]))
            session.respond(id)
            session.wants(id)
            if number % 50 != 0 { session.wants(1, number % 3 == 0) }
            if number >= 60 {
                session.end(id - 2 * 50)
                session.release(id - 2 * 50)
            }
            if number % 1_000 == 999 { _ = session.sent() }
        }
        session.wants(1)
        // Non-incremental: always the first. Incremental: all of those that are left, in order.
        let turns = turns(2 * 27, session)
        #expect(turns.enumerated().filter { $0.offset % 2 == 0 }.map(\.element).allSatisfy { $0 == 1 } || turns[1] == 1)
        let shared = turns.filter { $0 != 1 }
        #expect(Set(shared).count >= 26)
        #expect(shared.contains(3))
        for (first, second) in zip(shared, shared.dropFirst()) {
            #expect(second > first || second == 3)
        }
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
