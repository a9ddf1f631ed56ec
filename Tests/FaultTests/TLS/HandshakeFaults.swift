// Clients whose handshakes go wrong, or go on for as long as they may.

import GateTesting

extension Scenario {
    /// Handshakes must be over in 300 ms.
    private static var quick: SecureStage.Settings {
        var settings = SecureStage.Settings()
        settings.plain.top = "timeouts: { handshake: 300ms, linger: 300ms }\n"
        return settings
    }

    static let handshakes: [Scenario] = [
        Scenario("sends its hello in two pieces, cut at each byte") {
            try Endurance.playSecurely { secure in
                let count = try hello(.small).count
                for cut in 1..<count {
                    let options = RawTLSOptions.small.with { options in
                        options.wire = { raw, bytes in
                            try raw.send(Array(bytes.prefix(cut)))
                            try raw.waitUntilReceived()
                            try raw.send(Array(bytes.dropFirst(cut)))
                        }
                    }
                    try require(
                        try secure.exchange(get("/\(cut)"), options).status == 200, "no answer when cut at \(cut)")
                }
            }
        },
        Scenario("puts its hello into many small records") {
            // RFC 8446 §5.1: a message may be cut into records anywhere.
            try Endurance.playSecurely { secure in
                for size in [1, 2, 3, 4, 5, 16, 100] {
                    let options = RawTLSOptions.small.with { options in
                        options.wire = { raw, bytes in try raw.send(Record.fragmented(bytes, into: size)) }
                    }
                    try require(try secure.exchange(get(), options).status == 200, "records of \(size)")
                }
            }
        },
        Scenario("stalls anywhere in its hello: it is cut off, and counted") {
            try Endurance.playSecurely(ScriptedServer.echo, quick) { secure in
                let whole = try hello(.small)
                // With nothing, within the record's head, within the message's, within the message, and behind all of it.
                let clients = try [0, 1, 4, 5, 8, 9, 60, whole.count - 1, whole.count].map { count in
                    let raw = try secure.connectPlain()
                    try raw.send(Array(whole.prefix(count)))
                    return raw
                }
                for client in clients { try client.waitForEnd() }
                let proxy = secure.stage.proxy
                try eventually("\(clients.count) timeouts, had \(proxy.allHandshakeEnds)") {
                    proxy.handshakeEnds("timeout") == clients.count
                }
            }
        },
        Scenario("leaves in its handshake, at each step") {
            try Endurance.playSecurely { secure in
                for isReset in [true, false] {
                    for step in 0..<3 {
                        let raw = try secure.connectPlain()
                        if step > 0 { try raw.send(hello(.small)) }
                        if step > 1 { _ = try raw.read(exactly: 5) }
                        if isReset { raw.reset() } else { raw.close() }
                    }
                }
                // Who comes behind them has its turn behind them.
                _ = try secure.exchange(get("/healthy"))
                try secure.stage.proxy.waitUntilIdle()
                try require(secure.stage.backend.connectionCount == 0, "a backend was asked")
            }
        },
        Scenario("says another thing than a hello: it gets the right alert") {
            try Endurance.playSecurely { secure in
                let whole = try hello(.small)
                for (name, bytes, expected) in wrongHellos(whole) {
                    let raw = try secure.connectPlain()
                    try raw.send(bytes)
                    let answer = try raw.readToEnd()
                    let alert = Record.alert(endOf: answer)
                    try require(alert == expected, "\(name): \(answer)")
                }
                let count = wrongHellos(whole).count
                let proxy = secure.stage.proxy
                try eventually("\(count) violations, had \(proxy.allHandshakeEnds)") {
                    proxy.handshakeEnds("protocol_violation") == count
                }
            }
        },
        Scenario("offers nothing that can be used: handshake_failure or protocol_version") {
            try Endurance.playSecurely { secure in
                let old = RawTLSOptions.small.with { $0.versions = .v10 ... .v11 }
                let odd = RawTLSOptions.small.with { $0.groups = "P-521" }
                for (options, expected) in [(old, Alert.protocolVersion), (odd, Alert.handshakeFailure)] {
                    do {
                        _ = try secure.connect(options)
                        throw ScenarioFailure(description: "a handshake with nothing in common")
                    } catch let failure as WireFailure {
                        try require(failure.kind == .alert(expected), "\(failure)")
                    }
                }
            }
        },
        Scenario("says a fatal alert in its handshake: it is believed, and answered by none") {
            try Endurance.playSecurely { secure in
                let raw = try secure.connectPlain()
                try raw.send(Record.make(.alert, [2, 40]))
                try raw.expectEnd()
                let proxy = secure.stage.proxy
                try eventually("the alert to be counted, had \(proxy.allHandshakeEnds)") {
                    proxy.handshakeEnds("alert") == 1
                }
            }
        },
        Scenario("says an alert in clear text behind its hello, where records are encrypted already") {
            try Endurance.playSecurely { secure in
                let raw = try secure.connectPlain()
                try raw.send(hello(.small))
                _ = try raw.read(exactly: Record.headerCount)
                try raw.send(Record.make(.alert, [2, 80]))
                try raw.waitForEnd()
                try require(secure.stage.backend.connectionCount == 0, "a backend was asked")
            }
        },
        Scenario("sends warnings, changes of cipher, or empty records without end") {
            try Endurance.playSecurely { secure in
                let warning = Record.make(.alert, [1, 90], version: 0x0301)
                let change = Record.make(.changeCipherSpec, [1], version: 0x0301)
                let empty = Record.make(.handshake, [], version: 0x0301)
                for record in [warning, change, empty] {
                    let raw = try secure.connectPlain()
                    // It may be refused long before the last of them.
                    try? raw.send([[UInt8]](repeating: record, count: 10_000).flatMap { $0 })
                    try raw.waitForEnd()
                }
            }
        },
        Scenario("says garbage behind its hello") {
            try Endurance.playSecurely { secure in
                let raw = try secure.connectPlain()
                let garbage = [UInt8](repeating: 0x47, count: 1000)
                try raw.send(try hello(.small) + garbage)
                try raw.waitForEnd()
            }
        },
        Scenario("holds as many handshakes as there may be: the oldest makes room") {
            var settings = SecureStage.Settings()
            settings.plain.listener = "limits: { handshakes: 8 }"
            try Endurance.playSecurely(ScriptedServer.echo, settings) { secure in
                let proxy = secure.stage.proxy
                let stalled = try (0..<8).map { _ in
                    let raw = try secure.connectPlain()
                    try raw.send([22, 3, 1])
                    return raw
                }
                try eventually("8 handshakes, had \(proxy.handshakesUnderWay)") { proxy.handshakesUnderWay == 8 }
                try require(try secure.exchange(get()).status == 200, "no room was made")
                try stalled[0].waitForEnd()
                try eventually("one to be crowded out, had \(proxy.allHandshakeEnds)") {
                    proxy.handshakeEnds("crowded_out") == 1
                }
                for raw in stalled { raw.close() }
            }
        },
    ]

