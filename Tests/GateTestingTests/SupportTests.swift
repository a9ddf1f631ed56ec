import GateTesting
import Testing

@Suite("The kit's support")
struct SupportTests {
    @Test("a program runs with arguments and environment, and its output is there")
    func program() throws {
        let result = try runProgram("sh", ["-c", "echo $GATE_X; echo bad >&2; exit 3"], environment: ["GATE_X": "y"])
        #expect(result.status == 3)
        #expect(result.output == "y\n")
        #expect(result.errors == "bad\n")
    }

    @Test("a program that does not end is killed at its bound")
    func bound() throws {
        let process = try ChildProcess("sh", ["-c", "echo started; exec tail -f /dev/null"])
        try process.waitForText("started")
        #expect(throws: TimedOut.self) { try process.waitForEnd(within: .milliseconds(10)) }
        try eventually("the kill") { !process.isRunning }
    }

    @Test("waiting ends with the event, or at its bound")
    func waiting() throws {
        let signal = Signal()
        let background = Background { try signal.wait() }
        signal.fire()
        try background.value()
        #expect(throws: TimedOut.self) { try Signal().wait(within: .milliseconds(5)) }
        #expect(throws: TimedOut.self) { try eventually("never", within: .milliseconds(5)) { false } }
    }

    @Test("descriptors that were opened since are found")
    func descriptors() async {
        await #expect(processExitsWith: .success) {
            let before = OpenDescriptors()
            let port = try RefusingPort()
            #expect(OpenDescriptors().added(since: before).count == 1)
            withExtendedLifetime(port) {}
        }
    }

    @Test("a directory disappears with what is in it")
    func directory() throws {
        var path = ""
        do {
            let directory = try TemporaryDirectory()
            path = try directory.write("a", "text")
            #expect(textOfFile(path) == "text")
        }
        #expect(listDirectory(path).isEmpty && textOfFile(path).isEmpty)
    }
}
