// Bodies that go from socket to socket inside the kernel: not a byte more, not a byte less.

import GateTesting
import Testing

@Suite("Large bodies (RFC 9112 §6)")
struct LargeBodyTests {
    private static let size = 3 << 20
    private static let data = [UInt8]((0..<size).map { UInt8(truncatingIfNeeded: $0 &* 29 >> 6) })

    @Test("a request behind a large upload in the same stream is the next request")
    func pipelinedUpload() throws {
        try Stage.play(ScriptedServer.mirror) { stage in
            let client = try stage.connect()
            let head = Array(ask("POST", "/", "Content-Length: \(Self.size)\r\n").utf8)
            let sender = Background {
                for _ in 1...3 { try client.send(head + Self.data + Array(get("/next").utf8)) }
            }
            for _ in 1...3 {
                #expect(try client.readResponse().body.bytes == Self.data)
                #expect(try client.readResponse().body.bytes == [])
            }
            try sender.value()
            #expect(stage.backend.requests.current.map { $0.target } == ["/", "/next", "/", "/next", "/", "/next"])
        }
    }

    @Test("bytes behind a large response are not the client's")
    func tooMuch() throws {
        let script: ScriptedServer.Script = { visit in
            try visit.readRequest()
            try visit.send("HTTP/1.1 200 OK\r\nContent-Length: \(Self.size)\r\n\r\n")
            try visit.send(Self.data + Array(answer(body: "evil").utf8))
            try visit.connection.waitForEnd()
        }
        try Stage.play(script) { stage in
            let client = try stage.connect()
            for _ in 1...3 {
                try client.send(get())
                #expect(try client.readResponse().body.bytes == Self.data)
            }
            #expect(try client.staysSilent(for: .milliseconds(30)))
        }
    }

    @Test("a large body that ends with the backend's connection arrives whole", arguments: ["1.1", "1.0"])
    func untilEnd(version: String) throws {
        let script: ScriptedServer.Script = { visit in
            try visit.readRequest()
            try visit.send("HTTP/1.1 200 OK\r\n\r\n")
            try visit.send(Self.data)
        }
        try Stage.play(script) { stage throws in
            #expect(try stage.exchange("GET / HTTP/\(version)\r\nHost: a\r\n\r\n").body.bytes == Self.data)
        }
    }

    @Test(
        "a large response that is cut, in order or by a reset, does not look complete", arguments: [true, false],
        [true, false])
    func cut(isReset: Bool, isFramed: Bool) throws {
        let script: ScriptedServer.Script = { visit in
            try visit.readRequest()
            try visit.send(
                "HTTP/1.1 200 OK\r\n"
                    + (isFramed
                        ? "Content-Length: \(Self.size + 1)\r\n\r\n" : "Transfer-Encoding: chunked\r\n\r\n300000\r\n"))
            try visit.send(Self.data)
            if isReset {
                try visit.stall()
                visit.connection.reset()
            }
        }
        try Stage.play(script) { stage in
            let client = try stage.connect()
            try client.send(get())
            _ = try client.readHead()
            if isReset {
                try client.discard(exactly: Self.size / 2)
                stage.backend.release.fire()
            }
            let rest = Result { try client.readToEnd() }
            if case .success(let bytes) = rest {
                #expect(bytes.count <= Self.size + 10_000)
                #expect(!String(decoding: bytes.suffix(20), as: UTF8.self).contains("0\r\n\r\n"))
            }
            try expectEnding("cut_response", in: stage)
        }
    }

    @Test("a large upload whose client vanishes is cut at the backend", arguments: [true, false])
    func cutUpload(isReset: Bool) throws {
        try Stage.play { stage in
            let client = try stage.connect()
            try client.send(ask("POST", "/", "Content-Length: \(Self.size * 2)\r\n"))
            try client.send(Self.data)
            try stage.backend.waitForConnections(1)
            if isReset { client.reset() } else { client.close() }
            try stage.backend.waitUntilIdle()
            #expect(stage.backend.requestCount == 0, "a part passed for the whole")
            try expectEnding("client_closed", in: stage)
        }
    }

    @Test("large bodies both ways at once do not mix", arguments: [1, 8])
    func both(count: Int) throws {
        try Stage.play(ScriptedServer.mirror) { stage in
            let clients = (0..<count).map { number in
                Background {
                    let data = Self.data.map { $0 ^ UInt8(number) }
                    let client = try stage.connect()
                    let sender = Background {
                        let head = Array(ask("POST", "/", "Content-Length: \(data.count)\r\n").utf8)
                        try client.send(head + data, within: .seconds(60))
                    }
                    guard try client.readResponse(within: .seconds(60)).body.bytes == data else {
                        throw WireFailure(.malformed("mixed up"))
                    }
                    try sender.value(within: .seconds(60))
                }
            }
            for client in clients { try client.value(within: .seconds(60)) }
        }
    }
}
