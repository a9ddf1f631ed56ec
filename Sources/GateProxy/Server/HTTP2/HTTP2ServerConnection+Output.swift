// What goes to a server: the frames of all streams that had something to say in a round leave in one write.

import GateCore
import GateEngine
import GateHTTP2

extension HTTP2ServerConnection {
    /// Bytes that are gathered before they are written within the round.
    static let gatherBytesMax = 32 << 10
    /// Writes in a row before other connections have their turn.
    private static let writesMax = 16

    /// Whether bodies should wait: the socket takes no more at the moment.
    var isCongested: Bool { !socket.isWritable || out.buffer.count >= Self.gatherBytesMax }

    /// Has what is gathered written at the end of the round.
    @inline(__always)
    func writeLater() {
        guard !isWriteDue else { return }
        isWriteDue = true
        socket.later()
    }

    /// Writes early, when much is gathered.
    func writeIfMuch() {
        if out.buffer.count >= Self.gatherBytesMax { flushOut() }
    }

    /// Bytes that were handed to the connection so far.
    var queuedBytes: Int { writtenBytes + out.buffer.count }

    /// Writes what waits, of all streams by their turns.
    func write() {
        isWriteDue = false
        var writes = Self.writesMax
        repeat {
            fill()
            if out.isEmpty { break }
            flushOut()
            writes -= 1
        } while !isBroken && out.isEmpty && writes > 0
        if out.isEmpty { out.release(worker.pool) }
        if writes == 0 { writeLater() }
        if owesDrained && socket.isWritable { tellDrained() }
        guard !isClosed else { return }
        if isLeaving && activeCount == 0 && parked.isEmpty && (out.isEmpty || isBroken) { close() }
    }

    /// Gathers waiting bodies.
    private func fill() {
        while out.buffer.count < Self.gatherBytesMax, let index = core.nextSender() {
            out.prepare(worker.pool)
            guard let stream = stream(index) else {
                core.wantsToSend(index, false)
                continue
            }
            stream.with { $0.sendMore() }
        }
    }

    private func flushOut() {
        guard !out.isEmpty, !isBroken else { return }
        switch out.flush(to: socket, pool: worker.pool) {
        case .bytes(let count): writtenBytes += count
        case .wouldBlock: break
        case .failed, .end:
            // The server may have said why before it closed. Not from inside a stream's call.
            isBroken = true
            out.release(worker.pool)
            socket.assumeReadable()
            socket.later()
        }
    }

    /// Streams whose bytes have gone take more.
    private func tellDrained() {
        owesDrained = false
        var slot = 0
        while slot < streams.count && !isClosed {
            if let stream = streams[slot] { stream.with { $0.drained() } }
            slot += 1
        }
    }
}
