// Programs beside the test: started without a shell, always with a bound, never left behind.

internal import Glibc

/// A running program whose output goes to files.
public final class ChildProcess: Sendable {
    public let id: Int32
    private let program: String
    private let directory: TemporaryDirectory
    private let ending = Monitor<Int32?>(nil)

    /// Starts `program`, found in `PATH`, with `arguments` and the test's environment changed by `environment`.
    public init(_ program: String, _ arguments: [String], environment: [String: String] = [:], output: String? = nil)
        throws
    {
        guard let path = findProgram(program) else { throw SystemFailure("find \(program)", ENOENT) }
        self.program = program
        directory = try TemporaryDirectory()
        let (outputPath, errorPath) = (output ?? directory.file("stdout"), directory.file("stderr"))
        id = try spawn([path] + arguments, environment, output: outputPath, errors: errorPath)
        let (id, ending) = (id, ending)
        _ = Thread {
            var status: Int32 = 0
            while waitpid(id, &status, 0) < 0 && errno == EINTR {}
            ending.update { $0 = status & 0x7f == 0 ? status >> 8 & 0xff : -(status & 0x7f) }
        }
    }

    deinit { if isRunning { kill(id, SIGKILL) } }

    /// True until the program has ended.
    public var isRunning: Bool { ending.current == nil }

    /// What it has written to its output so far.
    public var output: String { textOfFile(directory.file("stdout")) }

    /// What it has written to its error output so far.
    public var errors: String { textOfFile(directory.file("stderr")) }

    /// Sends a signal.
    public func signal(_ number: Int32) { if isRunning { kill(id, number) } }

    /// Waits for the end: the exit status, or the negative number of the signal that ended it. Kills it, and throws, when
    /// the bound passes first.
    @discardableResult
    public func waitForEnd(within bound: Duration = Deadline.long) throws -> Int32 {
        if let status = ending.wait(within: bound, for: { $0 }) { return status }
        kill(id, SIGKILL)
        throw TimedOut("\(program) to end (output: \(output) errors: \(errors))", bound)
    }

    /// Waits until `text` stands in its output or error output.
    public func waitForText(_ text: String, within bound: Duration = Deadline.long) throws {
        try eventually("\"\(text)\" from \(program), had \(output)\(errors)", within: bound) {
            // Asked first: what it says last, it says before it ends.
            let mayGoOn = isRunning
            if output.contains(text) || errors.contains(text) { return true }
            guard mayGoOn else { throw SystemFailure("\(program) ended: \(output)\(errors)", ESRCH) }
            return false
        }
    }

    /// Ends it with SIGTERM, or SIGKILL when it does not obey.
    public func stop() {
        signal(SIGTERM)
        _ = try? waitForEnd(within: Deadline.usual)
    }
}

/// What a program that has ended said.
public struct ProgramResult: Sendable {
    /// The exit status, or the negative number of a signal.
    public let status: Int32
    public let output: String
    public let errors: String
}

/// Runs a program to its end.
public func runProgram(
    _ program: String, _ arguments: [String], environment: [String: String] = [:],
    within bound: Duration = Deadline.long
) throws -> ProgramResult {
    let process = try ChildProcess(program, arguments, environment: environment)
    let status = try process.waitForEnd(within: bound)
    return ProgramResult(status: status, output: process.output, errors: process.errors)
}

private func spawn(_ arguments: [String], _ changes: [String: String], output: String, errors: String) throws -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o644)
    posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_APPEND, 0o644)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // A proxy in this process may have blocked signals; the program begins with none blocked.
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    let environment = currentEnvironment().merging(changes) { $1 }.map { "\($0)=\($1)" }
    var id: pid_t = 0
    let error = withCStrings(arguments) { arguments in
        withCStrings(environment) { posix_spawn(&id, arguments[0]!, &actions, &attributes, arguments, $0) }
    }
    guard error == 0 else { throw SystemFailure("start \(arguments[0])", error) }
    return id
}

private func currentEnvironment() -> [String: String] {
    var values: [String: String] = [:]
    for entry in String(decoding: (try? readFile("/proc/self/environ")) ?? [], as: UTF8.self).split(separator: "\0") {
        let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2 { values[String(parts[0])] = String(parts[1]) }
    }
    return values
}

private func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    let pointers = strings.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    return pointers.withUnsafeBufferPointer { body($0.baseAddress!) }
}
