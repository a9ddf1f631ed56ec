import GateTesting

extension Scenario {
    private static let quick = Stage.Settings(
        top: "timeouts: { first_byte: 150ms, read: 150ms, connect: 150ms }\n",
        upstream: once)
    private static let patient = Stage.Settings(upstream: once)
    private static let once = "retries: { attempts: 0 }, passive: off"

    /// Reads a request, sends `text`, and then does as `ending` says.
    private static func sending(
        _ text: String, then ending: @escaping @Sendable (Visit) throws -> Void = { _ in }
    ) -> ScriptedServer.Script {
        { visit in
            try visit.readRequest()
            try visit.send(text)
            try ending(visit)
        }
    }

    private static let stalling: @Sendable (Visit) throws -> Void = {
        try $0.connection.waitForEnd(within: Deadline.long)
    }
    private static let resetting: @Sendable (Visit) throws -> Void = { $0.connection.reset() }

    /// A scenario in which requests to a broken backend get one of `statuses`, nil standing for an answer that breaks off.
    private static func broken(
        _ name: String, _ script: @escaping ScriptedServer.Script, _ statuses: Set<Int?>,
        _ settings: Stage.Settings = patient
    ) -> Scenario {
        Scenario(name) {
            try Endurance.play(script, settings) { stage in
                for raw in [get(), post(body: "hello"), get("/", "Connection: close\r\n")] {
                    let got = try status(raw, on: stage)
                    try require(statuses.contains(got), "\(String(describing: got)) for \(raw)")
                }
            }
        }
    }

