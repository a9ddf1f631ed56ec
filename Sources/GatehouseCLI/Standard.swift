import Glibc

/// The standard streams.
enum Standard {
    /// A line to standard output, at once even when that is no terminal.
    static func output(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = write(1, bytes, bytes.count)
    }

    /// A line to standard error.
    static func error(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = write(2, bytes, bytes.count)
    }
}
