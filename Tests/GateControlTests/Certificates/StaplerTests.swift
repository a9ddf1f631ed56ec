import FoundationEssentials
import GateCertificates
import GateProxy
import GateTLS
import GateTesting
import Synchronization
import Testing

@testable import GateControl

/// A stapler whose time moves when it waits, and whose responder says what the test wants.
private final class StaplerStand: Sendable {
    struct Change: Equatable {
        var seconds: Double
        var hasStaple: Bool
    }

    private struct State {
        var now: Double
        var sleeps: [Double] = []
        var questions = 0
        var changes: [Change] = []
    }

    let subject: StapleSubject
    private let state: Mutex<State>
    private let start: Double
    private let log = Log()
    private let kept = Mutex<Stapler?>(nil)

    private final class Log: Reporter {
        let lines = Monitor<[String]>([])
        func report(_ level: ReportLevel, _ message: String) { lines.update { $0.append("\(level): \(message)") } }
    }

    /// - Parameters:
    ///   - seconds: after so many the clock stands still, and who sleeps does so to the end.
    ///   - respond: gets the number of the question, from 1 on, and a good answer.
    init(
        seconds: Double, _ respond: @escaping @Sendable (_ question: Int, _ good: [UInt8]) throws -> [UInt8]
    ) throws {
        let folder = try CertificateFolder()
        var leaf = TestAuthority.Leaf("www.example.com")
        (leaf.responder, leaf.serial) = ("http://127.0.0.1:1/", [0x41, 0x42, 0x43])
        let certificate = try folder.authority.issue(leaf)
        try folder.writeSigner(folder.authority)
        try folder.writeAnswer(for: certificate)
        let good = try readFile(folder.directory.file("ocsp.der"))
        let start = Date.now.timeIntervalSince1970.rounded(.down)
        self.start = start
        state = Mutex(State(now: start))
        subject = StapleSubject(
            try TLSCredential(chainPEM: Array(certificate.chainPEM.utf8), keyPEM: Array(certificate.keyPEM.utf8)))
        let time = TimeSource(
            now: { [weak self] in Date(timeIntervalSince1970: self?.state.withLock { $0.now } ?? start) },
            sleep: { [weak self] wait in
                let isOver = self?.state.withLock { state in
                    state.sleeps.append(wait)
                    state.now += wait
                    return state.now >= start + seconds
                }
                if isOver != false { try await Task.sleep(for: .seconds(86_400)) }
                try Task.checkCancellation()
                await Task.yield()
            })
        let stapler = Stapler(reporter: log, time: time) { [weak self] _, _ in
            let number = self?.state.withLock { state in
                state.questions += 1
                return state.questions
            }
            return try respond(number ?? 0, good)
        }
        stapler.onChange { [weak self] in self?.note() }
        kept.withLock { $0 = stapler }
        stapler.keep([subject])
    }

    deinit { kept.withLock { $0 }?.stop() }

    private func note() {
        let hasStaple = kept.withLock { $0 }?.credentials(for: [subject]).isEmpty == false
        state.withLock { $0.changes.append(Change(seconds: $0.now - start, hasStaple: hasStaple)) }
    }

    var sleeps: [Double] { state.withLock { $0.sleeps } }
    var changes: [Change] { state.withLock { $0.changes } }
    var lines: [String] { log.lines.current }

    /// Waits until the clock has come to its end.
    func run(_ seconds: Double) throws {
        try eventually("the end of the test's time") { self.state.withLock { $0.now >= self.start + seconds } }
    }
}

@Suite("When staples are fetched")
struct StaplerTests {
    private static let day: Double = 86_400

    @Test("an answer is asked for anew at half of its life; without another one it is taken away when it runs out")
    func refresh() throws {
        let stand = try StaplerStand(seconds: 2 * Self.day) { question, good in
            if question > 1 { throw OCSPUnanswered(status: 500) }
            return good
        }
        try stand.run(2 * Self.day)
        let sleeps = stand.sleeps
        // The answer was made some moments before the clock began.
        #expect((Self.day / 2 - 60...Self.day / 2).contains(try #require(sleeps.first)))
        #expect(Array(sleeps[1...8]) == [60, 120, 240, 480, 960, 1920, 3600, 3600])
        #expect(stand.changes.map(\.hasStaple) == [true, false])
        #expect(stand.changes.first?.seconds == 0)
        #expect((Self.day - 60...Self.day).contains(try #require(stand.changes.last?.seconds)))
        #expect(stand.lines.count == 1)
        #expect(stand.lines.first?.contains("the responder answers with status 500") == true)
    }

    @Test("after failures there is a staple as soon as the responder answers")
    func recovery() throws {
        let stand = try StaplerStand(seconds: 600) { question, good in
            if question <= 3 { throw OCSPUnanswered(status: 503) }
            return good
        }
        try stand.run(600)
        #expect(Array(stand.sleeps.prefix(3)) == [60, 120, 240])
        #expect(stand.changes == [.init(seconds: 420, hasStaple: true)])
        #expect(stand.lines.count == 1)
    }

    @Test("a staple goes at once when the responder says that the certificate is revoked")
    func revocation() throws {
        let stand = try StaplerStand(seconds: Self.day) { question, good in
            if question > 1 { throw OCSPFailure.revoked }
            return good
        }
        try stand.run(Self.day)
        #expect(stand.changes.map(\.hasStaple) == [true, false])
        #expect(stand.changes.last?.seconds == stand.sleeps.first)
        #expect(stand.lines.first?.hasPrefix("error: no OCSP staple for www.example.com") == true)
    }

    @Test(
        "pauses: half of a life, never below a minute; after failures growing to an hour, and not beyond a staple's end"
    )
    func pauses() {
        let validity = OCSPValidity(from: 1000, until: 101_000)
        #expect(Stapler.pause(validity, 0, now: 1000) == 50_000)
        #expect(Stapler.pause(validity, 0, now: 50_990) == 60)
        #expect(Stapler.pause(validity, 0, now: 90_000) == 60)
        #expect(Stapler.pause(nil, 1, now: 0) == 60)
        #expect(Stapler.pause(nil, 6, now: 0) == 1920)
        #expect(Stapler.pause(nil, 7, now: 0) == 3600)
        #expect(Stapler.pause(nil, 1000, now: 0) == 3600)
        #expect(Stapler.pause(validity, 7, now: 100_000) == 1000)
        #expect(Stapler.pause(validity, 7, now: 101_000) == 1)
    }
}
