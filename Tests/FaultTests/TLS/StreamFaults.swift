// Clients that go wrong behind a good handshake.

import GateTesting

extension Scenario {
    /// More than connections hold, behind one request.
    private static let endless: ScriptedServer.Script = { visit in
        try visit.readRequest()
        try visit.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        _ = try visit.connection.sendUntilStuck(limit: 1_000_000_000, quiet: .seconds(20))
    }

    /// The end of the connection must be this alert.
    private static func expect(alert: UInt8, from client: RawTLSConnection) throws {
        do {
            _ = try client.readToEnd()
            throw ScenarioFailure(description: "an end in order")
        } catch let failure as WireFailure {
            try require(failure.kind == .alert(alert), "\(failure)")
        }
    }

    static let secureStreams: [Scenario] = [
        Scenario("sends a record that was changed on its way: bad_record_mac, and no request") {
            try Endurance.playSecurely { secure in
                for version in [RawTLSVersion.v12, .v13] {
                    let isChanged = Signal()
                    let options = RawTLSOptions.small.with { options in
                        options.versions = version...version
                        // Up to TLS 1.2 the groups are those of the certificate's key, too (RFC 8422 §5.1.1).
                        options.groups = "X25519:P-256"
                        options.wire = { raw, bytes in
                            var bytes = bytes
                            if isChanged.hasFired { bytes[bytes.count - 1] ^= 1 }
                            try raw.send(bytes)
                        }
                    }
                    let client = try secure.connect(options)
                    isChanged.fire()
                    try client.send(get())
                    try expect(alert: Alert.badRecordMAC, from: client)
                }
                try require(secure.stage.backend.requestCount == 0, "a forged request arrived")
            }
        },
        Scenario("changes a record in the middle of an upload: nothing passes for a whole body") {
            try Endurance.playSecurely { secure in
                let isChanged = Signal()
                let options = RawTLSOptions.small.with { options in
                    options.wire = { raw, bytes in
                        var bytes = bytes
                        if isChanged.hasFired { bytes[bytes.count / 2] ^= 1 }
                        try raw.send(bytes)
                    }
                }
                let client = try secure.connect(options)
                try client.send(ask("POST", "/", "Content-Length: 2000\r\n") + String(repeating: "x", count: 1000))
                try secure.stage.backend.waitForConnections(1)
                isChanged.fire()
                try client.send(String(repeating: "y", count: 1000))
                try expect(alert: Alert.badRecordMAC, from: client)
                try secure.stage.backend.waitUntilIdle()
                try require(secure.stage.backend.requestCount == 0, "a part of a body passed for a whole")
            }
        },
        Scenario("sends garbage in the place of a record") {
            try Endurance.playSecurely { secure in
                let garbage: [[UInt8]] = [
                    Array(get().utf8), Record.make(.applicationData, [], count: 0x4801),
                    Record.make(.handshake, Record.message(1)), Record.make(.applicationData, [1, 2, 3]),
                    [UInt8](repeating: 0, count: 100),
                ]
                for bytes in garbage {
                    let client = try secure.connect(.small)
                    try client.raw.send(bytes)
                    do {
                        _ = try client.readToEnd()
                        throw ScenarioFailure(description: "an end in order behind \(bytes)")
                    } catch let failure as WireFailure {
                        guard case .alert = failure.kind else { throw failure }
                    }
                }
                try require(secure.stage.backend.requestCount == 0, "garbage arrived")
            }
        },
        Scenario("cuts the connection without close_notify") {
            try Endurance.playSecurely { secure in
                let parts = [
                    "", "GET / HTTP/1.1\r\nHost: a.exam", ask("POST", "/", "Content-Length: 1000000\r\n") + "part",
                    postChunked(chunks: "ff\r\npart"),
                ]
                for part in parts {
                    for isReset in [true, false] {
                        let client = try secure.connect(.small)
                        if !part.isEmpty { try client.send(part) }
                        if isReset { client.raw.reset() } else { client.close() }
                    }
                }
                try secure.stage.proxy.waitUntilIdle()
                try secure.stage.backend.waitUntilIdle()
                try require(secure.stage.backend.requestCount == 0, "a part of a request passed for a whole")
            }
        },
        Scenario("vanishes while it downloads") {
            try Endurance.playSecurely(endless) { secure in
                for round in 0..<10 {
                    let raw = try secure.connectPlain(receiveBufferBytes: 16384)
                    let client = try RawTLSConnection(over: raw, .small)
                    try client.send(get())
                    _ = try client.read(exactly: 1000)
                    if round % 2 == 0 { raw.reset() } else { raw.close() }
                }
                try secure.stage.backend.waitUntilIdle()
            }
        },
        Scenario("stops to read: it is cut off, whatever of a record is out") {
            var settings = SecureStage.Settings()
            settings.plain.top = "timeouts: { write: 300ms, linger: 300ms }\n"
            try Endurance.playSecurely(endless, settings) { secure in
                let raw = try secure.connectPlain(receiveBufferBytes: 16384)
                let client = try RawTLSConnection(over: raw, .small)
                try client.send(get())
                _ = try client.read(exactly: 1000)
                try secure.stage.proxy.waitUntilIdle()
                // What comes is cut, and says so: there is no close_notify.
                do {
                    _ = try client.readToEnd()
                    throw ScenarioFailure(description: "a cut answer ends in order")
                } catch let failure as WireFailure {
                    try require(failure.kind == .endedWithoutNotice || failure.kind == .reset, "\(failure)")
                }
            }
        },
        Scenario("sends each byte in a record of its own") {
            try Endurance.playSecurely { secure in
                let client = try secure.connect(.small)
                let raw = get("/1") + post("/2", body: String(repeating: "x", count: 2000))
                for byte in raw.utf8 { try client.send([byte]) }
                for number in 1...2 {
                    let response = try client.readResponse()
                    try require(response.status == 200, "\(response) for /\(number)")
                }
            }
        },
        Scenario("asks for new keys now and then") {
            try Endurance.playSecurely { secure in
                let client = try secure.connect(.small)
                for round in 0..<100 {
                    try client.updateKeys()
                    try client.send(get("/\(round)"))
                    try require(try client.readResponse().status == 200, "round \(round)")
                }
            }
        },
        Scenario("asks for new keys without end: unexpected_message") {
            // Each costs us more than it does the client (RFC 8446 §4.6.3 leaves the bound to us).
            try Endurance.playSecurely { secure in
                let client = try secure.connect(.small)
                // It may be refused long before the last of them.
                for _ in 0..<1000 { try? client.updateKeys() }
                try expect(alert: Alert.unexpectedMessage, from: client)
            }
        },
    ]
}
