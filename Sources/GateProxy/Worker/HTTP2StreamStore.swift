// Stream objects that are not in use. They are made by need and kept for the worker's life, so that nobody has to count
// references to them.

import GateCore

/// A worker's store of one kind of stream.
struct HTTP2StreamStore<Stream: AnyObject>: ~Copyable {
    /// When a stream that was given back may have another use.
    enum Reuse {
        case atOnce
        /// In a later round: somebody further up may still look at it.
        case afterRound
    }

    private let reuse: Reuse
    private var all: ContiguousArray<Stream> = []
    private var free: ContiguousArray<Borrowed<Stream>> = []
    private var resting: ContiguousArray<Borrowed<Stream>> = []
    /// When the resting ones came.
    private var restingSinceNs: UInt64 = 0

    init(_ reuse: Reuse) { self.reuse = reuse }

    /// A stream that serves nobody. `nowNs`: when the round began.
    mutating func take(nowNs: UInt64, orMake make: () -> Stream) -> Borrowed<Stream> {
        if let stream = free.popLast() { return stream }
        if !resting.isEmpty && restingSinceNs != nowNs {
            swap(&free, &resting)
            if let stream = free.popLast() { return stream }
        }
        let stream = make()
        all.append(stream)
        return Borrowed(stream)
    }

    /// Takes a stream back that nobody uses any more.
    mutating func give(_ stream: Stream, nowNs: UInt64) {
        if reuse == .atOnce { return free.append(Borrowed(stream)) }
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
