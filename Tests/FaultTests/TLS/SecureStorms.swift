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
                let flood = try (0..<300).map { _ in
                    let raw = try secure.connectPlain()
                    return (raw, try RawTLSConnection(over: raw, .small).firstFlight())
                }
                for (raw, hello) in flood { try raw.send(hello) }
                // All hellos wait at the worker by now, or are done with; the request comes last.
                let before = secure.stage.proxy.handshakesUnderWay
                try established.send(get("/among"))
                try require(try established.readResponse().status == 200, "not served")
                let answered = flood.count { raw, _ in (try? raw.staysSilent(for: .zero)) == false }
                try require(
                    answered < flood.count,
                    "the request waited for all of the \(flood.count) handshakes (\(before) were under way)")
                for (raw, _) in flood { _ = try raw.read(exactly: Record.headerCount) }
                for (raw, _) in flood { raw.reset() }
            }
        },
        Scenario("clients that shake hands and go, for as long as it takes to serve a thousand requests to others") {
            try Endurance.playSecurely { secure in
                let isOver = Signal()
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
                        }
                        return count
                    }
                }
                let load = LoadGenerator(clients: 2, requestsPerConnection: 1000) { try secure.connect() }
                try load.wait(forMore: 1000, within: .seconds(120))
                let outcome = try load.stop()
                isOver.fire()
                let attacks = try vandals.map { try $0.value(within: .seconds(30)) }.reduce(0, +)
                try require(outcome.failures.isEmpty, "\(outcome.failures.prefix(3))")
                try require(attacks > 50, "only \(attacks) attacks")
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
}
