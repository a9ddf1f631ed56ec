// Streams to servers that are not in use. Exchanges refer to streams without counting references, so no stream is ever
// freed; and one that was just given back rests to the end of the round, since somebody further up may still look at it.

import GateCore
import GateEngine

/// A worker's store of `HTTP2ServerStream`. Keeps every stream for its own life.
struct HTTP2StreamStore: ~Copyable {
    private var all: ContiguousArray<HTTP2ServerStream> = []
    private var free: ContiguousArray<Borrowed<HTTP2ServerStream>> = []
    private var resting: ContiguousArray<Borrowed<HTTP2ServerStream>> = []
    /// When the resting ones came.
    private var restingSinceNs: UInt64 = 0

    /// A stream for an exchange.
    mutating func take(_ worker: Worker) -> Borrowed<HTTP2ServerStream> {
        if let stream = free.popLast() { return stream }
        if !resting.isEmpty && restingSinceNs != worker.loop.nowNs {
            swap(&free, &resting)
            if let stream = free.popLast() { return stream }
        }
        let stream = HTTP2ServerStream(worker)
        all.append(stream)
        return Borrowed(stream)
    }

    /// Takes a stream back that nobody uses any more.
    mutating func give(_ stream: HTTP2ServerStream, nowNs: UInt64) {
        if restingSinceNs != nowNs {
            if !resting.isEmpty {
                free.append(contentsOf: resting)
                resting.removeAll(keepingCapacity: true)
            }
            restingSinceNs = nowNs
        }
        resting.append(Borrowed(stream))
    }

    /// Lets go of everybody, at the worker's end.
    mutating func discard() {
        free = []
        resting = []
        all = []
    }
}
