// Reloads under load: nothing is lost, and what is equal goes on.

import GateCore
import GateTesting
import Glibc
import Testing

/// A configuration whose number a client can ask for at `/round`.
private func configuration(_ backend: String, round: Int, listen: String = "127.0.0.1:0", top: String = "") -> String {
    """
    workers: 2
    shutdown_timeout: 5m
    timeouts: { first_byte: 10m, read: 10m, idle: 10m }
    log: { access: off }
    listeners: [ { name: main, address: "\(listen)" } ]
    upstreams: { backend: { servers: ["\(backend)"] } }
    sites:
      - routes:
          - { match: { path: /round }, respond: { status: 200, body: "\(round)" } }
          - { proxy: backend }
    \(top)
    """
}

/// An address for a listener that goes while others look for it. A port from the kernel would then be anybody's.
private func ownAddress() throws -> String { "127.0.0.1:\(try takeFreePort())" }

/// Opens a tunnel and begins a download, plays `body`, and finishes both.
private func acrossLongExchanges(
    _ address: SocketAddress, _ backend: ScriptedServer, _ body: () throws -> Void
) throws {
    let tunnel = try RawConnection.connect(to: address)
    try tunnel.send(upgrade("/tunnel"))
    #expect(try tunnel.readResponse().status == 101)
    let download = try RawConnection.connect(to: address)
    try download.send(get("/download"))
    #expect(try download.readHead().status == 200)
    _ = try download.read(exactly: 500_000)
    try body()
    try tunnel.send("still there")
    #expect(try tunnel.read(exactly: 11) == Array("still there".utf8))
    backend.release.fire()
    #expect(try download.read(exactly: 500_000).count == 500_000)
}

private let script: ScriptedServer.Script = { visit in
    while let request = try visit.nextRequest() {
        switch request.target {
        case "/tunnel":
            try visit.send(switchingProtocols)
            while case let bytes = try visit.connection.readSome(within: Deadline.long), !bytes.isEmpty {
                try visit.send(bytes)
            }
            return
        case "/download":
            let half = String(repeating: "x", count: 500_000)
            try visit.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + half)
            try visit.stall()
            try visit.send(half)
        default: try visit.respond(body: request.echo)
        }
    }
}

@Suite("Reload", .serialized)
struct ReloadTests {
    @Test("a hundred reloads in process lose nothing, and a tunnel and a download outlive them")
    func inProcess() throws {
        let backend = try ScriptedServer(script)
        defer { backend.stop() }
        let proxy = try ProxyUnderTest(configuration(backend.url, round: 0))
        let load = LoadGenerator(try proxy.address(), clients: 4, requestsPerConnection: 25)
        try acrossLongExchanges(proxy.address(), backend) {
            for round in 1...100 {
                try proxy.reload(configuration(backend.url, round: round))
                #expect(try proxy.exchange(get("/round")).body.text == "\(round)")
            }
            try load.wait(forMore: 200)
        }
        let outcome = try load.stop()
        #expect(outcome.failures == [])
        #expect(outcome.unanswered == [])
        try proxy.stop(graceful: true)
    }

    @Test("a hundred SIGHUPs to the program lose nothing, and a tunnel and a download outlive them")
    func program() throws {
        let backend = try ScriptedServer(script)
        defer { backend.stop() }
        let gatehouse = try GatehouseProcess(configuration(backend.url, round: 0))
        let load = LoadGenerator(gatehouse.addresses[0], clients: 4, requestsPerConnection: 25)
        try acrossLongExchanges(gatehouse.addresses[0], backend) {
            for round in 1...100 {
                try gatehouse.reload(configuration(backend.url, round: round))
                try eventually("round \(round)") { try gatehouse.exchange(get("/round")).body.text == "\(round)" }
            }
            try load.wait(forMore: 200)
        }
        let outcome = try load.stop()
        #expect(outcome.failures == [])
        #expect(outcome.unanswered == [])
        gatehouse.beginStop()
        #expect(try gatehouse.process.waitForEnd() == 0)
    }

