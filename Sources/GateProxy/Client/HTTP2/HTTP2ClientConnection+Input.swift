// What a client sends: bytes into the core, events out of it.

import GateCore
import GateEngine
import GateHTTP
import GateHTTP2

extension HTTP2ClientConnection {
    /// Frames that wait for a client that does not read; then nothing is read from it either.
    static let unsentBytesMax = 64 << 10

    /// Whether bytes would be taken. Every request makes at least the head of an answer, which no window holds back: who
    /// takes no answers gets to ask for nothing more.
    var wantsInput: Bool { state == .open && out.count < Self.unsentBytesMax }

    func readInput() {
        input.readAll(from: socket, worker, while: { wantsInput }, use: { process($0) }, read: { readOnce() })
        flushRequests()
        guard state == .open else { return }
        if hasUnconfirmed { beginConfirmed() }
        later()
    }

    /// False when there is nothing more to read now.
    private func readOnce() -> Bool {
        let result = input.read(from: socket, worker) { bytes, _ in process(bytes) }
        switch result {
        case .bytes: return true
        case .wouldBlock: return false
        case .end, .failed:
            // Who sends no more gives no windows and takes no GOAWAY: there are no half-closed connections (RFC 9113 §9.1).
            if state == .open { closeNow(.clientClosed) } else { close() }
            return false
        }
    }

    /// Uses what it can of the bytes and says how many.
    private func process(_ bytes: Span<UInt8>) -> Int {
        var at = 0
        var isCut = false
        prepareOut()
        while wantsInput || makesRoom() {
            let event = core.next(
                bytes, at: &at, nowMs: worker.loop.nowMs, workspace: worker.http2Workspace, into: &out)
            if case .needMore = event {
                isCut = at < bytes.count
                break
            }
            handle(event, bytes)
        }
        if state == .open { noteInput(isCut: isCut) }
        return state == .open ? at : bytes.count
    }

    /// Writes what waits, in the middle of the round. Whether reading may go on.
    private func makesRoom() -> Bool {
        guard state == .open, socket.isWritable else { return false }
        writeNow()
        prepareOut()
        return wantsInput
    }

    /// A frame or a block of fields that has begun has a bounded time to its end, as a whole; so has the silence when nothing
    /// is under way.
    private func noteInput(isCut: Bool) {
        if !isCut && !core.isInsideHead {
            inputDueMs = streamCount == 0 ? worker.loop.due(listener.plan.timeouts.idleMs) : .max
            isInputBegun = false
        } else if !isInputBegun {
            isInputBegun = true
            inputDueMs = worker.loop.due(listener.plan.timeouts.headMs)
        }
        armDeadline()
    }

    /// Answers one event of the core. `bytes`: what its ranges point into.
    func handle(_ event: HTTP2Event, _ bytes: Span<UInt8>) {
        switch event {
        // A client's GOAWAY speaks of pushes, which there are none of: it may go on asking (RFC 9113 §6.8).
        case .needMore, .settings, .alive, .goAway: break
        case .head(let index, let isEnd): beginRequest(index, isEnd: isEnd)
        case .refusedHead(let index, let violation): refuseRequest(index, violation)
        case .trailers(let index): if let stream = stream(index) { stream.with { $0.takeTrailers() } }
        case .data(let index, let range):
            if let stream = stream(index) { take(bytes.extracting(range), stream) }
        case .end(let index): if let stream = stream(index) { stream.with { $0.requestIsWhole() } }
        case .reset(let index, let code): if let stream = stream(index) { stream.object.wasReset(code) }
        case .streamFailed(let index, let failure): if let stream = stream(index) { stream.object.failed(failure) }
        case .streamRefused(let failure): worker.counters.http2Failures[Int(failure.rawValue)] += 1
        case .sendable: later()
        case .failed(let failure): fail(failure)
        }
    }

    @inline(__always)
    func stream(_ index: HTTP2StreamIndex) -> Borrowed<HTTP2ClientStream>? {
        let slot = index.slot
        return slot < streams.count ? streams[slot] : nil
    }

    /// A piece of body. Pieces for one stream in a row go to its server in one write.
    private func take(_ bytes: Span<UInt8>, _ stream: Borrowed<HTTP2ClientStream>) {
        if let unflushed, !unflushed.isSame(as: stream) { flushRequests() }
        unflushed = stream
        stream.with { $0.take(bytes) }
    }

    /// Tells the server of the last piece of body to send it.
    func flushRequests() {
        guard let stream = unflushed else { return }
        unflushed = nil
        stream.with { $0.flushRequest() }
    }

    // MARK: Late work

    /// Has the stream resumed at the end of the round.
    func resumeLater(_ stream: HTTP2ClientStream) {
        hasResumable = true
        resumable.insert(stream.index.slot)
        later()
    }

    /// Streams whose exchanges take body again. Who comes behind its turn has one in the next round.
    func resumeStreams() {
        hasResumable = false
        var next = 0
        while state == .open, let slot = resumable.take(from: next) {
            next = slot + 1
            // The slot may be another stream's by now, or nobody's.
            guard slot < streams.count, let stream = streams[slot] else { continue }
            if stream.with({ $0.isResumable }) { stream.object.resume() }
        }
    }

    /// Nothing came in time.
    func inputDeadlinePassed() {
        inputDueMs = .max
        // Silence between requests is no fault; half a frame is.
        if isInputBegun { return endSlowly(.headTimeout) }
        drain()
    }
}
