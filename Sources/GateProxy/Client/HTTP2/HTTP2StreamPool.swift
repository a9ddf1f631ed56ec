// Where streams wait for their next request.

import GateCore

/// A worker's stream objects: made by need, kept for the worker's life, so that nobody has to count references to them.
struct HTTP2StreamPool {
    private var all: ContiguousArray<HTTP2ClientStream> = []
    private var free: ContiguousArray<Int> = []

    /// An object that serves nobody.
    mutating func take(_ worker: Worker) -> HTTP2ClientStream {
        if let number = free.popLast() { return all[number] }
        let stream = HTTP2ClientStream(worker: worker, number: all.count)
        all.append(stream)
        return stream
    }

    mutating func give(_ stream: HTTP2ClientStream) { free.append(stream.number) }

    /// Lets go of everybody, at the worker's end.
    mutating func discard() {
        all = []
        free = []
    }
}
