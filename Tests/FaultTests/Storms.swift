import GateCore
import GateTesting

extension Scenario {
    /// A thousand threads of scripts take their time.
    private static let patient = Stage.Settings(top: "timeouts: { connect: 10m, first_byte: 10m, idle: 10m }\n")

    static let storms: [Scenario] = [
        Scenario("2,000 connections opened and dropped") {
            try Endurance.play { stage in
                for round in 0..<2000 {
                    let client = try stage.connect(from: IPAddress(127, 0, 1, UInt8(round % 200)))
                    switch round % 5 {
                    case 0: break
                    case 1: client.reset()
                    case 2: try client.send("GET / HT")
                    case 3: try client.send(get())
                    default:
                        try client.send(get())
                        client.reset()
                    }
                }
            }
        },
        Scenario("1,000 connections at once, then all gone") {
            try Endurance.play(ScriptedServer.echo, patient) { stage in
                let clients = try (0..<1000).map { try stage.connect(from: IPAddress(127, 0, 1, UInt8($0 % 200))) }
                for client in clients { try client.send(get()) }
                for client in clients { try require(try client.readResponse().status == 200, "not 200") }
                try require(stage.proxy.openConnections == 1000, "\(stage.proxy.openConnections) open")
                try eventually("idle connections to hold no buffers, had \(stage.proxy.buffersOut)") {
                    stage.proxy.buffersOut == 0
                }
                for client in clients { client.close() }
            }
        },
        Scenario("1,000 connections when the proxy stops") {
            try Stage.play(ScriptedServer.echo, patient) { stage in
                let clients = try (0..<1000).map { try stage.connect(from: IPAddress(127, 0, 1, UInt8($0 % 200))) }
                for client in clients { try client.send(get()) }
                for client in clients { try require(try client.readResponse().status == 200, "not 200") }
                try stage.proxy.stop(graceful: true)
                for client in clients { try client.waitForEnd() }
            }
        },
        Scenario("no descriptors left: accepting rests, does not spin, and goes on") {
            try Endurance.play { stage in
                let kept = try stage.connect()
                try kept.send(get())
                _ = try kept.readResponse()
                let limit = Endurance.limitDescriptors(toMore: 20)
                var clients: [RawConnection] = []
                // Each client takes a descriptor here and one in the proxy, so the proxy runs dry as well.
                while let client = try? stage.connect() { clients.append(client) }
                try eventually("accepting to rest") { stage.proxy.acceptPauses > 0 }
                let before = Endurance.processorTime
                try require(try kept.staysSilent(for: .milliseconds(300)), "bytes unasked")
                let used = Endurance.processorTime - before
                try require(used < .milliseconds(150), "\(used) of CPU in 300 ms of rest")
                try kept.send(get())
                try require(try kept.readResponse().status >= 200, "the open connection is not served")
                for client in clients { client.close() }
                Endurance.restoreDescriptors(limit)
                try eventually("new connections to be served") { (try? stage.exchange(get()).status) == 200 }
            }
        },
        Scenario("fifty reloads under connections that come and go") {
            let settings = Stage.Settings()
            try Endurance.play { stage in
                let isOver = Signal()
                let clients = (0..<4).map { _ in
                    Background {
                        while !isOver.hasFired { try require(try stage.exchange(get()).status == 200, "not 200") }
                    }
                }
                for round in 0..<50 {
                    let body = "respond: { status: 200, body: \"\(round)\" }"
                    var changed = settings
                    changed.routes = ["{ match: { path: /round }, \(body) }"]
                    let healthy = "{ match: { path: /healthy }, respond: { status: 200, body: healthy } }"
                    changed.routes.append(healthy)
                    try stage.proxy.reload(changed.text(backend: stage.backend.url))
                    try require(
                        try stage.exchange(get("/round")).body.text == "\(round)", "round \(round) is not there")
                }
                isOver.fire()
                for client in clients { try client.value(within: Deadline.usual * 4) }
            }
        },
    ]
}