    static let backends: [Scenario] = [
        broken("stalls before its head", sending("", then: stalling), [504], quick),
        broken("stalls within its status line", sending("HTTP/1.", then: stalling), [504], quick),
        broken("stalls within its head", sending("HTTP/1.1 200 OK\r\nX: ", then: stalling), [504], quick),
        broken(
            "stalls within its body", sending("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", then: stalling),
            [nil, 504],
            quick),
        broken("stalls within a chunk", sending(answerChunked(chunks: "9\r\nx"), then: stalling), [nil, 504], quick),
        broken(
            "stalls behind an interim answer", sending("HTTP/1.1 103 Early Hints\r\n\r\n", then: stalling), [504], quick
        ),
        broken("closes before its head", sending(""), [502]),
        broken("cuts its head", sending("HTTP/1.1 200 OK\r\nX: "), [502]),
        broken("cuts its body", sending("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"), [nil, 502]),
        broken("cuts its chunks", sending(answerChunked(chunks: "9\r\nx")), [nil, 502]),
        broken("cuts its trailers", sending(answerChunked(chunks: "1\r\nx\r\n0\r\nT: ")), [nil, 502]),
        broken("resets when it accepts", { $0.connection.reset() }, [502, 503]),
        broken("resets before its head", sending("", then: resetting), [502]),
        broken("resets within its head", sending("HTTP/1.1 200 OK\r\nX: ", then: resetting), [502]),
        broken(
            "resets within its body", sending("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", then: resetting),
            [nil, 502]),
        broken("answers garbage", sending("\u{1}\u{2}\u{3} what?\r\n\r\n"), [502]),
        broken(
            "never ends its head", sending("HTTP/1.1 200 OK\r\n" + String(repeating: "X: y\r\n", count: 50_000)), [502]),
        broken("never ends a field", sending("HTTP/1.1 200 OK\r\nX: " + String(repeating: "y", count: 500_000)), [502]),
        broken(
            "never ends a chunk size", sending(answerChunked(chunks: "5;" + String(repeating: "y", count: 500_000))),
            [nil, 502]),
        broken(
            "never ends its trailers",
            sending(answerChunked(chunks: "0\r\n" + String(repeating: "X: y\r\n", count: 50_000))),
            [nil, 502]),
        broken(
            "never ends its interim answers",
            sending(String(repeating: "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", count: 20_000), then: stalling),
            [nil, 502, 504], quick),

        Scenario("refuses the connection") {
            let refusing = try RefusingPort()
            var settings = patient
            settings.servers = [refusing.url]
            try Endurance.play(ScriptedServer.echo, settings) { stage in
                for _ in 1...20 { try require(try status(get(), on: stage) == 503, "not 503") }
            }
        },
        Scenario("does not take the connection") {
            let hole = try BlackHole()
            var settings = quick
            settings.servers = [hole.url]
            try Endurance.play(ScriptedServer.echo, settings) { stage in
                try require(try status(get(), on: stage) == 504, "not 504")
                let client = try stage.connect()
                try client.send(get())
                client.reset()
            }
        },
        Scenario("sends on an idle connection, unasked") {
            let dropped = Tally()
            let script: ScriptedServer.Script = { visit in
                let request = try visit.readRequest()
                try visit.respond(body: request.target)
                try visit.send(answer(body: "unasked"))
                try visit.connection.waitForEnd(within: Deadline.long)
                dropped.add("connections")
            }
            try Endurance.play(script) { stage in
                let client = try stage.connect()
                for number in 0..<100 {
                    try client.send(get("/\(number)"))
                    let body = try client.readResponse().body.text
                    try require(body == "/\(number)", "\(body) for /\(number)")
                    // What comes while a request is already on its way could be its answer; nobody can tell.
                    try dropped.wait(for: "connections", toReach: number + 1)
                }
            }
        },
        Scenario("speaks before it is asked") {
            let dropped = Tally()
            let script: ScriptedServer.Script = { visit in
                // Whatever it finds gone.
                defer { dropped.add("connections") }
                try visit.send(answer(body: "too early"))
                if let request = try visit.nextRequest() { try visit.respond(body: request.target) }
                try visit.connection.waitForEnd(within: Deadline.long)
            }
            // A script that gets its turn late is no silence.
            try Endurance.play(script, patient) { stage in
                for number in 0..<20 {
                    let response = try stage.exchange(get("/\(number)"))
                    let isHarmless = ["too early", "/\(number)"].contains(response.body.text)
                    try require(response.status == 502 || isHarmless, "\(response) for /\(number)")
                    try dropped.wait(for: "connections", toReach: number + 1)
                }
            }
        },
        Scenario("closes kept connections at the worst moment") {
            // Closes behind each third answer, at once: many requests meet a connection that is about to go.
            let script: ScriptedServer.Script = { visit in
                for _ in 1...3 {
                    guard let request = try visit.nextRequest() else { return }
                    try visit.respond(body: request.target)
                }
            }
            let settings = Stage.Settings(
                upstream: "retries: { attempts: 2, budget: 100%, min_per_second: 100000 }, passive: off")
            try Endurance.play(script, settings) { stage in
                let rounds = (0..<8).map { number in
                    Background {
                        let client = try stage.connect()
                        for round in 0..<100 {
                            try client.send(get("/\(number)/\(round)"))
                            let response = try client.readResponse()
                            try require(response.body.text == "/\(number)/\(round)", "\(response)")
                        }
                    }
                }
                for round in rounds { try round.value(within: Deadline.usual * 4) }
            }
        },
        Scenario("resets kept connections when a request arrives") {
            let script: ScriptedServer.Script = { visit in
                guard let request = try visit.nextRequest() else { return }
                try visit.respond(body: request.target)
                _ = try visit.connection.readSome(within: Deadline.long)
                visit.connection.reset()
            }
            let settings = Stage.Settings(
                upstream: "retries: { attempts: 1, budget: 100%, min_per_second: 100000 }, passive: off")
            try Endurance.play(script, settings) { stage in
                let client = try stage.connect()
                for round in 0..<50 {
                    try client.send(get("/\(round)"))
                    try require(try client.readResponse().body.text == "/\(round)", "round \(round)")
                }
            }
        },
        Scenario("sends more than it said") {
            let script = sending("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and a lot more", then: stalling)
            try Endurance.play(script) { stage in
                for _ in 1...20 { try require(try stage.exchange(get()).body.text == "ok", "more than ok") }
            }
        },
        Scenario("resets in the middle of an upload") {
            let script: ScriptedServer.Script = { visit in
                _ = try visit.connection.readHead()
                _ = try visit.connection.readSome()
                visit.connection.reset()
            }
            try Endurance.play(script, patient) { stage in
                for _ in 1...5 {
                    let client = try stage.connect()
                    try client.send(ask("POST", "/", "Content-Length: 4000000\r\n"))
                    _ = try? client.sendUntilStuck(limit: 4_000_000)
                    try require(try client.readResponse().status == 502, "not 502")
                }
            }
        },
        Scenario("leaves a tunnel") {
            let script = sending(switchingProtocols, then: resetting)
            try Endurance.play(script) { stage in
                for _ in 1...10 {
                    let client = try stage.connect()
                    try client.send(upgrade())
                    try client.waitForEnd()
                }
            }
        },
    ]
}
