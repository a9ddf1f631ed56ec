// A pipe that carries bytes between two sockets inside the kernel.

import CGateLinux

/// A pipe and what it holds. Kept by a worker for reuse; only an empty one may be reused.
public final class SplicePipe {
    let readEnd: Int32
    let writeEnd: Int32
    /// Bytes that fit.
    public let capacity: Int
    /// Bytes that are inside.
    public internal(set) var held = 0

    /// Nil when the kernel gives no pipe; bytes are copied then.
    public init?(capacity wanted: Int) {
        var (readEnd, writeEnd): (Int32, Int32) = (-1, -1)
        let result = gate_pipe(&readEnd, &writeEnd, Int32(wanted))
        guard result > 0 else { return nil }
        self.readEnd = readEnd
        self.writeEnd = writeEnd
        capacity = result
    }

    deinit {
        _ = gate_close(readEnd)
        _ = gate_close(writeEnd)
    }
}
