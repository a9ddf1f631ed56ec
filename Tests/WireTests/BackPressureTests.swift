// DESIGN §3.7: a side that is full stops the other, and nothing is held without a bound.

import GateTesting
import Testing

@Suite("Back-pressure")
struct BackPressureTests {
    /// Well above what the kernel holds on two connections of the loopback.
    private static let bound = 48 << 20
    private static let quiet = "limits: { min_request_rate: off, min_response_rate: off }\n"

    @Test("a client that does not read stops the backend from sending")
    func slowReader() throws {
        let sent = Monitor<Int?>(nil)
        let script: ScriptedServer.Script = { visit in
            try visit.readRequest()
            try visit.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
            let count = try visit.connection.sendUntilStuck(limit: 1_000_000_000)
            sent.update { $0 = count }
            try visit.stall()
        }
        try Stage.play(script, .init(top: Self.quiet)) { stage in
            let client = try stage.connect(receiveBufferBytes: 4096)
            try client.send(get())
            let count = try #require(sent.wait(within: .seconds(30)) { $0 })
            #expect(count < Self.bound, "the backend got rid of \(count) bytes")
            #expect(stage.proxy.buffersOut <= 8, "\(stage.proxy.buffersOut) buffers for one exchange")
        }
    }

    @Test("a backend that does not read stops the client from sending")
    func slowBackend() throws {
        let script: ScriptedServer.Script = { visit in
            try visit.readHead()
            try visit.stall()
        }
        try Stage.play(script, .init(top: Self.quiet)) { stage in
            let client = try stage.connect()
            try client.send(ask("POST", "/", "Content-Length: 1000000000\r\n"))
            let count = try client.sendUntilStuck(limit: 1_000_000_000)
            #expect(count < Self.bound, "the client got rid of \(count) bytes")
            #expect(stage.proxy.buffersOut <= 8, "\(stage.proxy.buffersOut) buffers for one exchange")
        }
    }

    @Test("a tunnel whose one side does not read stops the other")
    func tunnel() throws {
        let script: ScriptedServer.Script = { visit in
            try visit.readHead()
            try visit.send(switchingProtocols)
            try visit.stall()
        }
        try Stage.play(script, .init(top: Self.quiet)) { stage in
            let client = try stage.connect()
            try client.send(upgrade())
            _ = try client.readResponse()
            #expect(try client.sendUntilStuck(limit: 1_000_000_000) < Self.bound)
            #expect(stage.proxy.buffersOut <= 8)
        }
    }

    @Test("a client that pipelines without reading does not make the proxy hold its answers")
    func pipeline() throws {
        let page = String(repeating: "x", count: 100_000)
        try Stage.play(ScriptedServer.saying(page), .init(top: Self.quiet)) { stage in
            let client = try stage.connect(receiveBufferBytes: 4096)
            let sender = Background { try? client.send(String(repeating: get(), count: 2000), within: .seconds(3)) }
            try sender.value()
            #expect(stage.backend.requestCount < 1000)
            #expect(stage.proxy.buffersOut <= 8)
            for _ in 1...100 { #expect(try client.readResponse().body.bytes.count == page.utf8.count) }
        }
    }

    @Test("connections that wait hold no buffer (DESIGN §3.3)")
    func idle() throws {
        try Stage.play { stage in
            let clients = try (0..<200).map { _ in try stage.connect() }
            for client in clients { try client.send(get()) }
            for client in clients { #expect(try client.readResponse().status == 200) }
            try eventually("the buffers to come back") { stage.proxy.buffersOut == 0 }
            #expect(stage.proxy.openConnections == 200)
        }
    }

    @Test("a slow reader gets everything in the end")
    func everything() throws {
        let script: ScriptedServer.Script = { visit in
            try visit.readRequest()
            try visit.send("HTTP/1.1 200 OK\r\nContent-Length: \(64 << 20)\r\n\r\n")
            let piece = [UInt8](repeating: 7, count: 1 << 20)
            for _ in 0..<64 { try visit.send(piece) }
        }
        try Stage.play(script, .init(top: Self.quiet)) { stage in
            let client = try stage.connect(receiveBufferBytes: 16384)
            try client.send(get())
            _ = try client.readHead()
            try client.discard(exactly: 64 << 20, within: .seconds(60))
        }
    }

    @Test("a tunnel that was stuck goes on when its reader does, either way", arguments: [true, false])
    func tunnelResumes(isUpload: Bool) throws {
        let size = 24 << 20
        let script: ScriptedServer.Script = { visit in
            try visit.readHead()
            try visit.send(switchingProtocols)
            if isUpload {
                try visit.stall()
                try visit.connection.discard(exactly: size, within: .seconds(60))
                try visit.send("all")
            } else {
                try visit.send([UInt8](repeating: 7, count: size))
            }
            try visit.connection.waitForEnd(within: .seconds(60))
        }
        try Stage.play(script, .init(top: Self.quiet)) { stage in
            let client = try stage.connect()
            try client.send(upgrade())
            _ = try client.readResponse()
            if isUpload {
                let sent = try client.sendUntilStuck(limit: size)
                stage.backend.release.fire()
                try client.send([UInt8](repeating: 7, count: size - sent), within: .seconds(60))
                _ = try client.read(until: "all")
            } else {
                try client.waitUntilFull()
                try client.discard(exactly: size, within: .seconds(60))
            }
        }
    }
}
