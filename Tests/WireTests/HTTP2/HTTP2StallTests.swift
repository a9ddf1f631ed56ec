// Clients that are slow, or take nothing: what waits for them is bounded, has its time, and stops nobody else.

import GateTesting
import Gatehouse
import Testing

@Suite("Slow clients over HTTP/2")
struct HTTP2StallTests {
    private typealias Raw = RawHTTP2Connection

    /// `/large` is 1 MiB, `/small` 32 KiB, everything else two bytes.
    private static let script = ScriptedServer.serving { visit, request in
        guard let bytes = ["/large": 1 << 20, "/small": 32 << 10][request.target] else {
            return try visit.respond(body: "ok")
        }
        try visit.send("HTTP/1.1 200 OK\r\nContent-Length: \(bytes)\r\n\r\n")
        try visit.send([UInt8](repeating: 120, count: bytes))
    }

    @Test("a stream without window waits with little memory, and is reset in time; others are served")
    func zeroWindow() throws {
        try Stage.playHTTP2(Self.script, settings: "timeouts: { write: 1s }") { stage in
            let client = try stage.connectHTTP2(settings: [(4, 0)])
            for id in stride(from: UInt32(1), to: 41, by: 2) { try client.get(id, "/large") }
            // Who is slow finds resets among the heads.
            var heads = 0
            var codes: [UInt32?] = []
            while heads < 20 {
                let frame = try client.readFrame { $0.type == RawFrame.headers || $0.type == RawFrame.reset }
                if frame.type == RawFrame.headers { heads += 1 } else { codes.append(frame.number(at: 0)) }
            }
            // Each holds one read of its server at most; the scratch buffer has 64 KiB.
            #expect(stage.proxy.buffersOut <= 20 * 2 + 8)
            let witness = try stage.connectHTTP2()
            try witness.get(1)
            #expect(try witness.response(1).text == "ok")
            while codes.count < 20 { codes.append(try client.readFrame { $0.type == RawFrame.reset }.number(at: 0)) }
            #expect(codes.allSatisfy { $0 == 8 })
            #expect(stage.proxy.endings("client_write_timeout") == 20)
            try client.send(.settings([(4, 65_535)]))
            try client.get(101)
            #expect(try client.response(101).text == "ok")
        }
    }

    @Test("a connection that reads nothing ends in time, and every stream with it")
    func unreadConnection() throws {
        // More than the kernel takes for the client, so that no response can end.
        let script = ScriptedServer.serving { visit, _ in
            try visit.send("HTTP/1.1 200 OK\r\nContent-Length: \(32 << 20)\r\n\r\n")
            try visit.send([UInt8](repeating: 120, count: 32 << 20))
        }
        try Stage.playHTTP2(script, settings: "timeouts: { write: 1s }") { stage in
            let client = try stage.connectHTTP2(settings: [(4, 1 << 30)], receiveBufferBytes: 4096)
            try client.openWindow()
            // In one piece: while answers wait for the client, nothing more is read of it.
            try client.send(stride(from: UInt32(1), to: 41, by: 2).map { .headers($0, Raw.head()) })
            try eventually("the connection's end") { stage.proxy.endings("client_write_timeout") > 0 }
            try stage.proxy.waitUntilIdle()
            #expect(stage.proxy.allEndings == ["client_write_timeout": 20])
        }
    }

    @Test("GOAWAY arrives behind what the kernel did not take at once (RFC 9113 §5.4.1)")
    func lastWords() throws {
        try Stage.playHTTP2(Self.script) { stage in
            let client = try stage.connectHTTP2(settings: [(4, 1 << 30)], receiveBufferBytes: 4096)
            try client.openWindow()
            let witness = try stage.connectHTTP2()
            var asked: UInt32 = 0
            // Until the kernel takes no more, and a part of the last answer waits in the proxy.
            repeat {
                try client.get(asked * 2 + 1, "/small")
                asked += 1
                try eventually("the answer to be written") { stage.proxy.endings("completed") == 2 * Int(asked) - 1 }
                try witness.get(asked * 2 - 1)
                #expect(try witness.response(asked * 2 - 1).text == "ok")
                try eventually("the witness's exchange to end") { stage.proxy.endings("completed") == 2 * Int(asked) }
            } while stage.proxy.buffersOut == 0 && asked < 2000
            #expect(stage.proxy.buffersOut > 0)
            // A PING belongs to no stream.
            try client.send(RawFrame(type: RawFrame.ping, stream: 3, payload: [0, 0, 0, 0, 0, 0, 0, 0]))
            #expect(try client.goAwayCode() == 1)
            try client.stream.expectEnd()
        }
    }

