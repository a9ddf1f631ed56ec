import CGateLinux
import Glibc

/// A system call that failed.
public struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was attempted, for people.
    public let action: String
    /// The errno.
    public let code: Int32

    public init(_ action: String, code: Int) {
        self.action = action
        self.code = Int32(truncatingIfNeeded: abs(code))
    }

    /// The system's words for the code.
    public var reason: String { strerror(code).map { String(cString: $0) } ?? "error \(code)" }

    public var description: String { "\(action): \(reason)" }

    static func check(_ action: @autoclosure () -> String, _ result: Int) throws(SystemError) -> Int {
        if result < 0 { throw SystemError(action(), code: result) }
        return result
    }
}
