// Records and messages as the wire may bring them: in any pieces, and wrong.

import GateProxy
import GateTLS
import GateTesting
import Testing

@Suite("TLS records")
struct RecordTests {
    @Test(
        "may be split anywhere: a hello that comes in two parts (RFC 8446 §5.1)", arguments: [RawTLSVersion.v12, .v13])
    func splitHello(version: RawTLSVersion) throws {
        try TLSStage.play { stage throws in
            let options = RawTLSOptions().with {
                $0.versions = version...version
                $0.groups = "X25519:P-256"
            }
            let count = try RawTLSConnection(over: try stage.connectRaw(), options).firstFlight().count
            for cut in stride(from: 1, to: count, by: 7) {
                let raw = try stage.connectRaw()
                let client = try RawTLSConnection(over: raw, options)
                let hello = client.firstFlight()
                let end = min(cut, hello.count - 1)
                try raw.send(Array(hello[..<end]))
                try raw.waitUntilReceived()
                try raw.send(Array(hello[end...]))
                try client.handshake()
                #expect(client.version == version)
            }
        }
    }

    @Test("may come byte by byte, the whole connection of them")
    func byteByByte() throws {
        try TLSStage.play { stage throws in
            let options = RawTLSOptions().with {
                $0.groups = "X25519:P-256"
                $0.wire = { raw, bytes in for byte in bytes { try raw.send([byte]) } }
            }
            #expect(try stage.exchange(post(body: "hello"), options).status == 200)
        }
    }

    @Test("may carry a message in several, one byte in each (RFC 8446 §5.1)", arguments: [RawTLSVersion.v12, .v13])
    func fragments(version: RawTLSVersion) throws {
        try TLSStage.play { stage throws in
            let raw = try stage.connectRaw()
            let client = try RawTLSConnection(
                over: raw,
                RawTLSOptions().with {
                    $0.versions = version...version
                    $0.groups = "X25519:P-256"
                })
            let hello = client.firstFlight()
            try raw.send(hello[5...].flatMap { Array(hello[..<3]) + [0, 1, $0] })
            try client.handshake()
            try client.send(get())
            #expect(try client.readResponse().status == 200)
        }
    }

    @Test("of several requests may come at once (RFC 9112 §9.3.2)")
    func merged() throws {
        try TLSStage.play { stage throws in
            let client = try stage.connect()
            try client.send(get("/1") + get("/2") + post("/3", body: String(repeating: "x", count: 40_000)))
            for target in ["/1", "/2", "/3"] { #expect(try client.readResponse().body.text.contains(" \(target)")) }
        }
    }

    @Test("carry large bodies both ways")
    func large() throws {
        try TLSStage.play(ScriptedServer.mirror) { stage throws in
            let body = String(repeating: "0123456789abcdef", count: 1 << 16)
            let client = try stage.connect()
            let sender = Background { try client.send(post(body: body), within: Deadline.usual) }
            #expect(try client.readResponse().body.text == body)
            try sender.value()
        }
    }

    @Test("with other keys go on with the connection (RFC 8446 §4.6.3)")
    func keyUpdate() throws {
        try TLSStage.play { stage throws in
            let client = try stage.connect()
            for _ in 0..<3 {
                try client.updateKeys()
                try client.send(get())
                #expect(try client.readResponse().status == 200)
            }
        }
    }

    @Test(
        "in clear HTTP get an answer in clear HTTP, once",
        arguments: ["GET / HTTP/1.1\r\nHost: a.example\r\n\r\n", post(body: "x")])
    func clearText(request: String) throws {
        try TLSStage.play { stage throws in
            let client = try stage.connectRaw()
            try client.send(request)
            let answer = try client.readResponse()
            #expect(answer.status == 400)
            #expect(answer.body.text == "Client sent an HTTP request to an HTTPS server.\n")
            try client.expectEnd()
            #expect(stage.handshakes(.clearText) == 1)
            try stage.waitUntilEmpty()
        }
    }

    @Test(
        "that are none end the connection",
        arguments: [
            [0x00], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], [22, 3, 1, 0xFF, 0xFF, 1], [22, 3, 1, 0, 0],
            [23, 3, 3, 0, 1, 0], [21, 3, 1, 0, 2, 2, 40], [22, 3, 1, 0, 4, 2, 0, 0, 0],
            [22, 3, 1, 0, 4, 1, 0xFF, 0xFF, 0xFF], Array("SSH-2.0-OpenSSH_9.2\r\n".utf8),
        ] as [[UInt8]])
    func garbage(bytes: [UInt8]) throws {
        try TLSStage.play { stage throws in
            let client = try stage.connectRaw()
            try client.send(bytes)
            client.endSending()
            try client.waitForEnd()
            try stage.waitUntilEmpty()
            #expect(stage.workers.counters().handshakeEnds.reduce(0, +) == 1)
            #expect(try stage.exchange(get()).status == 200)
        }
    }

    @Test(
        "that are too long end the connection with record_overflow, which the client gets to read (RFC 8446 §5.2)",
        arguments: ["h2", "http/1.1"])
    func oversized(name: String) throws {
        func both(_ settings: inout TLSStage.Settings, _: TestAuthority) {
            settings.listener.protocols = [.http1, .http2]
            settings.tls?.policy.protocols = ["h2", "http/1.1"]
        }
        try TLSStage.play(ScriptedServer.echo, both) { stage throws in
            let client = try stage.connect(RawTLSOptions().with { $0.protocols = [name] })
            try client.raw.send([23, 3, 3, 0x48, 0x01] + [UInt8](repeating: 0, count: 0x4801 + 100_000))
            client.raw.endSending()
            // The connection is closed before a byte of it is read.
            try stage.waitUntilEmpty()
            try expectAlert(22) {
                while try !client.readSome().isEmpty {}
                return ()
            }
            // A reset would have taken the alert from a client that is still sending.
            try client.raw.expectEnd()
            #expect(stage.backend.requestCount == 0)
        }
    }

    @Test("behind the handshake that are none end the connection with bad_record_mac (RFC 8446 §5.2)")
    func badRecord() throws {
        try TLSStage.play { stage throws in
            let client = try stage.connect()
            try client.raw.send([23, 3, 3, 0, 32] + [UInt8](repeating: 7, count: 32))
            try client.raw.waitForEnd()
            try stage.waitUntilEmpty()
            #expect(stage.backend.requestCount == 0)
        }
    }
}
