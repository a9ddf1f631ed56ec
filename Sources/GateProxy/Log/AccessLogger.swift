// A worker's access log: lines are written into a buffer on the spot and handed over in batches.

import GateCore
import GateHTTP

/// Formats lines for one worker. Not thread safe.
final class AccessLogger {
    private static let batchBytes = 16 << 10
    /// A line waits at most about this long in the buffer.
    private static let batchMs: UInt64 = 100
    /// Bytes of one value; the rest is cut.
    static let valueBytesMax = 4096

    private let plan: AccessLogPlan
    private var buffer = ByteBuffer(capacity: 32 << 10)
    private var lines = 0
    private var oldestMs: UInt64 = 0
    private(set) var droppedCount = 0

    init(_ plan: AccessLogPlan) { self.plan = plan }

    func log(_ exchange: Exchange) {
        exchange.append(plan.line, to: &buffer)
        buffer.append(byte: ASCII.lineFeed)
        lines += 1
        if buffer.count >= Self.batchBytes { flush() }
    }

    /// Hands lines over that have waited long enough; answers how long the loop may wait.
    func roundEnded(nowMs: UInt64) -> Int32 {
        guard !buffer.isEmpty else {
            oldestMs = 0
            return -1
        }
        if oldestMs == 0 { oldestMs = nowMs }
        if nowMs - oldestMs >= Self.batchMs {
            flush()
            return -1
        }
        return Int32(Self.batchMs)
    }

    func flush() {
        guard !buffer.isEmpty else { return }
        if !plan.sink.submit(buffer.span, lines: lines) { droppedCount += lines }
        buffer.removeAll()
        lines = 0
        oldestMs = 0
    }
}
