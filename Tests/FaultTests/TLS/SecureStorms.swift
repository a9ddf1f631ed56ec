// Many clients over TLS at once.

import GateCore
import GateTesting

extension Scenario {
    static let secureStorms: [Scenario] = [
        Scenario("a flood of handshakes does not starve an established connection") {
            try Endurance.playSecurely { secure in
                let established = try secure.connect()
                try established.send(get("/first"))
                _ = try established.readResponse()
                // Where the hellos were all done with before the request was sent, it says nothing; one that waits for all of
                // them overtakes none, however often.
                let hasOvertaken = try (0..<10).contains { _ in try overtakes(established, secure) }
                try require(hasOvertaken, "the request waited for all of the handshakes")
            }
        },
        Scenario("clients that shake hands and go, for as long as it takes to serve a thousand requests to others") {
            try Endurance.playSecurely { secure in
                let isOver = Signal()
                let attacks = Tally()
                let vandals = (0..<3).map { number in
                    Background {
                        var count = 0
                        while !isOver.hasFired {
                            let raw = try secure.connectPlain()
                            let client = try RawTLSConnection(over: raw, .small)
                            switch (count + number) % 3 {
                            case 0: try raw.send(client.firstFlight())
                            case 1: try client.handshake()
                            default: try raw.send([22, 3, 1, 0, 100, 1])
                            }
                            raw.reset()
                            count += 1
                            attacks.add("attacks")
                        }
                    }
                }
                let load = LoadGenerator(clients: 2, requestsPerConnection: 1000) { try secure.connect() }
                try load.wait(forMore: 1000, within: Deadline.long)
                try attacks.wait(for: "attacks", toReach: 51)
                let outcome = try load.stop()
                isOver.fire()
                for vandal in vandals { try vandal.value(within: Deadline.usual * 2) }
                try require(outcome.failures.isEmpty, "\(outcome.failures.prefix(3))")
            }
        },
        Scenario("connections of all kinds opened and dropped") {
            try Endurance.playSecurely { secure in
                for round in 0..<500 {
                    let raw = try secure.connectPlain()
                    let client = try RawTLSConnection(over: raw, .small)
                    switch round % 6 {
                    case 0: break
                    case 1: raw.reset()
                    case 2: try raw.send(Array(client.firstFlight().prefix(round)))
                    case 3: try client.handshake()
                    case 4:
                        try client.send(get())
                        raw.reset()
                    default:
                        try client.send(get())
                        _ = try client.readResponse()
                        try client.endSending()
                    }
                }
            }
        },
        Scenario("reloads under connections over TLS that come and go, and tickets outlive them") {
            try Endurance.playSecurely { secure in
                let first = try secure.connect()
                try first.send(get())
                _ = try first.readResponse()
                guard let session = first.sessions.first else { throw ScenarioFailure(description: "no ticket") }
                let load = LoadGenerator(clients: 3, requestsPerConnection: 5) { try secure.connect() }
                for round in 0..<20 {
                    let changed = secure.configuration + "timeouts: { idle: \(60 + round)s }\n"
                    try secure.stage.proxy.reload(changed)
                    try load.wait(forMore: 5)
                }
                let outcome = try load.stop()
                try require(outcome.failures.isEmpty, "\(outcome.failures.prefix(3))")
                try require(outcome.unanswered.isEmpty, "\(outcome.unanswered)")
                let again = try secure.connect(RawTLSOptions().with { $0.session = session })
                try require(again.isResumed, "the ticket is of no use after reloads")
            }
        },
    ]

    /// Floods the proxy with hellos and sends a request on a connection that is there already: whether its answer comes before
    /// the last of theirs.
    private static func overtakes(_ established: RawTLSConnection, _ secure: SecureStage) throws -> Bool {
        let flood = try (0..<300).map { _ in
            let raw = try secure.connectPlain()
            return (raw, try RawTLSConnection(over: raw, .small).firstFlight())
        }
        for (raw, hello) in flood { try raw.send(hello) }
        try established.send(get("/among"))
        try require(try established.readResponse().status == 200, "not served")
        let answered = flood.count { raw, _ in (try? raw.staysSilent(for: .zero)) == false }
        for (raw, _) in flood { _ = try raw.read(exactly: Record.headerCount) }
        for (raw, _) in flood { raw.reset() }
        return answered < flood.count
    }
}
