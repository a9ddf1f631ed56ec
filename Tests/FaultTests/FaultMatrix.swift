// What clients see when one of three servers fails: each fault, with each method of balancing, for requests that may be
// sent twice and for those that may not.

import GateCore
import GateProxy
import GateTesting
import Gatehouse
import Testing

/// A way to fail, and what clients may see of it.
private struct Fault: Sendable, CustomTestStringConvertible {
    let name: String
    /// What the server does with a connection; nil: nobody listens.
    let script: ScriptedServer.Script?
    /// What a POST that meets the fault is answered; nil: it never notices.
    let postStatus: Int?
    /// When a server that says nothing has failed. Other faults need no such bound, and get none that a slow machine meets.
    var firstByte = "10m"

    var testDescription: String { name }

    /// Requests that find out that the server is to be left alone.
    static let failuresMax = 2

    static let all: [Fault] = [
        // What was not sent is sent elsewhere, whatever it is.
        Fault(name: "kill", script: nil, postStatus: nil),
        Fault(
            name: "stall",
            script: { visit in
                try visit.readRequest()
                try visit.connection.waitForEnd(within: Deadline.long)
            }, postStatus: 504, firstByte: "1500ms"),
        Fault(
            name: "reset",
            script: { visit in
                try visit.readRequest()
                visit.connection.reset()
            }, postStatus: 502),
        // Slow is not broken: the answer is waited for.
        Fault(
            name: "slow",
            script: ScriptedServer.serving { visit, request in
                try? visit.server.release.wait(within: .milliseconds(30))
                try visit.respond(body: request.target)
            }, postStatus: nil),
        Fault(
            name: "500s",
            script: ScriptedServer.serving { visit, _ in try visit.respond("500 Internal Server Error") },
            postStatus: 500),
        Fault(
            name: "garbage",
            script: { visit in
                try visit.readRequest()
                try visit.send("\u{1}\u{2} what?\r\n\r\n")
            }, postStatus: 502),
    ]
}

@Suite("Fault matrix: one of three servers fails")
struct FaultMatrixTests {
    private static let requests = 12

    /// Answers by status for requests of one method.
    private func statuses(_ fault: Fault, _ method: Configuration.BalanceMethod, post: Bool) throws -> [Int: Int] {
        let good = try (0..<2).map { _ in
            try ScriptedServer(ScriptedServer.serving { visit, request in try visit.respond(body: request.target) })
        }
        let refusing = try RefusingPort()
        let bad = try fault.script.map { try ScriptedServer($0) }
        defer { for server in good + [bad].compactMap({ $0 }) { server.stop() } }
        let retries =
            "retries: { on: [connect, reset, timeout, bad_response, 5xx], budget: 100%, min_per_second: 1000 }"
        // Who is left alone stays so until the end, however long that takes.
        let passive = "passive: { failures: \(Fault.failuresMax), statuses: 5xx, for: 10m, max_for: 10m }"
        let balance = "balance: " + (method == .hash ? "{ method: hash, key: path }" : method.rawValue)
        let settings = Stage.Settings(
            top: "timeouts: { connect: 10m, first_byte: \(fault.firstByte), read: 10m }\n",
            upstream: [balance, retries, passive].joined(separator: ", "),
            servers: [bad?.url ?? refusing.url] + good.map(\.url))
        return try Stage.play(ScriptedServer.echo, settings) { stage in
            var seen: [Int: Int] = [:]
            let client = try stage.connect()
            for number in 0..<Self.requests {
                let target = "/\(number)"
                try client.send(post ? GateTesting.post(target, body: "order") : get(target))
                let response = try client.readResponse()
                if response.status == 200 { #expect(response.body.text == target) }
                seen[response.status, default: 0] += 1
            }
            return seen
        }
    }

    @Test(
        "requests that may be sent twice are all answered", arguments: Fault.all, Configuration.BalanceMethod.allCases)
    fileprivate func idempotent(fault: Fault, method: Configuration.BalanceMethod) throws {
        #expect(try statuses(fault, method, post: false) == [200: Self.requests])
    }

    @Test(
        "others fail as often as it takes to leave the server alone, and as the fault is",
        arguments: Fault.all, Configuration.BalanceMethod.allCases)
    fileprivate func notIdempotent(fault: Fault, method: Configuration.BalanceMethod) throws {
        let seen = try statuses(fault, method, post: true)
        let failed = Self.requests - seen[200, default: 0]
        #expect(failed <= (fault.postStatus == nil ? 0 : Fault.failuresMax), "\(seen)")
        #expect(failed == (fault.postStatus.map { seen[$0, default: 0] } ?? 0), "\(seen)")
        // These meet the first server for certain.
        if [.first, .roundRobin].contains(method), fault.postStatus != nil { #expect(failed == Fault.failuresMax) }
    }

    @Test(
        "one of three servers is killed and restarted again and again under load: no request fails", arguments: [1, 3])
    func restarts(workers: Int) throws {
        let script = ScriptedServer.serving { visit, request in try visit.respond(body: request.target) }
        // A port from the kernel would be anybody's while its server is gone.
        var servers = try (0..<3).map { _ in
            try ScriptedServer(on: .ip(.loopbackIPv4, port: takeFreePort()), script)
        }
        defer { for server in servers { server.stop() } }
        let health = "health: { type: tcp, interval: 100ms, timeout: 10m, fall: 1 }"
        let settings = Stage.Settings(
            upstream: "passive: { for: 200ms, max_for: 200ms }, \(health)", servers: servers.map(\.url))
        let proxy = try ProxyUnderTest(
            settings.text(backend: "").replacing("workers: 1", with: "workers: \(workers)"))
        let load = LoadGenerator(try proxy.address(), clients: 6)
        try load.wait(forMore: 100)
        for round in 0..<6 {
            let victim = round % servers.count
            let address = servers[victim].address
            servers[victim].stop()
            try load.wait(forMore: 100)
            servers[victim] = try ScriptedServer(on: address, script)
            // One at a time: who is killed while another is not back yet takes more retries than the budget has.
            try eventually("all to be well again") { proxy.proxy.servers().allSatisfy { $0.health == .healthy } }
            try load.wait(forMore: 100)
        }
        let outcome = try load.stop()
        let retries = proxy.proxy.counters().retries
        #expect(outcome.failures.isEmpty, "\(proxy.allEndings), \(retries) retries, \(proxy.proxy.servers())")
        #expect(outcome.unanswered.isEmpty)
        #expect(outcome.answered.count >= 1200)
        try proxy.stop()
    }
}