    @Test("who opens no window is told so before the end")
    func shutWindow() throws {
        try Stage.playHTTP2(Self.script, settings: "timeouts: { write: 1s }") { stage in
            let client = try stage.connectHTTP2(settings: [(4, 1 << 30)])
            // In one piece, so that all have come when the first one's time begins.
            try client.send(stride(from: UInt32(1), to: 9, by: 2).map { .headers($0, Raw.head("GET", "/large")) })
            #expect(try client.goAwayCode() == 0)
            // Each request is counted, and the connection not once more.
            try eventually("four requests to be counted") { stage.proxy.endings("client_write_timeout") == 4 }
        }
    }

    @Test("who asks without reading is not read from")
    func asksWithoutReading() throws {
        try Stage.playHTTP2(Self.script, settings: "timeouts: { write: 2s }, http2: { streams: 2000 }") { stage in
            let connection = try stage.connect(receiveBufferBytes: 4096)
            let client = try RawHTTP2Connection(connection)
            let field = ("x-long", String(repeating: "y", count: 1000))
            var asked = 0
            do {
                for id in stride(from: UInt32(1), to: 400_001, by: 2) {
                    try client.stream.send(
                        RawFrame.headers(id, Raw.head("GET", "/none", [field])).bytes, within: .milliseconds(500))
                    asked += 1
                }
                Issue.record("200,000 requests were taken and no answer read")
            } catch let failure as WireFailure { #expect(failure.kind == .timedOut || failure.isEnd) }
            // What was begun comes to its end; nothing is begun any more.
            try eventually("the requests' buffers to come back") { stage.proxy.buffersOut < 100 }
        }
    }

    @Test("windows opened byte by byte end in a reset or ENHANCE_YOUR_CALM")
    func tinyWindows() throws {
        try Stage.playHTTP2(Self.script) { stage in
            let client = try stage.connectHTTP2(settings: [(4, 1)])
            try client.get(1, "/large")
            do {
                for _ in 0..<20_000 {
                    try client.send(.windowUpdate(1, 1))
                    let frame = try client.readFrame {
                        [RawFrame.data, RawFrame.goAway, RawFrame.reset].contains($0.type)
                    }
                    if frame.type == RawFrame.goAway {
                        #expect(frame.number(at: 4) == 11)
                        break
                    }
                }
            } catch let failure as WireFailure where failure.isEnd {}
            try eventually("it to be counted") {
                stage.proxy.http2Failures("tiny_windows") + stage.proxy.http2Failures("window_update_flood") == 1
            }
        }
    }

    @Test("a head that does not end has its time")
    func slowHead() throws {
        try Stage.playHTTP2(Self.script, settings: "timeouts: { head: 1500ms }") { stage in
            let client = try stage.connectHTTP2()
            try client.send(RawFrame(type: RawFrame.headers, stream: 1, payload: RawFrame.block(Raw.head())))
            let other = try stage.connectHTTP2()
            try other.stream.send([0, 0, 200, 1, 5, 0, 0])
            try client.stream.waitForEnd()
            try other.stream.waitForEnd()
            try eventually("both to be counted") { stage.proxy.endings("head_timeout") == 2 }
        }
    }

    @Test("a body that does not come gets 408 on its stream")
    func slowBody() throws {
        try Stage.playHTTP2(ScriptedServer.echo, settings: "timeouts: { body: 500ms }") { stage in
            let client = try stage.connectHTTP2()
            try client.send(.headers(1, Raw.head("POST"), ends: false))
            #expect(try client.response(1).status == 408)
            #expect(try client.resetCode(1) == 0)
            try client.get(3)
            #expect(try client.response(3).status == 200)
        }
    }

    @Test("an idle connection is drained and closed")
    func idle() throws {
        try Stage.playHTTP2(Self.script, settings: "timeouts: { idle: 1500ms }") { stage in
            let client = try stage.connectHTTP2()
            try client.get(1)
            #expect(try client.response(1).text == "ok")
            #expect(try client.goAwayCode() == 0)
            try client.stream.waitForEnd()
        }
    }

    @Test("more streams than allowed are refused, and the connection goes on")
    func tooMany() throws {
        let script: ScriptedServer.Script = { visit in
            try visit.readHead()
            try visit.stall()
            try visit.respond(body: "ok")
        }
        try Stage.playHTTP2(script, settings: "http2: { streams: 3 }") { stage in
            let client = try stage.connectHTTP2()
            for id in [1, 3, 5, 7] as [UInt32] { try client.get(id) }
            #expect(try client.resetCode(7) == 7)
            stage.backend.release.fire()
            var ended: Set<UInt32> = []
            while ended.count < 3 { ended.insert(try client.readFrame { $0.endsStream }.stream) }
            #expect(ended == [1, 3, 5])
        }
    }

    @Test("fields that grow out of little are bounded (HPACK bomb)")
    func bomb() throws {
        try Stage.playHTTP2(Self.script) { stage in
            let client = try stage.connectHTTP2()
            // One field of 4,000 bytes goes into the table, and is then named again and again by one byte each.
            let name = RawFrame.string("x")
            let entry: [UInt8] = [0x40] + name + RawFrame.string(String(repeating: "z", count: 3900))
            let block = RawFrame.block(Raw.head()) + entry + [UInt8](repeating: 0xBE, count: 8000)
            try client.send(RawFrame(type: RawFrame.headers, flags: 5, stream: 1, payload: block))
            #expect(try client.response(1).status == 431)
            try client.get(3)
            #expect(try client.response(3).text == "ok")
            #expect(stage.proxy.endings("head_too_large") == 1)
        }
    }

    @Test("a draining listener finishes what is under way and takes nothing new")
    func drains() throws {
        let script: ScriptedServer.Script = ScriptedServer.serving { visit, request in
            if request.target == "/slow" { try visit.stall() }
            try visit.respond(body: "ok")
        }
        try Stage.playHTTP2(script) { stage in
            let client = try stage.connectHTTP2()
            let idle = try stage.connectHTTP2()
            try idle.get(1)
            #expect(try idle.response(1).text == "ok")
            try client.get(1, "/slow")
            _ = try stage.backend.nextRequest()
            _ = try stage.backend.nextRequest()
            let stopping = Background { stage.proxy.proxy.stop(graceful: true) }
            #expect(try client.readFrame { $0.type == RawFrame.goAway }.number(at: 0) == 0x7FFF_FFFF)
            #expect(try idle.goAwayCode() == 0)
            try idle.stream.waitForEnd()
            stage.backend.release.fire()
            #expect(try client.response(1).text == "ok")
            try client.stream.waitForEnd()
            _ = try stopping.value()
        }
    }

    @Test("behind the last request of a connection come two GOAWAYs, and the end when it is answered (RFC 9113 §6.8)")
    func requestsPerConnection() throws {
        try Stage.playHTTP2(ScriptedServer.echo, .init(top: "limits: { requests_per_connection: 2 }\n")) { stage in
            let client = try stage.connectHTTP2()
            try client.get(1)
            #expect(try client.response(1).status == 200)
            try client.get(3)
            var lastIDs: [UInt32?] = []
            var isAnswered = false
            while lastIDs.count < 2 || !isAnswered {
                let frame = try client.readFrame {
                    $0.type == RawFrame.goAway || $0.stream == 3 && $0.endsStream
                }
                if frame.type == RawFrame.goAway { lastIDs.append(frame.number(at: 0)) } else { isAnswered = true }
            }
            #expect(lastIDs == [0x7FFF_FFFF, 3])
            let failure = #expect(throws: WireFailure.self) { _ = try client.readFrame { _ in false } }
            #expect(failure?.isEnd == true)
        }
    }
}
