// A program of the operator's that writes records. It is called without a shell, with a bound on its time and on what it says.

import CGateLinux
import Dispatch
import Glibc
import Logging
import Synchronization

/// Runs `COMMAND present|remove NAME VALUE`. The same stands in the environment, as ACME_ACTION, ACME_NAME and ACME_VALUE.
struct DNSHook: DNSProvider {
    /// The program and its arguments.
    let command: [String]
    let log: Logger
    /// What a call may take.
    var secondsMax = 120.0
    /// What is left to a call when nobody waits for its outcome any more.
    static let lastSecondsMax = 2.0

    private static let outputBytesMax = 16_384

    func present(name: String, value: String) async throws { try await run("present", name, value) }

    func remove(name: String, value: String) async throws { try await run("remove", name, value) }

    private func run(_ action: String, _ name: String, _ value: String) async throws {
        let limit = HookLimit(seconds: secondsMax)
        let (status, output) = try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                DispatchQueue.global().async {
                    continuation.resume(with: Result { try runNow([action, name, value], limit) })
                }
            }
        } onCancel: {
            limit.shorten(toSeconds: Self.lastSecondsMax)
        }
        for line in output.split(separator: "\n") { log.info("\(command[0]): \(ACMEFailure.oneLine(String(line)))") }
        guard status == 0 else {
            throw DNSFailure(
                "\(command[0]) \(action) ended with \(status)\(output.isEmpty ? "" : ": \(ACMEFailure.oneLine(output))")"
            )
        }
    }

    /// Both outputs are read as one; the exit status is that of a shell.
    private func runNow(_ words: [String], _ limit: HookLimit) throws -> (status: Int32, output: String) {
        var ends: [Int32] = [-1, -1]
        guard pipe2(&ends, O_CLOEXEC) == 0 else { throw DNSFailure("no pipe for \(command[0])") }
        let process: pid_t
        do {
            process = try spawn(words, output: ends[1])
        } catch {
            close(ends[0])
            close(ends[1])
            throw error
        }
        close(ends[1])
        defer { close(ends[0]) }
        let (output, isOver) = read(ends[0], limit)
        // Its own group: what it started itself ends with it.
        if !isOver { kill(-process, SIGKILL) }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        guard isOver else { throw DNSFailure("\(command[0]) was ended: it took longer than \(Int(limit.seconds)) s") }
        return (status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F, output)
    }

    private func spawn(_ words: [String], output: Int32) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, output, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The signals that the proxy waits for are blocked in it, and must not be in others.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
        let environment = self.environment(words)
        var process = pid_t()
        let code = withArguments(command + words) { arguments in
            withArguments(environment) { posix_spawnp(&process, command[0], &actions, &attributes, arguments, $0) }
        }
        guard code == 0 else { throw DNSFailure("\(command[0]) cannot be started: \(String(cString: strerror(code)))") }
        return process
    }

    private func environment(_ words: [String]) -> [String] {
        var all: [String] = []
        var next = environ
        while let entry = next.pointee {
            all.append(String(cString: entry))
            next += 1
        }
        return all + zip(["ACME_ACTION", "ACME_NAME", "ACME_VALUE"], words).map { "\($0)=\($1)" }
    }

    private func withArguments<Value>(
        _ words: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Value
    ) -> Value {
        let pointers = words.map { strdup($0) }
        defer { for pointer in pointers { free(pointer) } }
        return body(pointers + [nil])
    }

    /// What it says, up to a bound; the rest is read past. Whether it was over in time.
    private func read(_ descriptor: Int32, _ limit: HookLimit) -> (String, isOver: Bool) {
        var kept: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while !limit.isOver {
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&entry, 1, 100) > 0 else { continue }
            let count = Glibc.read(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            if count <= 0 { return (String(decoding: kept, as: UTF8.self), true) }
            kept += piece[..<min(count, Self.outputBytesMax - kept.count)]
        }
        return (String(decoding: kept, as: UTF8.self), false)
    }
}

/// What a call may take, from now on. Whoever waits for it may go away meanwhile.
private final class HookLimit: Sendable {
    private struct State {
        var seconds: Double
        var end: ContinuousClock.Instant
    }

    private let state: Mutex<State>

    init(seconds: Double) {
        state = Mutex(State(seconds: seconds, end: .now.advanced(by: .seconds(seconds))))
    }

    /// Seconds that the call had.
    var seconds: Double { state.withLock { $0.seconds } }

    var isOver: Bool { state.withLock { $0.end <= .now } }

    func shorten(toSeconds seconds: Double) {
        state.withLock { state in
            let end = ContinuousClock.now.advanced(by: .seconds(seconds))
            if end < state.end { state = State(seconds: seconds, end: end) }
        }
    }
}
