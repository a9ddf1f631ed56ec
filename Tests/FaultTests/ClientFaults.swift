import GateTesting

extension Scenario {
    private static let quick = Stage.Settings(
        top: "timeouts: { head: 200ms, body: 200ms, idle: 300ms, linger: 300ms }\n")

    /// Reads a request and answers with more than connections hold.
    private static let endless: ScriptedServer.Script = { visit in
        try visit.readRequest()
        try visit.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        _ = try visit.connection.sendUntilStuck(limit: 1_000_000_000, quiet: .seconds(20))
    }

    static let clients: [Scenario] = [
        Scenario("trickles its head") {
            try Endurance.play(ScriptedServer.echo, quick) { stage in
                let clients = (0..<10).map { _ in
                    Background {
                        let client = try stage.connect()
                        try? client.send(
                            get("/", "X: \(String(repeating: "x", count: 1000))\r\n"), inPiecesOf: 1,
                            every: .milliseconds(10))
                        try client.waitForEnd()
                    }
                }
                for client in clients { try client.value(within: Deadline.usual * 4) }
                try require(stage.backend.requestCount == 0, "a trickled head arrived")
            }
        },
        Scenario("trickles whole requests, byte by byte") {
            try Endurance.play { stage in
                let client = try stage.connect()
                let raw =
                    get("/1") + post("/2", body: "hello")
                    + postChunked("/3", chunks: "5;a=b\r\nhello\r\n0\r\nT: x\r\n\r\n")
                try client.send(raw, inPiecesOf: 1, every: .milliseconds(1))
                for number in 1...3 {
                    let response = try client.readResponse()
                    try require(response.status == 200, "\(response) for /\(number)")
                }
            }
        },
        Scenario("vanishes while it uploads") {
            try Endurance.play { stage in
                for isReset in [true, false] {
                    for raw in [
                        ask("POST", "/", "Content-Length: 1000000\r\n") + "part", postChunked(chunks: "ff\r\npart"),
                    ] {
                        let client = try stage.connect()
                        try client.send(raw)
                        try stage.backend.waitForConnections(1)
                        if isReset { client.reset() } else { client.close() }
                    }
                }
                try stage.proxy.waitUntilIdle()
                try stage.backend.waitUntilIdle()
                try require(stage.backend.requestCount == 0, "a part of a body passed for a whole")
            }
        },
        Scenario("half-closes while it uploads") {
            try Endurance.play { stage in
                let client = try stage.connect()
                try client.send(ask("POST", "/", "Content-Length: 1000000\r\n") + "part")
                client.endSending()
                try client.waitForEnd()
                try stage.proxy.waitUntilIdle()
                try stage.backend.waitUntilIdle()
                try require(stage.backend.requestCount == 0, "a part of a body passed for a whole")
            }
        },
        Scenario("half-closes within its head") {
            try Endurance.play { stage in
                let client = try stage.connect()
                try client.send("GET / HTTP/1.1\r\nHost")
                client.endSending()
                try client.waitForEnd()
            }
        },
        Scenario("resets while it waits") {
            let script: ScriptedServer.Script = { visit in
                try visit.readRequest()
                try visit.connection.waitForEnd(within: Deadline.long)
            }
            try Endurance.play(script) { stage in
                for _ in 0..<20 {
                    let client = try stage.connect()
                    try client.send(get())
                    _ = try stage.backend.nextRequest()
                    client.reset()
                }
                try stage.backend.waitUntilIdle()
            }
        },
        Scenario("closes while it waits") {
            // To the proxy a close looks like a half-close: the answer is due, and finds nobody.
            let script: ScriptedServer.Script = { visit in
                try visit.readRequest()
                try visit.stall()
                try visit.respond(body: String(repeating: "x", count: 1_000_000))
            }
            try Endurance.play(script) { stage in
                for _ in 0..<20 {
                    let client = try stage.connect()
                    try client.send(get())
                    _ = try stage.backend.nextRequest()
                    client.close()
                }
                stage.backend.release.fire()
            }
        },
        Scenario("vanishes while it downloads") {
            try Endurance.play(endless) { stage in
                for round in 0..<10 {
                    let client = try stage.connect(receiveBufferBytes: 16384)
                    try client.send(get())
                    _ = try client.read(exactly: 1000)
                    if round % 2 == 0 { client.reset() } else { client.close() }
                }
                try stage.backend.waitUntilIdle()
            }
        },
        Scenario("vanishes from a tunnel") {
            let script: ScriptedServer.Script = { visit in
                try visit.readRequest()
                try visit.send(switchingProtocols)
                try visit.connection.waitForEnd(within: Deadline.long)
            }
            try Endurance.play(script) { stage in
                for round in 0..<20 {
                    let client = try stage.connect()
                    try client.send(upgrade() + "bytes")
                    _ = try client.readHead()
                    if round % 2 == 0 { client.reset() } else { client.close() }
                }
                try stage.backend.waitUntilIdle()
            }
        },
        Scenario("vanishes while a connection to the backend is made") {
            let hole = try BlackHole()
            let settings = Stage.Settings(top: "timeouts: { connect: 500ms }\n", servers: [hole.url])
            try Endurance.play(ScriptedServer.echo, settings) { stage in
                for _ in 0..<20 {
                    let client = try stage.connect()
                    try client.send(get())
                    client.reset()
                }
            }
        },
        Scenario("pipelines a thousand requests and leaves") {
            try Endurance.play { stage in
                let client = try stage.connect()
                try client.send(String(repeating: get(), count: 1000))
                _ = try client.readResponse()
                client.reset()
            }
        },
        Scenario("pipelines a thousand requests and half-closes") {
            try Endurance.play { stage in
                let client = try stage.connect()
                let sender = Background {
                    try client.send(String(repeating: get(), count: 1000))
                    client.endSending()
                }
                for _ in 1...1000 { try require(try client.readResponse().status == 200, "not 200") }
                try client.waitForEnd()
                try sender.value()
            }
        },
        Scenario("sends a hundred thousand fields") {
            try Endurance.play { stage in
                let client = try stage.connect()
                let raw = get("/", (0..<100_000).map { "X\($0): y\r\n" }.joined())
                _ = try? client.send(raw)
                try require(try client.readResponse().status == 431, "not 431")
                try client.waitForEnd()
            }
        },
        Scenario("sends garbage") {
            print("GATE_SEED=\(SeededGenerator.seed)")
            try Endurance.play(ScriptedServer.echo, quick) { stage in
                for round in 0..<200 {
                    var random = SeededGenerator(part: UInt64(round))
                    let client = try stage.connect()
                    let prefix =
                        round % 3 == 0
                        ? ""
                        : round % 3 == 1
                            ? "GET / HTTP/1.1\r\nHost: a\r\n"
                            : "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                    try? client.send(Array(prefix.utf8) + random.bytes(Int.random(in: 1...3000, using: &random)))
                    client.endSending()
                    try client.waitForEnd()
                }
            }
        },
        Scenario("sends requests with bytes changed at random") {
            print("GATE_SEED=\(SeededGenerator.seed)")
            let base = Array(
                (post("/a?b=c", "X: y\r\nConnection: keep-alive, X\r\n", body: "hello")
                    + postChunked(chunks: "5;a\r\nhello\r\n0\r\nT: x\r\n\r\n")).utf8)
            try Endurance.play(ScriptedServer.echo, quick) { stage in
                for round in 0..<400 {
                    var random = SeededGenerator(part: UInt64(1000 + round))
                    var bytes = base
                    for _ in 0...Int.random(in: 0...3, using: &random) {
                        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8(
                            truncatingIfNeeded: random.next())
                    }
                    let client = try stage.connect()
                    try? client.send(bytes)
                    client.endSending()
                    try client.waitForEnd()
                }
            }
        },
        Scenario("does not close behind an error") {
            try Endurance.play(ScriptedServer.echo, quick) { stage in
                let clients = try (0..<20).map { _ in try stage.connect() }
                for client in clients { try client.send("nonsense\r\n\r\n") }
                for client in clients { try client.waitForEnd() }
                withExtendedLifetime(clients) {}
            }
        },
        Scenario("reads nothing of its answers") {
            let settings = Stage.Settings(top: "timeouts: { write: 200ms }\n")
            try Endurance.play(endless, settings) { stage in
                let clients = try (0..<30).map { _ in try stage.connect(receiveBufferBytes: 4096) }
                for client in clients { try client.send(get()) }
                try stage.backend.waitForConnections(clients.count)
                try eventually("the clients to be dropped") { stage.proxy.openConnections == 0 }
                try stage.backend.waitUntilIdle()
                withExtendedLifetime(clients) {}
            }
        },
    ]
}