    @Test("a kept client connection goes on across a reload, on the new configuration")
    func keptConnection() throws {
        let backend = try ScriptedServer(script)
        defer { backend.stop() }
        let proxy = try ProxyUnderTest(configuration(backend.url, round: 0))
        let client = try proxy.connect()
        for round in 1...5 {
            try proxy.reload(configuration(backend.url, round: round))
            try client.send(get("/round") + get("/echo"))
            #expect(try client.readResponse().body.text == "\(round)")
            #expect(try client.readResponse().status == 200)
        }
        #expect(backend.connectionCount <= 2, "the pool did not carry over: \(backend.connectionCount) connections")
        try proxy.stop()
    }

    @Test(
        "a listener that is gone drains: what is under way is finished, new connections are refused; a new one listens")
    func listeners() throws {
        let backend = try ScriptedServer(script)
        defer { backend.stop() }
        let proxy = try ProxyUnderTest(configuration(backend.url, round: 0, listen: ownAddress()))
        let old = try proxy.address()
        let download = try proxy.connect()
        try download.send(get("/download"))
        _ = try download.readHead()
        try proxy.reload(configuration(backend.url, round: 1, listen: "127.0.0.2:0"))
        #expect(try proxy.exchange(get("/round")).body.text == "1")
        #expect(try proxy.address() != old)
        try eventually("the old listener to go") { (try? RawConnection.connect(to: old)) == nil }
        backend.release.fire()
        try download.discard(exactly: 1_000_000)
        try proxy.stop()
    }

    @Test("a bad configuration changes nothing and says why, in process")
    func badInProcess() throws {
        let backend = try ScriptedServer(script)
        defer { backend.stop() }
        let proxy = try ProxyUnderTest(configuration(backend.url, round: 7))
        let error = #expect(throws: (any Error).self) {
            try proxy.reload(configuration(backend.url, round: 8, top: "limtis: {}"))
        }
        #expect(String(describing: error).contains("limtis"))
        #expect(String(describing: error).contains("limits"))
        #expect(throws: (any Error).self) {
            try proxy.reload(configuration(backend.url, round: 8, listen: "203.0.113.1:80"))
        }
        #expect(try proxy.exchange(get("/round")).body.text == "7")
        try proxy.stop()
    }

    @Test("a bad file on SIGHUP changes nothing and says where and why; a good one is taken afterwards")
    func badProgram() throws {
        let backend = try ScriptedServer(script)
        defer { backend.stop() }
        let gatehouse = try GatehouseProcess(configuration(backend.url, round: 7))
        try gatehouse.reload(configuration(backend.url, round: 8, top: "limtis: {}"))
        try gatehouse.process.waitForText("gatehouse.yaml:11:1: error:")
        try gatehouse.process.waitForText("limits")
        #expect(try gatehouse.exchange(get("/round")).body.text == "7")
        try gatehouse.reload("not: [yaml")
        try gatehouse.process.waitForText("this is no YAML")
        #expect(try gatehouse.exchange(get("/round")).body.text == "7")
        try gatehouse.reload(configuration(backend.url, round: 9))
        try eventually("round 9") { try gatehouse.exchange(get("/round")).body.text == "9" }
    }
}

@Suite("Stop", .serialized)
struct StopTests {
    /// Everything that reached the backend must have been answered, and nothing may be cut.
    private func expectNothingCut(_ outcome: LoadGenerator.Outcome, _ backend: ScriptedServer) {
        let arrived = Set(backend.requests.current.map { $0.target }.filter { $0.hasPrefix("/load") })
        #expect(outcome.failures == [])
        #expect(arrived.subtracting(outcome.answered).isEmpty, "answers were lost")
    }

