import FoundationEssentials
import GateTesting
import Logging
import Synchronization
import Testing

@testable import GateCertificates

@Suite("Certificates on demand", .timeLimit(.minutes(10)))
struct OnDemandTests {
    private let clock = TestClock()
    private static let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private let lines = LogLines()

    private func gate(
        _ asked: Monitor<[String]> = Monitor([]),
        _ settings: OnDemandSettings = OnDemandSettings(ask: "http://127.0.0.1/may"),
        answer: @escaping @Sendable (String) async throws -> Int = { _ in 200 }
    ) -> OnDemandGate {
        OnDemandGate(settings, time: clock.source, log: lines.logger) { url in
            asked.update { $0.append(url) }
            return try await answer(url)
        }
    }

    @Test(
        "nonsense is no name",
        arguments: [
            "", "localhost", "127.0.0.1", "::1", "*.example.com", "a_b.example.com", "-a.example.com", "a..b", ".",
            "a.b ",
            "exa mple.com", "\u{212A}iss.example.com", "a.example.com/..", String(repeating: "a", count: 64) + ".com",
            "1.2", "x.internal", "x.test", "printer.local", "nas.home.arpa",
            String(repeating: "a.", count: 127) + "com",
        ])
    func nonsense(_ text: String) { #expect(OnDemandGate.hostName(text) == nil) }

    @Test("names are taken in small letters, without a dot at the end")
    func names() { #expect(OnDemandGate.hostName("Shop-1.Example.COM.") == "shop-1.example.com") }

    @Test(
        "only the status 200 allows, and trouble of the service is no answer",
        arguments: [
            (200, OnDemandGate.Permission.allowed), (201, .denied), (302, .denied), (404, .denied), (500, .unknown),
            (503, .unknown),
        ])
    func status(_ status: Int, _ permission: OnDemandGate.Permission) async {
        let gate = gate { _ in status }
        #expect(await gate.permission(for: "a.example.com") == permission)
        #expect(lines.with("did not say whether it may").count == (permission == .unknown ? 1 : 0))
    }

    @Test("an answer is asked for once, a no for five minutes and a yes for one")
    func cache() async {
        let asked = Monitor<[String]>([])
        let gate = gate(asked) { $0.contains("good") ? 200 : 403 }
        for _ in 0..<3 {
            #expect(await gate.permission(for: "good.example.com") == .allowed)
            #expect(await gate.permission(for: "bad.example.com") == .denied)
        }
        #expect(
            asked.current == [
                "http://127.0.0.1/may?domain=good.example.com", "http://127.0.0.1/may?domain=bad.example.com",
            ])
        clock.advance(61)
        #expect(await gate.permission(for: "good.example.com") == .allowed)
        #expect(await gate.permission(for: "bad.example.com") == .denied)
        #expect(asked.current.count == 3)
        clock.advance(240)
        #expect(await gate.permission(for: "bad.example.com") == .denied)
        #expect(asked.current.count == 4)
    }

    @Test("a service that is away or in trouble is asked again soon", arguments: [true, false])
    func away(_ isAway: Bool) async {
        let asked = Monitor<[String]>([])
        let gate = gate(asked) { _ in
            if isAway { throw DNSFailure("away") }
            return 502
        }
        #expect(await gate.permission(for: "a.example.com") == .unknown)
        #expect(await !gate.mayOrder("a.example.com"))
        clock.advance(11)
        #expect(await gate.permission(for: "a.example.com") == .unknown)
        #expect(asked.current.count == 2)
        // Many names do not fill the log.
        #expect(await gate.permission(for: "b.example.com") == .unknown)
        #expect(lines.with("did not say whether it may").count == 1)
    }

    @Test("names beyond what a silent service is asked at once are refused, which the log says once a minute")
    func silent() async throws {
        let asked = Monitor<[String]>([])
        let (answers, answer) = AsyncStream<Int>.makeStream()
        let gate = gate(asked) { _ in
            for await status in answers { return status }
            return 200
        }
        let questions = (0..<16).map { number in Task { await gate.permission(for: "n\(number).example.com") } }
        _ = try await eventualValue("all questions", within: Deadline.long) { asked.current.count == 16 ? true : nil }
        for _ in 0..<3 { #expect(await gate.permission(for: "more.example.com") == .unknown) }
        #expect(lines.with("http://127.0.0.1/may has not answered 16 questions yet").count == 1)
        clock.advance(61)
        #expect(await gate.permission(for: "more.example.com") == .unknown)
        #expect(lines.with("has not answered 16 questions yet").count == 2)
        answer.finish()
        for question in questions { #expect(await question.value == .allowed) }
        #expect(await gate.permission(for: "more.example.com") == .allowed)
    }

    @Test("orders are bounded within ten minutes")
    func rate() async {
        let gate = gate(Monitor([]), OnDemandSettings(ask: "http://127.0.0.1/may?key=1", ordersMax: 2))
        #expect(await gate.mayOrder("a.example.com"))
        #expect(await gate.mayOrder("b.example.com"))
        #expect(await !gate.mayOrder("c.example.com"))
        clock.advance(601)
        #expect(await gate.mayOrder("c.example.com"))
    }

    @Test("a name gets one certificate however many clients ask at once, and a refused one none")
    func manager() async throws {
        let service = try ScriptedServer(
            ScriptedServer.serving { visit, request in
                try visit.respond(request.target == "/may?domain=good.example.com" ? "200 OK" : "403 Forbidden")
            })
        let source = try ScriptedSource(clock)
        let frozen = TimeSource(now: { clock.now }, sleep: { _ in try await Task.sleep(for: .seconds(60)) })
        let storage = MemoryStorage()
        let manager = CertificateManager(
            storage: storage, log: Self.log, responder: try TestResponder(), time: frozen,
            makeSource: { _ in source })
        let settings = ACMESettings(onDemand: OnDemandSettings(ask: "\(service.url)/may"))
        #expect(await !manager.request("good.example.com"))
        try await manager.adopt(settings, wanted: [])
        let answers = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<10 { group.addTask { await manager.request("good.example.com") } }
            return await group.reduce(into: [Bool]()) { $0.append($1) }
        }
        #expect(answers.allSatisfy { $0 })
        #expect(source.requestCount == 1)
        #expect(await !manager.request("bad.example.com"))
        #expect(await !manager.request("127.0.0.1"))
        #expect(source.requestCount == 1)
        await manager.stop()
        // Another process finds it stored and asks nobody.
        let next = CertificateManager(
            storage: storage, log: Self.log, responder: try TestResponder(), time: frozen,
            makeSource: { _ in source })
        try await next.adopt(settings, wanted: [])
        let asked = service.requestCount
        #expect(await next.request("good.example.com"))
        #expect(source.requestCount == 1)
        #expect(service.requestCount == asked)
        await next.stop()
    }
}