    /// The hello of a client with these options, as one record.
    static func hello(_ options: RawTLSOptions) throws -> [UInt8] {
        // The connection is not used; it is there because a client needs one, and leads elsewhere to be counted nowhere.
        let nobody = try ScriptedServer { _ in }
        defer { nobody.stop() }
        return try RawTLSConnection(over: .connect(to: nobody.address), options).firstFlight()
    }

    private static func wrongHellos(_ hello: [UInt8]) -> [(String, [UInt8], UInt8?)] {
        let body = Array(hello.dropFirst(Record.headerCount + 4))
        return [
            ("a record that is too long", Record.make(.handshake, [], count: 0xFFFF), Alert.recordOverflow),
            ("a server's hello", Record.make(.handshake, Record.message(2)), Alert.unexpectedMessage),
            ("data", Record.make(.applicationData, [0]), Alert.unexpectedMessage),
            ("a kind of record that is none", Record.make(99, [0, 1, 2]), Alert.unexpectedMessage),
            (
                "a message of 16 MiB", Record.make(.handshake, Record.message(1, count: 0xFFFFFF)),
                Alert.illegalParameter
            ),
            (
                "a hello cut short", Record.make(.handshake, Record.message(1, Array(body.dropLast(3)))),
                Alert.decodeError
            ),
            ("a hello with more behind it", Record.make(.handshake, Record.message(1, body + [0])), Alert.decodeError),
            ("an empty hello", Record.make(.handshake, Record.message(1)), Alert.decodeError),
        ]
    }
}
