// Clients that do what is allowed, and too much of it. Each ends its own connection, is counted by its reason, and leaves the
// others on the worker their service.

import GateTesting
import Testing

@Suite("Floods over HTTP/2")
struct HTTP2FloodTests {
    private typealias Raw = RawHTTP2Connection
    private static let calm: UInt32 = 11

    /// An attack: what it is counted as, and its frames, sent until the connection ends.
    struct Attack: Sendable, CustomTestStringConvertible {
        let reason: String
        var codes: [UInt32] = [HTTP2FloodTests.calm]
        /// The frames of one round.
        let frames: @Sendable (UInt32) -> [RawFrame]

        var testDescription: String { reason }
    }

    private static func open(_ id: UInt32) -> RawFrame { .headers(id, Raw.head("POST", "/slow"), ends: false) }

    static let attacks: [Attack] = [
        Attack(reason: "rapid_reset") { [open($0), .reset($0)] },
        Attack(reason: "made_us_reset") { [open($0), .windowUpdate($0, 0)] },
        Attack(reason: "made_us_reset") {
            [open($0), .windowUpdate($0, 0x7FFF_FFFF), .windowUpdate($0, 0x7FFF_FFFF)]
        },
        Attack(reason: "made_us_reset") { [.headers($0, Raw.head("GET", "/slow")), .data($0, "late", ends: true)] },
        Attack(reason: "made_us_reset") {
            [open($0), RawFrame(type: RawFrame.priority, stream: $0, payload: [0, 0, 0, 0])]
        },
        Attack(reason: "made_us_reset") {
            [.headers($0, Raw.head("POST", "/slow", [("content-length", "1")]), ends: false), .data($0, "long")]
        },
        Attack(reason: "made_us_reset") { [.headers($0, Raw.head("GET", "/slow", [("Upper", "x")]))] },
        Attack(reason: "settings_flood") { _ in [.settings([(3, 100)])] },
        Attack(reason: "ping_flood") { _ in [.ping()] },
        Attack(reason: "priority_flood") { id in
            [RawFrame(type: RawFrame.priority, stream: id, payload: [0, 0, 0, 0, 16])]
        },
        Attack(reason: "priority_update_flood") { id in
            [RawFrame(type: RawFrame.priorityUpdate, payload: RawFrame.number(1) + Array("u=1".utf8))]
        },
        Attack(reason: "empty_frame_flood") { id in
            id == 1 ? [open(1), RawFrame.data(1, "")] : [RawFrame.data(1, "")]
        },
        Attack(reason: "window_update_flood") { _ in [.windowUpdate(0, 1)] },
        Attack(reason: "unknown_frame_flood") { _ in [RawFrame(type: 0xEE, payload: [1, 2, 3])] },
        Attack(reason: "continuation_flood") { id in
            id == 1
                ? [RawFrame(type: RawFrame.headers, stream: 1, payload: RawFrame.block(Raw.head()))]
                : [RawFrame(type: RawFrame.continuation, stream: 1, payload: RawFrame.block([("x-\(id)", "y")]))]
        },
    ]

    @Test("end with ENHANCE_YOUR_CALM and are counted; others are served meanwhile", arguments: attacks)
    func flood(_ attack: Attack) throws {
        try Stage.playHTTP2(Self.script) { stage in
            let witness = try stage.connectHTTP2()
            try witness.get(1, "/fast")
            #expect(try witness.response(1).status == 200)
            let client = try stage.connectHTTP2()
            let code = try run(attack, on: client)
            try eventually("\(attack.reason) to be counted") { stage.proxy.http2Failures(attack.reason) >= 1 }
            // The GOAWAY of one who goes on sending may be lost in a reset.
            if let code { #expect(attack.codes.contains(code), "\(attack.reason): \(code)") }
            for id in stride(from: UInt32(3), to: 13, by: 2) {
                try witness.get(id, "/fast")
                #expect(try witness.response(id).status == 200)
            }
            stage.backend.release.fire()
        }
    }

    private static let script: ScriptedServer.Script = { visit in
        while true {
            let head = try visit.readHead()
            if head.startLine.contains("/slow") { return try visit.connection.waitForEnd() }
            try visit.respond(body: "ok")
        }
    }

    /// Sends rounds until the connection is over, and answers GOAWAY's code if it could be read.
    private func run(_ attack: Attack, on client: RawHTTP2Connection) throws -> UInt32? {
        do {
            for round in 0..<20_000 {
                try client.send(attack.frames(UInt32(round) * 2 + 1))
                guard round % 50 == 49 else { continue }
                // Answers are read, and looked at for the end.
                try client.send(.ping("\(10_000_000 + round)"))
                let seen = try client.readFrame { frame in
                    if frame.type == RawFrame.goAway { return true }
                    return frame.type == RawFrame.ping && frame.flags == 1
                        && frame.payload == Array("\(10_000_000 + round)".utf8)
                }
                if seen.type == RawFrame.goAway { return seen.number(at: 4) }
            }
        } catch let failure as WireFailure where failure.isEnd { return try? client.goAwayCode() }
        Issue.record("\(attack.reason): 20,000 rounds and no end")
        return nil
    }
}
