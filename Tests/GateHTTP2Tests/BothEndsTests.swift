import GateHTTP
import GateHTTP2
import GateTestSupport
import Testing

/// A client and a server of ours, with each other, over a way that cuts anywhere.
@Suite("Two ends")
struct BothEndsTests {
    /// What a message came to at the other end.
    private struct Message: Equatable {
        var head: [String] = []
        var bytes: [UInt8] = []
        var trailers: [String] = []
        var isDone = false
    }

    @Test("Random exchanges arrive as they were sent", arguments: 0..<6)
    func exchanges(stream: Int) {
        var random = SeededRandom(stream: UInt64(400 + stream))
        var limits = HTTP2Limits()
        limits.streams = 8
        let (client, server) = (Session(.client, limits), Session(.server, limits))
        client.consumes = true
        server.consumes = true
        // One way to the other: what was said, what came, what is still to say.
        var sent: [[UInt32: Message]] = [[:], [:]]
        var come: [[UInt32: Message]] = [[:], [:]]
        var left: [[UInt32: [UInt8]]] = [[:], [:]]
        for round in 0..<500 {
            if round < 300, random.number(below: 3) == 0, client.canOpen {
                let id = client.request("POST", end: false, [("x-round", "\(round)")])
                sent[0][id] = Message(head: ["POST /", "host: a.example", "x-round: \(round)"])
                left[0][id] = Self.body(&random)
            }
            for id in come[0].keys.sorted() where sent[1][id] == nil && random.number(below: 4) == 0 {
                server.respond(id, 200, [("x-id", "\(id)")])
                sent[1][id] = Message(head: ["200", "x-id: \(id)"])
                left[1][id] = Self.body(&random)
            }
            for (end, session) in [(0, client), (1, server)] {
                for id in left[end].keys.sorted() where random.number(below: 2) == 0 {
                    Self.say(id, session, &left[end], &sent[end], &random)
                }
            }
            Self.carry(client, server, &come[0], &random)
            Self.carry(server, client, &come[1], &random)
            for id in come[1].keys where come[1][id]!.isDone && sent[0][id]!.isDone { client.release(id) }
            for id in come[0].keys where come[0][id]!.isDone && sent[1][id]?.isDone == true { server.release(id) }
        }
        #expect(sent[0].count > 20, "seed \(random.seed)")
        #expect(come == sent, "seed \(random.seed)")
        #expect(client.openStreams == 0 && server.openStreams == 0)
    }

    private static func body(_ random: inout SeededRandom) -> [UInt8] {
        let count = [0, 1, 100, 10_000, 100_000].randomElement(using: &random)!
        let first = random.number(below: 256)
        return (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ first) }
    }

    /// Says some of what is left, and at its end how it ends.
    private static func say(
        _ id: UInt32, _ session: Session, _ left: inout [UInt32: [UInt8]], _ sent: inout [UInt32: Message],
        _ random: inout SeededRandom
    ) {
        let rest = left[id]!
        let part = Array(rest.prefix(random.number(below: 40_000)))
        let isLast = part.count == rest.count
        let withEnd = isLast && random.number(below: 3) == 0
        let count = session.send(id, part, end: withEnd)
        sent[id]!.bytes += part[..<count]
        left[id] = Array(rest[count...])
        guard isLast && count == part.count else { return }
        if !withEnd && random.number(below: 2) == 0 {
            session.trailers(id, [("x-sum", "1")])
            sent[id]!.trailers = ["x-sum: 1"]
        } else if !withEnd {
            session.end(id)
        }
        sent[id]!.isDone = true
        left[id] = nil
    }

    /// Carries what one end wrote to the other.
    private static func carry(
        _ from: Session, _ to: Session, _ come: inout [UInt32: Message], _ random: inout SeededRandom
    ) {
        let bytes = from.sentBytes()
        let cut = bytes.isEmpty ? 0 : random.number(below: bytes.count)
        for told in to.receive(Array(bytes[..<cut])) + to.receive(Array(bytes[cut...])) {
            switch told {
            case .head(let id, let lines, let isEnd): come[id] = Message(head: lines, isDone: isEnd)
            case .data(let id, let bytes): come[id]!.bytes += bytes
            case .trailers(let id, let lines):
                come[id]!.trailers = lines
                come[id]!.isDone = true
            case .end(let id): come[id]!.isDone = true
            case .settings, .sendable: break
            default: Issue.record("\(told)")
            }
        }
    }
}
