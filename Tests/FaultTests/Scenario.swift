// Faults as values, so that each runs in a process of its own, where descriptors can be counted.

import GateTesting
import Testing

/// One fault and how it is played.
struct Scenario: Sendable {
    let name: String
    let play: @Sendable () throws -> Void

    init(_ name: String, _ play: @escaping @Sendable () throws -> Void) {
        self.name = name
        self.play = play
    }

    static let secure = handshakes + secureStreams + secureStorms
    static let all = backends + clients + storms + secure

    /// Plays the scenario of this name and checks that this process has no more descriptors open than before.
    static func run(_ name: String) throws {
        let scenario = try #require(all.first { $0.name == name })
        try Endurance.leavesNoDescriptor(scenario.play)
    }

    /// The same behind a first connection over TLS, which opens what stays open for the process's life.
    static func runSecurely(_ name: String) throws {
        try Endurance.playSecurely { _ in }
        try run(name)
    }
}

@Suite("Faults leave no descriptor, connection or buffer behind")
struct FaultTests {
    @Test("a backend that", arguments: Scenario.backends.map(\.name))
    func backend(name: String) async throws {
        let report = try ChildReport()
        await #expect(processExitsWith: .success, explain(report)) { [name, path = report.path as String] in
            ChildReport.fill(path) { try Scenario.run(name) }
        }
    }

    @Test("a client that", arguments: Scenario.clients.map(\.name))
    func client(name: String) async throws {
        let report = try ChildReport()
        await #expect(processExitsWith: .success, explain(report)) { [name, path = report.path as String] in
            ChildReport.fill(path) { try Scenario.run(name) }
        }
    }

    @Test("a client over TLS that", arguments: (Scenario.handshakes + Scenario.secureStreams).map(\.name))
    func secureClient(name: String) async throws {
        let report = try ChildReport()
        await #expect(processExitsWith: .success, explain(report)) { [name, path = report.path as String] in
            ChildReport.fill(path) { try Scenario.runSecurely(name) }
        }
    }

    @Test("a storm over TLS:", arguments: Scenario.secureStorms.map(\.name))
    func secureStorm(name: String) async throws {
        let report = try ChildReport()
        await #expect(processExitsWith: .success, explain(report)) { [name, path = report.path as String] in
            ChildReport.fill(path) { try Scenario.runSecurely(name) }
        }
    }

    @Test("a storm:", arguments: Scenario.storms.map(\.name))
    func storm(name: String) async throws {
        let report = try ChildReport()
        await #expect(processExitsWith: .success, explain(report)) { [name, path = report.path as String] in
            ChildReport.fill(path) { try Scenario.run(name) }
        }
    }
}

/// The child's words as the comment of a failure; it is asked for only then.
func explain(_ report: ChildReport) -> Comment { Comment(rawValue: report.text ?? "the child said nothing") }

/// Fails the scenario unless `condition` holds.
func require(_ condition: Bool, _ what: @autoclosure () -> String) throws {
    if !condition { throw ScenarioFailure(description: what()) }
}

struct ScenarioFailure: Error, CustomStringConvertible {
    let description: String
}

/// Sends `raw` and answers the status; nil when the connection ends without a whole answer.
func status(_ raw: String, on stage: Stage) throws -> Int? {
    do { return try stage.exchange(raw).status } catch let failure as WireFailure where failure.isEnd { return nil }
}
