// What an exit test's child process has to say: the parent only learns how it ended.

internal import Glibc

/// A file for the error output of a child process.
public final class ChildReport: Sendable {
    private let directory: TemporaryDirectory

    /// Makes an empty one.
    public init() throws { directory = try TemporaryDirectory() }

    /// Where the child writes.
    public var path: String { directory.file("report") }

    /// What the child has written; nil when it was silent.
    public var text: String? {
        let text = textOfFile(path)
        return text.isEmpty ? nil : text
    }

    /// For the child: sends the error output to `path`, runs `body`, and leaves with status 1 when it throws.
    public static func fill(_ path: String, _ body: () throws -> Void) {
        let file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        dup2(file, 2)
        close(file)
        do { try body() } catch {
            try? write(path, "\(error)")
            exit(1)
        }
    }

    private static func write(_ path: String, _ message: String) throws {
        try writeFile(path, textOfFile(path) + "\n" + message)
    }
}