    @Test("a second SIGTERM ends the program, even if it waits for a file for ever")
    func stuck() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write(
            "gatehouse.yaml",
            "listeners: [{ address: '127.0.0.1:0' }]\nsites: [{ routes: [{ respond: 200 }] }]\n")
        let process = try GatehouseBinary.start(["run", "--config", path])
        defer { process.stop() }
        try process.waitForText("listening on")
        #expect(unlink(path) == 0 && mkfifo(path, 0o600) == 0)
        process.signal(SIGHUP)
        // It has opened the pipe, and waits for what this end never says.
        let writer = try awaitValue("the reload to read the pipe", within: Deadline.long) {
            let descriptor = open(path, O_WRONLY | O_NONBLOCK)
            return descriptor < 0 ? nil : descriptor
        }
        defer { close(writer) }
        // Two signals in a row may become one.
        try eventually("the end", within: Deadline.long) {
            process.signal(SIGTERM)
            return !process.isRunning
        }
        #expect(try process.waitForEnd() == 1)
    }

    @Test("SIGTERM under load cuts nothing, and the program ends with status 0")
    func terminate() throws {
        let backend = try ScriptedServer(script)
        defer { backend.stop() }
        let gatehouse = try GatehouseProcess(configuration(backend.url, round: 0, listen: ownAddress()))
        let load = LoadGenerator(gatehouse.addresses[0], clients: 8, requestsPerConnection: 1000)
        try load.wait(forMore: 500)
        let download = try gatehouse.connect()
        try download.send(get("/download"))
        _ = try download.readHead()
        load.expectStop()
        gatehouse.beginStop()
        try eventually("new connections to be refused") { (try? gatehouse.connect()) == nil }
        backend.release.fire()
        try download.discard(exactly: 1_000_000)
        #expect(try gatehouse.process.waitForEnd() == 0)
        expectNothingCut(try load.stop(), backend)
    }

    @Test("a graceful stop in process under load cuts nothing")
    func inProcess() throws {
        let backend = try ScriptedServer(script)
        defer { backend.stop() }
        let proxy = try ProxyUnderTest(configuration(backend.url, round: 0, listen: ownAddress()))
        let load = LoadGenerator(try proxy.address(), clients: 8, requestsPerConnection: 1000)
        try load.wait(forMore: 500)
        load.expectStop()
        try proxy.stop(graceful: true)
        expectNothingCut(try load.stop(), backend)
    }

    @Test(
        "a graceful stop is bounded by shutdown_timeout, whatever runs and whether it is logged",
        arguments: ["/download", "/tunnel"], [true, false])
    func bounded(target: String, isLogged: Bool) throws {
        let backend = try ScriptedServer(script)
        defer { backend.stop() }
        let log = isLogged ? "log: { access: { output: /dev/null } }" : "log: { access: off }"
        let text = configuration(backend.url, round: 0).split(separator: "5m").joined(separator: "300ms")
            .split(separator: "log: { access: off }").joined(separator: log)
        // What bounds it must be the stop's own time, not a timer that happens to come; a slow machine has three tries.
        var elapsed = Duration.seconds(60)
        for _ in 0..<3 where elapsed > .seconds(2) {
            let proxy = try ProxyUnderTest(text)
            let client = try proxy.connect()
            try client.send(target == "/tunnel" ? upgrade(target) : get(target))
            _ = try client.readHead()
            let watch = Stopwatch()
            try proxy.stop(graceful: true)
            elapsed = watch.elapsed
            #expect(elapsed > .milliseconds(200))
        }
        #expect(elapsed < .seconds(2))
    }

    @Test("a second SIGTERM does not wait")
    func twice() throws {
        let backend = try ScriptedServer(script)
        defer { backend.stop() }
        let gatehouse = try GatehouseProcess(configuration(backend.url, round: 0, listen: ownAddress()))
        let download = try gatehouse.connect()
        try download.send(get("/download"))
        _ = try download.readHead()
        gatehouse.beginStop()
        try eventually("new connections to be refused") { (try? gatehouse.connect()) == nil }
        #expect(gatehouse.process.isRunning)
        gatehouse.beginStop()
        _ = try gatehouse.process.waitForEnd()
    }

    @Test("idle connections are closed at once when it stops")
    func idle() throws {
        let backend = try ScriptedServer(script)
        defer { backend.stop() }
        let gatehouse = try GatehouseProcess(configuration(backend.url, round: 0))
        let client = try gatehouse.connect()
        try client.send(get())
        _ = try client.readResponse()
        gatehouse.beginStop()
        try client.expectEnd()
        #expect(try gatehouse.process.waitForEnd() == 0)
    }
}
