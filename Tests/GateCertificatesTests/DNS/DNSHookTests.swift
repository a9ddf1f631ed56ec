import GateTesting
import Logging
import Testing

@testable import GateCertificates

@Suite("DNS-01 by a program")
struct DNSHookTests {
    private let folder: TemporaryDirectory
    private static let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    init() throws { folder = try TemporaryDirectory() }

    private func hook(_ script: String, secondsMax: Double = 30) throws -> DNSHook {
        // Read by the shell and not started itself: a child that another test starts at this moment may hold it open for
        // writing until it has become its program, and such a file cannot be started.
        let path = try folder.write("hook", script)
        return DNSHook(command: ["/bin/sh", path, "zone 1"], log: Self.log, secondsMax: secondsMax)
    }

    @Test("it gets words and environment, without a shell in between")
    func words() async throws {
        let hook = try hook("echo \"$1|$2|$3|$4|$ACME_ACTION|$ACME_NAME|$ACME_VALUE\" >> \(folder.file("out"))")
        try await hook.present(name: "_acme-challenge.example.com", value: "$(id)")
        try await hook.remove(name: "_acme-challenge.example.com", value: "$(id)")
        let name = "_acme-challenge.example.com"
        #expect(
            textOfFile(folder.file("out")) == """
                zone 1|present|\(name)|$(id)|present|\(name)|$(id)
                zone 1|remove|\(name)|$(id)|remove|\(name)|$(id)

                """)
    }

    @Test("a failure says the status and what the program said")
    func failure() async throws {
        let hook = try hook("echo 'no such zone' >&2; exit 3")
        let failure = await #expect(throws: DNSFailure.self) { try await hook.present(name: "a", value: "b") }
        #expect(failure?.description.contains("ended with 3: no such zone") == true)
    }

    @Test("one that does not end is ended, with what it started")
    func endless() async throws {
        let hook = try hook(
            "(sleep 600; echo over > \(folder.file("child"))) & sleep 600; echo over > \(folder.file("parent"))",
            secondsMax: 0.5)
        await #expect(throws: DNSFailure.self) { try await hook.present(name: "a", value: "b") }
        // No clock: a machine may be slow, but neither has come to its end by itself.
        #expect(textOfFile(folder.file("parent")).isEmpty && textOfFile(folder.file("child")).isEmpty)
    }

    @Test("one whose outcome nobody waits for any more is ended soon, with what it started", .timeLimit(.minutes(1)))
    func cancelled() async throws {
        let hook = try hook(
            "echo $$ > \(folder.file("started")); (sleep 600; echo over > \(folder.file("child"))) & sleep 600",
            secondsMax: 3600)
        let call = Task { try await hook.present(name: "a", value: "b") }
        while textOfFile(folder.file("started")).isEmpty { await Task.yield() }
        call.cancel()
        let failure = await #expect(throws: DNSFailure.self) { try await call.value }
        #expect(failure?.description.contains("took longer than 2 s") == true)
        #expect(textOfFile(folder.file("child")).isEmpty)
    }

    @Test("one that says much does not fill memory")
    func loud() async throws {
        try await hook("head -c 10000000 /dev/zero").present(name: "a", value: "b")
    }

    @Test("one that is not there is an error that names it")
    func missing() async throws {
        let hook = DNSHook(command: ["/nonexistent/hook"], log: Self.log)
        let failure = await #expect(throws: DNSFailure.self) { try await hook.present(name: "a", value: "b") }
        #expect(failure?.description.contains("/nonexistent/hook") == true)
    }
}
